import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { recordOf } from './json.ts';
import { messageOf, OperatorError, systemErrorCode } from './operator-error.ts';

/** A data folder locked by this process until `release` or its end. */
export interface DataDirectory {
  readonly files: Readonly<ReturnType<typeof filesIn>>;
  /** Records this runtime's port, for the error message of a runtime that finds the folder locked. */
  announce(port: number): void;
  /** Keeps the data version of the release that uses the folder. @throws {OperatorError} if a later one has */
  raiseVersion(version: number): void;
  release(): void;
}

/** The runtime's own files. `--fresh` deletes these and nothing else in the folder. */
function filesIn(directory: string) {
  return {
    dynamoDb: join(directory, 'dynamodb.db'),
    /** Of fauxqs: queues, topics, and buckets. */
    sqs: join(directory, 'sqs'),
    streamPositions: join(directory, 'stream-positions.json'),
    issuerKey: join(directory, 'issuer-key.pem'),
    webPushKeys: join(directory, 'web-push-keys.json'),
    logs: join(directory, 'logs'),
    cdkOut: join(directory, 'cdk.out'),
    dataVersion: join(directory, 'data-version'),
  };
}

const LOCK = 'runtime.lock';
const INSTANCE = 'runtime.json';
const SQLITE_BUSY = 5;

/**
 * Locks the data folder for this process and creates what is missing.
 * @param fresh deletes the files of an earlier runtime
 * @throws {OperatorError} if the folder can't be used or another runtime uses it
 */
export function openDataDirectory(directory: string, { fresh = false } = {}): DataDirectory {
  const files = filesIn(directory);
  const instance = join(directory, INSTANCE);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const lock = lockFile(join(directory, LOCK), directory, instance);
    const databaseParts = ['-wal', '-shm', '-journal'].map((ending) => files.dynamoDb + ending);
    const own = [...Object.values(files), ...databaseParts, instance];
    if (fresh) for (const file of own) rmSync(file, { recursive: true, force: true });
    for (const file of [...own, join(directory, LOCK)]) closeToOthers(file);
    mkdirSync(files.logs, { recursive: true, mode: 0o700 });
    mkdirSync(files.sqs, { recursive: true, mode: 0o700 });
    return {
      files,
      raiseVersion: (version) => raiseVersion(files.dataVersion, directory, version),
      announce: (port) => writeFileSync(instance, JSON.stringify({ pid: process.pid, port })),
      release: () => {
        rmSync(instance, { force: true });
        lock.close();
      },
    };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const reason = systemErrorCode(error) ?? messageOf(error);
    throw new OperatorError(
      `Cannot use the data folder ${directory} (${reason}); choose another with --data.`,
      { cause: error },
    );
  }
}

/** A release reads what earlier ones have stored, but not all that a later one stores (docs/upgrading.md). */
function raiseVersion(file: string, directory: string, version: number): void {
  const stored = existsSync(file) ? Number(readFileSync(file, 'utf8')) : version;
  if (stored > version)
    throw new OperatorError(
      `The data folder ${directory} is of a later release: data version ${stored}, and this one knows ${version}; start that release, choose another folder with --data, or start with --fresh.`,
    );
  writeFileSync(file, String(version));
}

/** Says where the parts of a runtime are, for programs on this machine; `release` deletes it. */
export function announceReady(directory: string, facts: object): void {
  writeFileSync(join(directory, INSTANCE), JSON.stringify({ pid: process.pid, ...facts }));
}

/** Files of an earlier version were readable for every user of this machine. `main.ts` sets the mode of new ones. */
function closeToOthers(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink()) return;
  chmodSync(path, found.isDirectory() ? 0o700 : 0o600);
  if (found.isDirectory()) for (const name of readdirSync(path)) closeToOthers(join(path, name));
}

/**
 * Uses SQLite's file lock, which the operating system releases when the process dies, even by `kill -9`. A file with a
 * process id would be left behind by a crash, and the id may then belong to another process.
 */
function lockFile(file: string, directory: string, instanceFile: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    const isBusy = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
    if (!isBusy) throw error;
    throw new OperatorError(
      `Another runtime${describeInstance(instanceFile)} uses the data folder ${directory}; stop it, or choose another folder with --data and another port with --port.`,
    );
  }
}

function describeInstance(file: string): string {
  try {
    const { pid, port } = recordOf(JSON.parse(readFileSync(file, 'utf8')));
    return ` (process ${String(pid)}, port ${String(port)})`;
  } catch {
    return '';
  }
}
