import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { messageOf, OperatorError } from '../../local/operator-error.ts';
import { download } from './download.ts';

/** A line of an export that names a file (IM-FILE-7). */
interface FileLine {
  readonly conversationId: string;
  readonly seq: number;
  readonly attachmentId: string;
  readonly name: string;
  readonly link: string;
}

export interface FetchedFiles {
  readonly folder: string;
  /** Now. */
  readonly fetched: number;
  /** From an earlier run. */
  readonly present: number;
  readonly failed: number;
  /** Why the first one failed. */
  readonly reason?: string;
}

const AT_ONCE = 4;
/** A name has at most 255 bytes, on all usual file systems. */
const MOST = { conversation: 80, name: 120 };

/**
 * Gets all files that an export names into a folder, a few at once. Leaves out those that are there, so that a repeat goes on.
 * @param path of the export
 * @throws {OperatorError} there can be no such folder
 */
export async function fetchFiles(path: string, folder: string): Promise<FetchedFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new OperatorError(`Could not make ${folder}: ${messageOf(error)}`, { cause: error });
  });
  const counts = { fetched: 0, present: 0 };
  const errors: string[] = [];
  const lines = filesIn(path);
  const work = async (): Promise<void> => {
    for await (const line of lines) {
      try {
        counts[await fetchFile(line, folder)] += 1;
      } catch (error) {
        errors.push(messageOf(error));
      }
    }
  };
  // An asynchronous generator answers one caller after the other: each line has one worker.
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const [reason] = errors;
  return { folder, ...counts, failed: errors.length, ...(reason !== undefined && { reason }) };
}

export function filesText({ folder, fetched, present, failed }: FetchedFiles): string {
  return `files in ${folder}: ${fetched} new, ${present} there before, ${failed} failed`;
}

async function* filesIn(path: string): AsyncGenerator<FileLine> {
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const line: { readonly kind: string } & FileLine = JSON.parse(text);
    if (line.kind === 'file') yield line;
  }
}

/** What stands under the name of the file is complete. */
async function fetchFile(line: FileLine, folder: string): Promise<'fetched' | 'present'> {
  const path = join(folder, pathOf(line));
  if (existsSync(path)) return 'present';
  const part = `${path}.part`;
  await rm(part, { force: true });
  await download(line.link, part);
  await rename(part, path);
  return 'fetched';
}

/** Unlike any other file's, since each has an id. Users choose their names and ids: none leads out of the folder. */
export function pathOf({ conversationId, seq, attachmentId, name }: Omit<FileLine, 'link'>): string {
  const conversation = conversationId.replaceAll(/[^\w-]/g, '_').slice(0, MOST.conversation);
  return `${conversation}-${seq}-${attachmentId}-${safeName(name)}`;
}

/** The end of a long name, which has the ending. */
function safeName(name: string): string {
  const characters = [...name.replaceAll(/[^\p{L}\p{M}\p{N}_.()-]/gu, '_')];
  while (Buffer.byteLength(characters.join('')) > MOST.name) characters.shift();
  return characters.join('');
}
