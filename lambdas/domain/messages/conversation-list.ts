import pLimit from 'p-limit';
import type { Conversation, ConversationsBody } from '../../../protocol/http.ts';
import { parseConversationId, peerOf } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { decodeCursor, encodeCursor } from '../../shared/cursor.ts';
import type { Head, Membership } from '../model/conversation.ts';
import { type MessageReader, type StoredMessage, toMessage } from '../model/message.ts';
import type { HistoryPorts } from './history.ts';

/** Lookups that some conversations of a page need, at once. */
const CONCURRENCY = 16;

export interface ConversationsRange {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Leaves out those in which nothing has happened since: cheap for a device that was away (IM-HELLO-3). */
  readonly changedSinceMs?: number | undefined;
}

/** A seq is handed out up to 10 s before its message is there, and server clocks differ by 2 s. */
const CHANGE_MARGIN_MS = 15_000;

/**
 * One page of the user's conversations by conversationId, those without messages left out: a page may be shorter than
 * `limit`, even empty, and go on.
 * @throws {InvalidRequestError} a cursor that is altered or another user's
 */
export async function readConversations(
  ports: HistoryPorts,
  userId: string,
  { limit, cursor, changedSinceMs }: ConversationsRange,
): Promise<ConversationsBody> {
  const after = cursor === undefined ? undefined : decodeCursor(userId, cursor, 'cursor')[0];
  // One more than asked for tells whether there is a next page.
  const found = await ports.conversations.memberships(userId, {
    limit: limit + 1,
    ...(after !== undefined && { after }),
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const seen = await summaries(ports, userId, page, changedSinceMs ?? 0);
  return {
    conversations: await stillMine(ports, userId, page, seen),
    cursor: found.length > limit && last !== undefined ? encodeCursor(userId, [last.conversationId]) : null,
  };
}

/** Without those that were left while they were read, whose last message may be from after that (IM-INV-5). */
async function stillMine(
  { conversations }: HistoryPorts,
  userId: string,
  before: readonly Membership[],
  seen: readonly Conversation[],
): Promise<readonly Conversation[]> {
  const ids = seen.flatMap(({ kind, conversationId }) => (kind === 'direct' ? [] : [conversationId]));
  const now = await conversations.membershipsIn(userId, ids);
  const visibleFromIn = (all: readonly Membership[], id: string) =>
    all.find(({ conversationId }) => conversationId === id)?.visibleFrom;
  return seen.filter(
    ({ kind, conversationId: id }) =>
      kind === 'direct' || visibleFromIn(now, id) === visibleFromIn(before, id),
  );
}

async function summaries(
  ports: HistoryPorts,
  userId: string,
  page: readonly Membership[],
  changedSinceMs: number,
): Promise<Conversation[]> {
  if (page.length === 0) return [];
  const all = await ports.conversations.heads(page.map(({ conversationId }) => conversationId));
  const heads = new Map([...all].filter(([, { atMs }]) => atMs >= changedSinceMs - CHANGE_MARGIN_MS));
  const [tails, peerReadSeqs] = await Promise.all([
    readTails(ports, heads),
    readPeerSeqs(ports, userId, [...heads.keys()]),
  ]);
  const lookups = { heads, tails, peerReadSeqs };
  const atOnce = pLimit(CONCURRENCY);
  const found = page.map((membership) => atOnce(() => summary(ports, userId, membership, lookups)));
  return (await Promise.all(found)).filter((one) => one !== undefined);
}

/** What is read for a whole page at once. */
interface Lookups {
  readonly heads: ReadonlyMap<string, Head>;
  readonly tails: readonly StoredMessage[];
  /** By conversation. */
  readonly peerReadSeqs: ReadonlyMap<string, number>;
}

/** A page that was loaded again heard no `read` push of what the others had read by then. Of groups: `GET …/reads`. */
async function readPeerSeqs(
  { conversations }: HistoryPorts,
  userId: string,
  conversationIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const keys = conversationIds.flatMap((conversationId) => {
    const peer = peerIn(conversationId, userId);
    return peer === undefined ? [] : [{ userId: peer, conversationId }];
  });
  const found = await conversations.readSeqs(keys);
  return new Map(found.map(({ conversationId, readSeq }) => [conversationId, readSeq]));
}

function peerIn(conversationId: string, userId: string): string | undefined {
  const conversation = parseConversationId(conversationId);
  return conversation && peerOf(conversation, userId);
}

async function readTails(
  { messages }: HistoryPorts,
  heads: ReadonlyMap<string, Head>,
): Promise<StoredMessage[]> {
  const keys = [...heads].flatMap(([conversationId, { tail }]) =>
    tail ? [{ conversationId, ...tail }] : [],
  );
  return keys.length === 0 ? [] : [...(await messages.getMany(keys))];
}

async function summary(
  { messages }: HistoryPorts,
  userId: string,
  { conversationId, readSeq, visibleFrom }: Membership,
  { heads, tails, peerReadSeqs }: Lookups,
): Promise<Conversation | undefined> {
  const head = heads.get(conversationId);
  if (head === undefined) return undefined;
  const tail = tails.find((message) => message.conversationId === conversationId && message.seq === head.seq);
  // The highest seq is a hole, or its message was a repeat of an older one: then only the record knows the last.
  const last = tail ?? (await messages.page(conversationId, { from: visibleFrom, limit: 1 })).messages[0];
  if (last === undefined && head.group === undefined) return undefined;
  const peer = peerIn(conversationId, userId);
  const name = head.group?.name ?? head.chat?.topic;
  const unreadAfter = Math.max(readSeq, visibleFrom - 1);
  return {
    conversationId,
    kind: parseConversationId(conversationId)?.kind ?? 'direct',
    ...(peer !== undefined && { peer, peerReadSeq: peerReadSeqs.get(conversationId) ?? 0 }),
    ...(name !== undefined && { name }),
    head: head.seq,
    lastMessage: last === undefined ? null : toMessage(last),
    readSeq,
    unread: last === undefined ? 0 : await countUnread(messages, userId, last, unreadAfter),
  };
}

/** @param last the last message that there is: as far as its seq, nothing has to be asked if it is the only one */
async function countUnread(
  messages: MessageReader,
  userId: string,
  { conversationId, seq, from }: StoredMessage,
  after: number,
): Promise<number> {
  if (seq <= after) return 0;
  // One Query a conversation was most of what this list cost, and in most of them one message is new.
  if (seq === after + 1) return from === userId ? 0 : 1;
  return messages.countOthersAbove(conversationId, userId, after, LIMITS.unreadMax);
}
