import { S3Client } from '@aws-sdk/client-s3';
import { createArchiveReader } from '../../lambdas/adapters/archive-bucket.ts';
import { type ArchiveRange, inOrder, readArchive } from '../../lambdas/domain/archive/read-archive.ts';
import type { ArchivedMessage } from '../../lambdas/domain/model/archive.ts';
import { OperatorError } from '../../local/operator-error.ts';
import { LOCAL_CREDENTIALS, localStack } from '../local-stack.ts';
import { parseCommand } from '../options.ts';
import { during } from '../progress.ts';
import { UsageError } from '../usage-error.ts';
import { commandLine } from '../wording.ts';
import { type AdminCommand, COMMON, conversationOf } from './command.ts';

export interface ArchiveSource {
  readonly client: S3Client;
  readonly bucket: string;
}

const OPTIONS = {
  ...COMMON,
  conversation: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  bucket: { type: 'string' },
} as const;

/** Prints archived messages, by conversation and seq, each once (IM-ARCHIVE-3). */
export const archive: AdminCommand = {
  usage: `  archive [--conversation CONVERSATION] [--from T] [--to T]   prints messages that have expired, by conversation and seq
    T is when a message was sent, such as 2026-11-28 or 2026-11-28T09:30:00Z. Reads all objects written since --from
    --bucket NAME   of a deployment: its output ArchiveBucketName`,
  async run(args) {
    const { values } = parseCommand(args, OPTIONS, []);
    const source = sourceOf(values);
    try {
      const lines = await during('reading the archive', values.json, () => archiveLines(args, source));
      for (const line of lines) console.log(line);
      // A message is written minutes after it was deleted, so nothing is what one often sees first.
      if (lines.length === 0) console.error('serverless-im: No such message is in the archive yet.');
    } finally {
      source.client.destroy();
    }
  },
};

/** The lines that the command prints. @throws {OperatorError} on invalid arguments, or if the bucket can't be read */
export async function archiveLines(
  args: readonly string[],
  source: ArchiveSource,
): Promise<readonly string[]> {
  const { conversation, from, to, json } = parseCommand(args, OPTIONS, []).values;
  const conversationId = conversation && conversationOf(conversation);
  const range = { conversationId, fromMs: timeOf('--from', from), toMs: timeOf('--to', to) };
  const messages = inOrder(await messagesOf(source, range));
  return messages.map((message) => (json ? JSON.stringify(message) : lineOf(message)));
}

function sourceOf({
  bucket,
  data,
}: {
  readonly bucket?: string;
  readonly data?: string | undefined;
}): ArchiveSource {
  if (bucket !== undefined) return { client: new S3Client({}), bucket };
  const { outputs, endpoints } = localStack(data);
  const { ArchiveBucketName: local } = outputs;
  if (typeof local !== 'string')
    throw new OperatorError(
      `The stack has no archive: start it by ${commandLine('start', '-c archive=true -c historyRetention=1d --expire-early 24')}.`,
    );
  return {
    client: new S3Client({ ...LOCAL_CREDENTIALS, endpoint: String(endpoints['s3']) }),
    bucket: local,
  };
}

async function messagesOf(
  { client, bucket }: ArchiveSource,
  range: ArchiveRange,
): Promise<ArchivedMessage[]> {
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
  return `${conversationId}  ${seq}  ${new Date(sentAt).toISOString()}  ${from}: ${inOneLine(text)}${changed}`;
}

/** A text of several lines stays one line, and can neither move the terminal's cursor nor turn the direction of the line. */
function inOneLine(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    });
}

function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new UsageError(`${option} takes a time like 2026-11-28T09:30:00Z, not "${text}".`);
  return time;
}
