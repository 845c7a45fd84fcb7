import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { recordOf } from '../json.ts';
import { OperatorError } from '../operator-error.ts';
import { ISSUER_PLACEHOLDER } from './local-urls.ts';

export interface SynthOptions {
  /** Folder with cdk.json. */
  readonly projectDirectory: string;
  /** Where the cloud assembly goes. */
  readonly outDirectory: string;
  /** CDK context over that of cdk.json. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

export const DEV_AUDIENCE = 'serverless-im-dev';

/** What the stack is told here: trust the dev issuer, let any origin in, keep nothing after its end, and leave the page
 * to the runtime. */
const LOCAL_CONTEXT: Readonly<Record<string, unknown>> = {
  issuer: ISSUER_PLACEHOLDER,
  audience: DEV_AUDIENCE,
  jwksUri: `${ISSUER_PLACEHOLDER}/.well-known/jwks.json`,
  allowedOrigins: '*',
  retain: false,
  webPage: false,
};

/**
 * Synthesizes the CDK app as the CDK CLI does: cdk.json's `app` in a shell, told by environment variables where the
 * assembly goes and what the context is. No account, no network.
 * @throws {OperatorError} with the app's last words if it fails.
 */
export async function synthesize(options: SynthOptions): Promise<void> {
  options.signal?.throwIfAborted();
  const cdkJson = readFileSync(join(options.projectDirectory, 'cdk.json'), 'utf8');
  const { app, context } = recordOf(JSON.parse(cdkJson));
  if (typeof app !== 'string') throw new OperatorError('cdk.json has no "app" command.');
  const child = spawn(app, {
    shell: true,
    cwd: options.projectDirectory,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that giving up ends the shell's children too.
    detached: process.platform !== 'win32',
    env: {
      ...process.env,
      // `node` in the command is the one that runs this, whatever else is installed.
      PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
      // The CDK is large: its compiled form, kept from the last time, halves the work. Keyed by content and version.
      NODE_COMPILE_CACHE: join(options.projectDirectory, 'node_modules', '.cache', 'node-compile'),
      CDK_OUTDIR: options.outDirectory,
      CDK_CONTEXT_JSON: JSON.stringify({ ...recordOf(context), ...LOCAL_CONTEXT, ...options.context }),
      CDK_DEFAULT_REGION: '',
      CDK_DEFAULT_ACCOUNT: '',
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000);
    });
  }
  const giveUp = () => killGroup(child);
  options.signal?.addEventListener('abort', giveUp, { once: true });
  const status = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  options.signal?.removeEventListener('abort', giveUp);
  options.signal?.throwIfAborted();
  if (status === 0) return;
  const lastLines = output.trim().split('\n').slice(-40).join('\n');
  throw new OperatorError(`The CDK app failed (${status}); \`npx cdk synth\` shows the same:\n${lastLines}`);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || process.platform === 'win32') {
    child.kill();
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
