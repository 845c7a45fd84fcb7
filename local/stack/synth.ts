import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { recordOf } from '../json.ts';
import { killTree } from '../kill-tree.ts';
import { OperatorError } from '../operator-error.ts';
import { ACCOUNT_ID, REGION } from './identifiers.ts';
import { ISSUER_PLACEHOLDER } from './local-urls.ts';

export interface SynthOptions {
  /** Folder with cdk.json. */
  readonly projectDirectory: string;
  /** The command. @default - cdk.json's `app`, with its context and the options of a local stack */
  readonly app?: string;
  /** Output folder for the cloud assembly. */
  readonly outDirectory: string;
  /** CDK context that overrides the default one. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

/** Begins the message of an `InvalidOptionsError`. */
const FAULT = 'serverless-im: ';

export const DEV_AUDIENCE = 'serverless-im-dev';

/** Options of a local stack: trust the dev issuer, allow any origin, delete data with the stack, and deploy no page. */
const LOCAL_CONTEXT: Readonly<Record<string, unknown>> = {
  issuer: ISSUER_PLACEHOLDER,
  audience: DEV_AUDIENCE,
  allowedOrigins: '*',
  retain: false,
  webPage: false,
};

/**
 * Synthesizes the CDK app as the CDK CLI does: runs cdk.json's `app` in a shell and passes output folder and context in
 * environment variables. Needs no account and no network.
 * @throws {OperatorError} with the last lines of the app's output if it fails
 */
export async function synthesize(options: SynthOptions): Promise<void> {
  options.signal?.throwIfAborted();
  const { app, context } =
    options.app === undefined ? inCdkJson(options.projectDirectory) : { app: options.app };
  const modules = join(options.projectDirectory, 'node_modules');
  const child = spawn(app, {
    shell: true,
    cwd: options.projectDirectory,
    stdio: ['ignore', 'pipe', 'pipe'],
    // The shell gets its own process group, so that an abort also ends the shell's children.
    detached: process.platform !== 'win32',
    env: {
      ...process.env,
      // `node` in the command then starts the same version as this process.
      PATH: [dirname(process.execPath), join(modules, '.bin'), process.env['PATH'] ?? ''].join(delimiter),
      // A compile cache halves the time, since the CDK is large. Its entries are keyed by content and version.
      ...(existsSync(modules) && { NODE_COMPILE_CACHE: join(modules, '.cache', 'node-compile') }),
      // The CDK's own rules take two thirds of the time. `npm run synth` and every deployment apply them.
      CDK_VALIDATION: 'false',
      // The command runs in the project's folder, and this process perhaps in another.
      CDK_OUTDIR: resolve(options.outDirectory),
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...options.context }),
      // An app may take its account and region from here, and some things of the CDK need one.
      CDK_DEFAULT_REGION: REGION,
      CDK_DEFAULT_ACCOUNT: ACCOUNT_ID,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000);
    });
  }
  const giveUp = () => killTree(child);
  options.signal?.addEventListener('abort', giveUp, { once: true });
  const status = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  options.signal?.removeEventListener('abort', giveUp);
  options.signal?.throwIfAborted();
  if (status === 0) return;
  // The app's own line about a wrong option.
  const fault = output.trim().split('\n').at(-1) ?? '';
  if (fault.startsWith(FAULT)) throw new OperatorError(fault.slice(FAULT.length));
  const lastLines = output.trim().split('\n').slice(-40).join('\n');
  // Ours needs the options of a local stack, which its command alone does not have.
  const hint = options.app === undefined ? '' : `; \`${app}\` shows the same`;
  throw new OperatorError(`The CDK app failed (${status})${hint}:\n${lastLines}`);
}

function inCdkJson(directory: string) {
  const { app, context } = recordOf(JSON.parse(readFileSync(join(directory, 'cdk.json'), 'utf8')));
  if (typeof app !== 'string') throw new OperatorError('cdk.json has no "app" command.');
  return { app, context: { ...recordOf(context), ...LOCAL_CONTEXT } };
}
