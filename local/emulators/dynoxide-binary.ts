import { exec } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, OperatorError } from '../operator-error.ts';

/** The kind of a machine, as Node names it. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
}

export interface BinarySearch {
  readonly machine?: Machine;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Finds the binary that npm installed. @default the optional dependency for the machine */
  readonly findPackaged?: (machine: Machine) => string | undefined;
  /** Told that the emulator is being fetched. */
  readonly onNotice?: (message: string) => void;
  /** Ends a fetch. */
  readonly signal?: AbortSignal;
}

/**
 * The path of dynoxide: of its package for this machine, else on the PATH, else as `npx dynoxide` fetches it.
 * @throws {OperatorError} that says how to get one
 */
export async function findBinary(search: BinarySearch): Promise<string> {
  const { machine = process, environment, findPackaged = packagedBinary, onNotice } = search;
  const found = findPackaged(machine) ?? binaryOnPath(machine, environment);
  if (found !== undefined) return found;
  onNotice?.(`no DynamoDB emulator for ${kindOf(machine)} is installed: getting one by npx dynoxide`);
  return fetchBinary(machine, search);
}

/** The package may be missing: it is optional, and a registry may lack it. */
export function packagedBinary(machine: Machine): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${packageOf(machine)}/package.json`);
    return join(manifest, '..', fileOf(machine));
  } catch {
    return undefined;
  }
}

function binaryOnPath(machine: Machine, environment: Readonly<NodeJS.ProcessEnv>): string | undefined {
  return foldersOf(environment['PATH'])
    .map((folder) => join(folder, fileOf(machine)))
    .find((file) => existsSync(file));
}

/** One line for a shell, of no word that any shell reads in its own way; prints the PATH, which then has npx's folder. */
const NPX = 'npm exec --yes --package=dynoxide@1 -- node -p process.env.PATH';

/** The binary itself, not npx's script that starts it and would be killed in its place. */
async function fetchBinary(machine: Machine, { environment, signal }: BinarySearch): Promise<string> {
  let reason = 'it has none for this machine';
  try {
    const { stdout } = await promisify(exec)(NPX, { env: environment, ...(signal && { signal }) });
    for (const folder of foldersOf(stdout.trim())) {
      const file = join(folder, '..', packageOf(machine), fileOf(machine));
      if (existsSync(file)) return file;
    }
  } catch (error) {
    signal?.throwIfAborted();
    reason = /npm error (?:\d+ )?(?!code)(.+)/.exec(messageOf(error))?.[1] ?? 'there is no npm on the PATH';
  }
  throw new OperatorError(
    `No DynamoDB emulator for ${kindOf(machine)}, and npx dynoxide got none (${reason}). Install dynoxide (macOS and Linux: ` +
      '`brew install nubo-db/tap/dynoxide`; all: put the binary from https://github.com/nubo-db/dynoxide/releases on the ' +
      'PATH), or set DYNAMODB_ENDPOINT to a DynamoDB Local.',
  );
}

function foldersOf(path = ''): readonly string[] {
  return path.split(delimiter).filter((folder) => folder !== '');
}

function packageOf(machine: Machine): string {
  return `@dynoxide/${kindOf(machine)}`;
}

function kindOf({ platform, arch }: Machine): string {
  return `${platform}-${arch}`;
}

function fileOf({ platform }: Machine): string {
  return platform === 'win32' ? 'dynoxide.exe' : 'dynoxide';
}
