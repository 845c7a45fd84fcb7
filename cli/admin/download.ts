import { createWriteStream, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { messageOf, OperatorError } from '../../local/operator-error.ts';

/**
 * Gets the file behind a link into a new file that only its owner may read.
 * @returns its size in bytes
 * @throws {OperatorError} the link has ended, or the file can't be written; no part of it is left
 */
export async function download(link: string, path: string): Promise<number> {
  const response = await fetch(link).catch((error: unknown) => {
    throw new OperatorError(`Could not get the file: ${messageOf(error)}`, { cause: error });
  });
  if (!response.ok || response.body === null)
    throw new OperatorError(
      `Could not get the file: status ${response.status}. A link ends after an hour: ask for the task again.`,
    );
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  let isOurs = false;
  file.once('open', () => {
    isOurs = true;
  });
  try {
    // The type of `fetch` is that of browsers.
    await pipeline(Readable.fromWeb(response.body as ReadableStream), file);
    return (await stat(path)).size;
  } catch (error) {
    if (isOurs) rmSync(path, { force: true });
    throw new OperatorError(`Could not write ${path}: ${messageOf(error)}`, { cause: error });
  }
}
