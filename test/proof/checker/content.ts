import { isDeepStrictEqual } from 'node:util';
import type { SeenMessage } from '../history.ts';
import { hookTurns } from '../model/hook-texts.ts';

/** The server's own messages, which no client sent. */
export function isSystem({ content }: Pick<SeenMessage, 'content'>): boolean {
  return isOfType(content, 'system');
}

export function isRecalled({ content }: Pick<SeenMessage, 'content'>): boolean {
  return isOfType(content, 'recalled');
}

export function isErased({ content }: Pick<SeenMessage, 'content'>): boolean {
  return isOfType(content, 'erased');
}

/** Nobody changes it any more, and nothing of it is shown. */
export function isGone(message: Pick<SeenMessage, 'content'>): boolean {
  return isRecalled(message) || isErased(message);
}

/** Whether this is stored of what was sent: the hook may rewrite it, and files get their records. */
export function isStoredAs(sent: unknown, seen: unknown): boolean {
  return isDeepStrictEqual(hookTurns(sent), withoutRecords(seen));
}

function withoutRecords(content: unknown): unknown {
  if (!isOfType(content, 'file')) return content;
  const { attachments = [], ...more } = content as {
    readonly attachments?: readonly { attachmentId: string }[];
  };
  return { ...more, attachments: attachments.map(({ attachmentId }) => ({ attachmentId })) };
}

function isOfType(content: unknown, type: string): boolean {
  return typeof content === 'object' && content !== null && 'type' in content && content.type === type;
}
