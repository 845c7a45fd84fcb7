import { parseArgs } from 'node:util';
import type { S3Client } from '@aws-sdk/client-s3';
import { createArchiveReader } from '../../lambdas/adapters/archive-bucket.ts';
import { type ArchiveRange, inOrder, readArchive } from '../../lambdas/domain/archive/read-archive.ts';
import type { ArchivedMessage } from '../../lambdas/domain/model/archive.ts';
import { OperatorError } from '../../local/operator-error.ts';

export const ARCHIVE_HELP = `archive [--conversation C] [--from T] [--to T] [--json]

  Prints archived messages, by conversation and seq, each once. T is when a message was sent, such as 2026-11-28 or
  2026-11-28T09:30:00Z. --json prints a line of JSON each. Reads every object that was written since --from.`;

export interface ArchiveSource {
  readonly client: S3Client;
  readonly bucket: string;
}

/** @throws {OperatorError} on invalid arguments, or if the bucket can't be read */
export async function archiveLines(
  args: readonly string[],
  { client, bucket }: ArchiveSource,
): Promise<readonly string[]> {
  const { conversation, from, to, json } = parse(args);
  const range = { conversationId: conversation, fromMs: timeOf('--from', from), toMs: timeOf('--to', to) };
  const messages = inOrder(await messagesOf(client, bucket, range));
  return messages.map((message) => (json ? JSON.stringify(message) : lineOf(message)));
}

async function messagesOf(client: S3Client, bucket: string, range: ArchiveRange): Promise<ArchivedMessage[]> {
  const found: ArchivedMessage[] = [];
  try {
    for await (const message of readArchive(createArchiveReader(client, bucket), range)) found.push(message);
    return found;
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new OperatorError(`Cannot read the bucket ${bucket} (${reason}).`, { cause: error });
  }
}

function lineOf({ conversationId, seq, sentAt, from, content, rev }: ArchivedMessage): string {
  const text = content.type === 'text' ? content.text : JSON.stringify(content);
  const changed = rev === 0 ? '' : `  (changed ${rev}×)`;
  // A text of several lines stays one line, and cannot move the terminal's cursor.
  return `${conversationId}  ${seq}  ${new Date(sentAt).toISOString()}  ${from}: ${JSON.stringify(text).slice(1, -1)}${changed}`;
}

function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new OperatorError(`${option} takes a time like 2026-11-28T09:30:00Z, not "${text}".`);
  return time;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        conversation: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const [firstLine] = String(error instanceof Error ? error.message : error).split('\n');
    throw new OperatorError(`${firstLine} (npm run admin -- --help)`, { cause: error });
  }
}
