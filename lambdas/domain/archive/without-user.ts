import type { Content } from '../../../protocol/content.ts';
import type { ArchivedMessage } from '../model/archive.ts';
import { ERASED_CONTENT, hasTypedName, withoutName } from '../model/erasure.ts';

/** A row that was no message any more, as DynamoDB had it (IM-ARCHIVE-1). */
interface BrokenRow {
  readonly row: Readonly<Record<string, { readonly S?: string }>>;
}

/**
 * Returns a line of the archive without what the user has written in it, and without their reaction; `undefined` if it has
 * nothing of theirs.
 */
export function withoutUser(line: string, userId: string): string | undefined {
  // Ids have no character that JSON escapes.
  if (!line.includes(userId)) return undefined;
  const archived = JSON.parse(line) as ArchivedMessage | BrokenRow;
  const rest = 'row' in archived ? keysOf(archived, userId) : erased(archived, userId);
  return rest && JSON.stringify(rest);
}

function keysOf({ row }: BrokenRow, userId: string): BrokenRow | undefined {
  const { pk = {}, sk = {}, ...others } = row;
  const isTheirs = sk.S?.startsWith(`${userId}#`) === true && Object.keys(others).length > 0;
  return isTheirs ? { row: { pk, sk } } : undefined;
}

function erased(message: ArchivedMessage, userId: string): ArchivedMessage | undefined {
  const content = message.from === userId ? erasedContent(message.content) : undefined;
  const reactions = message.reactions?.some(({ users }) => users?.includes(userId));
  if (content === undefined && !reactions) return undefined;
  if (content?.type === 'erased') {
    const { replyTo: _, mentions: __, reactions: ___, editedAt: ____, pinned: _____, ...rest } = message;
    return { ...rest, content };
  }
  return { ...message, ...(content && { content }), ...(reactions && takenBack(message, userId)) };
}

/** `undefined`: nothing in it is the user's. */
function erasedContent(content: Content): Content | undefined {
  if (content.type !== 'system') return content.type === 'erased' ? undefined : ERASED_CONTENT;
  return hasTypedName(content) ? withoutName(content) : undefined;
}

function takenBack({ reactions = [] }: ArchivedMessage, userId: string): Pick<ArchivedMessage, 'reactions'> {
  const left = reactions.map((reaction) => {
    const { users = [], count } = reaction;
    if (!users.includes(userId)) return reaction;
    return { ...reaction, count: count - 1, users: users.filter((user) => user !== userId) };
  });
  return { reactions: left.filter(({ count }) => count > 0) };
}
