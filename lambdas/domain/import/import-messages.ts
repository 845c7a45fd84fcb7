import pLimit from 'p-limit';
import { parseConversationId, SYSTEM } from '../../../protocol/ids.ts';
import type { Clock } from '../../shared/clock.ts';
import { UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Pace } from '../delivery/pace.ts';
import { ERASED, NO_END } from '../model/ban.ts';
import type { ConversationReader } from '../model/conversation.ts';
import type { ImportedMessage, ImportTable } from '../model/import.ts';
import type { MessageReader, StoredMessage } from '../model/message.ts';
import type { RouteReader } from '../model/session.ts';
import type { Task } from '../model/task.ts';
import { erased } from './parse-line.ts';
import type { Current } from './position.ts';

export interface ImportMessagesPorts {
  readonly importTable: ImportTable;
  readonly routes: Pick<RouteReader, 'presencesOf'>;
  readonly conversations: Pick<ConversationReader, 'membershipsOf'>;
  readonly messages: Pick<MessageReader, 'page'>;
  /** In write units. */
  readonly importPace: Pace;
  readonly historyTtlSeconds: number;
  readonly clock: Clock;
}

/** What became of a line: what it counts as, or why it was refused. */
export type Outcome =
  | 'users'
  | 'conversations'
  | 'members'
  | 'messages'
  | 'erased'
  | 'already'
  | { readonly reason: string };

/** After a look at the bans, the last write begins so much later; with its attempts, it is over before the settling time of an erasure, or of a deletion. */
export const WRITES_MS = 8_000;
/** Of all that is imported at once: one request reads as many bans. */
export const MESSAGES_AT_ONCE = 100;
const PUTS_AT_ONCE = 8;
export const LOST = 'another import has taken the conversation, or it is being deleted';

/**
 * Puts messages of one conversation, in order of seq. First it makes sure that the erasure of any author would find them, then it looks who was
 * erased: an erasure that begins after this look begins its second pass after these writes (IM-IMPORT-7).
 * @returns what became of each; `undefined`: the task has the conversation no longer
 * @throws {UnavailableError} the table is too slow: repeat it all
 */
export async function importMessages(
  ports: ImportMessagesPorts,
  { taskId, startedAtMs }: Pick<Task, 'taskId' | 'startedAtMs'>,
  current: Current,
  messages: readonly ImportedMessage[],
): Promise<readonly Outcome[] | undefined> {
  const { importTable, importPace } = ports;
  const { conversationId, reservedBefore } = current;
  const users = [...new Set(messages.map(({ message }) => message.from))].filter((from) => from !== SYSTEM);
  await importTable.noteDeparted(conversationId, await strangers(ports, conversationId, users), startedAtMs);
  const untilMs = ports.clock() + WRITES_MS;
  const [hasIt, gone, there] = await settleAll([
    importTable.has(conversationId, taskId),
    erasedOf(ports, users),
    alreadyThere(ports, conversationId, reservedBefore, messages),
  ]);
  if (!hasIt) return undefined;
  const atOnce = pLimit(PUTS_AT_ONCE);
  return settleAll(
    messages.map((each) =>
      atOnce(async (): Promise<Outcome> => {
        const isGone = gone.has(each.message.from);
        const imported = isGone ? erased(each) : each;
        const inItsPlace = there.get(each.message.seq);
        if (inItsPlace !== undefined) return isSame(inItsPlace, each.message) ? 'already' : TAKEN;
        await importPace(unitsOf(imported.message));
        if (ports.clock() > untilMs) throw new UnavailableError();
        const existing = await importTable.put(imported);
        if (existing === undefined) return isGone ? 'erased' : 'messages';
        if (isSame(existing, each.message)) return 'already';
        return { reason: `clientMsgId is that of seq ${existing.seq}` };
      }),
    ),
  );
}

const TAKEN = { reason: 'another message has this seq' };

function isSame(a: StoredMessage, b: StoredMessage): boolean {
  return a.seq === b.seq && a.messageId === b.messageId && a.from === b.from;
}

/** Of the item and its copy in bySeq. */
export function unitsOf(message: StoredMessage): number {
  return 2 * Math.ceil((Buffer.byteLength(message.contentJson) + 400) / 1_024);
}

/** The users who are not members of the conversation. */
async function strangers(
  { conversations }: ImportMessagesPorts,
  conversationId: string,
  users: readonly string[],
): Promise<readonly string[]> {
  if (users.length === 0) return [];
  const rows = await conversations.membershipsOf(users.map((userId) => ({ userId, conversationId })));
  const members = new Set(rows.map(({ userId }) => userId));
  return users.filter((userId) => !members.has(userId));
}

/** Those of the users whom the operator has erased. @param userIds at most 100 */
export async function erasedOf(
  { routes }: Pick<ImportMessagesPorts, 'routes'>,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (userIds.length === 0) return new Set();
  const presences = await routes.presencesOf(userIds);
  const isErased = (userId: string) => {
    const { ban } = presences.get(userId) ?? {};
    return ban?.reason === ERASED && ban.untilMs === NO_END;
  };
  return new Set(userIds.filter(isErased));
}

/** The messages whose seqs an earlier import may have used, or a worker of this one that died. */
async function alreadyThere(
  { messages: reader }: ImportMessagesPorts,
  conversationId: string,
  reservedBefore: number,
  messages: readonly ImportedMessage[],
): Promise<ReadonlyMap<number, StoredMessage>> {
  const first = messages[0]?.message.seq ?? 0;
  const last = messages.at(-1)?.message.seq ?? 0;
  const found = new Map<number, StoredMessage>();
  if (first > reservedBefore) return found;
  for (let after = first - 1, hasMore = true; hasMore; ) {
    const range = { after, before: last + 1, limit: MESSAGES_AT_ONCE, head: last };
    const page = await reader.page(conversationId, range);
    for (const message of page.messages) found.set(message.seq, message);
    after = page.messages.at(-1)?.seq ?? last;
    hasMore = page.hasMore;
  }
  return found;
}

/** What the end of a conversation has to know of messages that are there now. What fills a hole is no end. */
export function withLast(current: Current, messages: readonly ImportedMessage[]): Current {
  const last = messages.at(-1)?.message;
  if (last === undefined) return current;
  const { from, clientMsgId, sentAt, seq } = last;
  const isEnd = seq === current.head || !current.hasTail;
  const now = isEnd ? { ...current, last: { from, clientMsgId, sentAt } } : current;
  if (parseConversationId(current.conversationId)?.kind !== 'direct') return now;
  // No plain object: an id may be that of a property that each object has.
  const lastSeqs = new Map(Object.entries(current.lastSeqs));
  for (const { message } of messages)
    lastSeqs.set(message.from, Math.max(lastSeqs.get(message.from) ?? 0, message.seq));
  return { ...now, lastSeqs: Object.fromEntries(lastSeqs) };
}
