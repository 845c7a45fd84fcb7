import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, OperatorError, systemErrorCode } from './operator-error.ts';

/** What a runtime keeps, each below the data folder. */
export interface DataFiles {
  readonly dynamoDb: string;
  readonly sqs: string;
  readonly issuerKey: string;
  readonly logs: string;
  readonly cdkOut: string;
}

/** A data folder that this process alone uses until `release`, or until it dies. */
export interface DataDirectory {
  readonly files: DataFiles;
  /** Tells others, who find the folder taken, where this runtime is. */
  announce(port: number): void;
  release(): void;
}

/** Names in the data folder; `--fresh` wipes these and nothing else that somebody may have put there. */
const NAMES = {
  dynamoDb: 'dynamodb.db',
  sqs: 'sqs',
  issuerKey: 'issuer-key.pem',
  logs: 'logs',
  cdkOut: 'cdk.out',
} as const;
const LOCK = 'runtime.lock';
const INSTANCE = 'runtime.json';
const SQLITE_BUSY = 5;

/**
 * Takes the data folder for this process and makes what is missing.
 * @param fresh wipes what an earlier runtime left there
 * @throws {OperatorError} in one line if it can't be used, or another runtime uses it.
 */
export function openDataDirectory(directory: string, { fresh = false } = {}): DataDirectory {
  const at = (name: string) => join(directory, name);
  try {
    mkdirSync(directory, { recursive: true });
    const lock = takeLock(at(LOCK), directory, at(INSTANCE));
    if (fresh) {
      const databaseParts = ['-wal', '-shm', '-journal'].map((ending) => NAMES.dynamoDb + ending);
      for (const name of [...Object.values(NAMES), ...databaseParts, INSTANCE]) {
        rmSync(at(name), { recursive: true, force: true });
      }
    }
    mkdirSync(at(NAMES.logs), { recursive: true });
    mkdirSync(at(NAMES.sqs), { recursive: true });
    return {
      files: {
        dynamoDb: at(NAMES.dynamoDb),
        sqs: at(NAMES.sqs),
        issuerKey: at(NAMES.issuerKey),
        logs: at(NAMES.logs),
        cdkOut: at(NAMES.cdkOut),
      },
      announce: (port) => writeFileSync(at(INSTANCE), JSON.stringify({ pid: process.pid, port })),
      release: () => {
        rmSync(at(INSTANCE), { force: true });
        lock.close();
      },
    };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const reason = systemErrorCode(error) ?? messageOf(error);
    throw new OperatorError(
      `Cannot use the data folder ${directory} (${reason}); choose another with --data.`,
      {
        cause: error,
      },
    );
  }
}

/**
 * A lock that the operating system drops when the process dies, `kill -9` included: SQLite's own on a file. A file
 * with a process id would be in the way after a crash, or not be when the id has been given to somebody else.
 */
function takeLock(file: string, directory: string, instanceFile: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    const isBusy = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
    if (!isBusy) throw error;
    throw new OperatorError(
      `Another runtime${describeInstance(instanceFile)} uses the data folder ${directory}; stop it, or choose another folder with --data.`,
    );
  }
}

function describeInstance(file: string): string {
  try {
    const { pid, port }: { readonly pid?: unknown; readonly port?: unknown } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    return ` (process ${String(pid)}, port ${String(port)})`;
  } catch {
    return '';
  }
}
