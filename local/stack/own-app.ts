import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseJson, recordOf } from '../json.ts';
import { OperatorError } from '../operator-error.ts';
import { isAssembly } from './assembly.ts';
import { type SynthOptions, synthesize } from './synth.ts';

/** A CDK app of the operator's, as the `cdk` command takes it. */
export interface OwnApp {
  /** Folder of `cdk.json`, and the working directory of the command. */
  readonly directory: string;
  /** A command, or the folder of a cloud assembly. @default - `app` of `cdk.json` */
  readonly command?: string | undefined;
}

/** As the CDK calls the folder of an assembly, and one in it. */
const ASSEMBLY_NAME = /^(\S*[/\\])?cdk\.out([/\\]\S*)?$/;

/**
 * The cloud assembly that the app is already.
 * @throws {OperatorError} the app is a folder, or looks like one, and no assembly
 */
export function readyAssembly({ directory, command }: OwnApp): string | undefined {
  if (command === undefined || command === '') return undefined;
  const folder = resolve(directory, command);
  if (isAssembly(folder)) return folder;
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined ? !ASSEMBLY_NAME.test(command) : !found.isDirectory()) return undefined;
  throw new OperatorError(
    `There is no cloud assembly in ${command}: make it by \`npx cdk synth\`, or name the command of the app: --app "node app.js".`,
  );
}

/**
 * Synthesizes the app as `cdk synth` does, with the context of its `cdk.json` and its `cdk.context.json`.
 * @throws {OperatorError} if it fails
 */
export async function synthesizeApp(
  { directory, command }: OwnApp,
  { context, ...options }: Omit<SynthOptions, 'projectDirectory'>,
): Promise<void> {
  const cdkJson = jsonIn(directory, 'cdk.json');
  const app = command ?? cdkJson['app'];
  if (typeof app !== 'string' || app === '')
    throw new OperatorError(
      `There is no "app" in ${join(directory, 'cdk.json')}: write it there, or name it: --app "node app.js".`,
    );
  await synthesize({
    ...options,
    projectDirectory: directory,
    app,
    context: { ...recordOf(cdkJson['context']), ...jsonIn(directory, 'cdk.context.json'), ...context },
  });
}

function jsonIn(directory: string, name: string): Readonly<Record<string, unknown>> {
  const file = join(directory, name);
  if (!existsSync(file)) return {};
  const parsed = parseJson(readFileSync(file, 'utf8'));
  if (parsed === undefined) throw new OperatorError(`${file} is no JSON.`);
  return recordOf(parsed);
}
