import pLimit from 'p-limit';
import type { Conversation, ConversationsBody } from '../../../protocol/http.ts';
import { parseConversationId, peerOf } from '../../../protocol/ids.ts';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../../shared/clock.ts';
import { cursorOf, decodeCursor, encodeCursor, isConversationId } from '../../shared/cursor.ts';
import { hasBlocked } from '../access/direct.ts';
import type { Budget } from '../model/budget.ts';
import type { Head, Membership } from '../model/conversation.ts';
import {
  type CountRange,
  doesMention,
  type MessageCount,
  type MessageReader,
  type ReadBudget,
  type StoredMessage,
  toMessage,
} from '../model/message.ts';
import { readsPrice } from '../model/prices.ts';
import { type StoredSettings, shownSettings } from '../model/settings.ts';
import type { HistoryPorts } from './history.ts';

/**
 * The most that the counts of one request read, in units of 4 KB. A page of a hundred conversations, each with a hundred
 * unread messages of ordinary length, takes about 800.
 */
const COUNT_UNITS = 2_000;

/** Concurrent lookups for the conversations of a page that need extra reads. */
const CONCURRENCY = 16;

export interface ConversationsRange {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Leaves out conversations that have not changed since. Makes catching up cheap (IM-HELLO-3). */
  readonly changedSinceMs?: number | undefined;
}

/** Begins the cursor of a complete list. Its next pages ignore `changedSince`. */
const WHOLE = '*';
/** The last conversation of the page before. */
const cursorSchema = lazySchema(() => cursorOf((item) => isConversationId(item.replace(/^\*/, ''))));

/** As `LIMITS.changeMarginMs`, but a departure's time is taken by a function that may run for 30 s. */
const DEPARTURE_MARGIN_MS = 35_000;
const DAY_MS = 86_400_000;

export interface ListPorts extends HistoryPorts {
  readonly budget: Budget;
  readonly clock: Clock;
}

/**
 * Returns a page of the user's conversations, ordered by conversationId. Leaves out those without messages, so a page
 * with a cursor may be shorter than `limit`, even empty. The first page says what the user left or lost since
 * (IM-CHANGE-3).
 * @throws {InvalidRequestError} the cursor was altered, or is another user's
 */
export async function readConversations(
  ports: ListPorts,
  userId: string,
  { limit, cursor, changedSinceMs }: ConversationsRange,
): Promise<ConversationsBody> {
  const [position] = cursor === undefined ? [] : decodeCursor(userId, cursor, 'cursor', cursorSchema);
  const after = position?.replace(WHOLE, '');
  const isUnknown = (sinceMs: number) => sinceMs < ports.clock() - LIMITS.departureDays * DAY_MS;
  const asked = position?.startsWith(WHOLE) || isUnknown(changedSinceMs ?? 0) ? undefined : changedSinceMs;
  // One extra row shows whether there is a next page.
  const { memberships, departed } = await ports.conversations.memberships(userId, {
    limit: limit + 1,
    ...(after !== undefined && { after }),
    ...(after === undefined && asked !== undefined && { departedSinceMs: asked - DEPARTURE_MARGIN_MS }),
  });
  const page = memberships.slice(0, limit);
  const last = page.at(-1)?.conversationId;
  // There are too many departures, or they are too long ago: the client gets the complete list.
  const sinceMs = after === undefined && departed === undefined ? undefined : asked;
  const [seen, removed] = await Promise.all([
    summaries(ports, userId, page, sinceMs ?? 0),
    stillLeft(ports, userId, departed ?? []),
  ]);
  const mark = sinceMs === undefined ? WHOLE : '';
  return {
    conversations: await withoutLeft(ports, userId, page, seen),
    cursor: memberships.length > limit && last !== undefined ? encodeCursor(userId, [mark + last]) : null,
    ...(departed !== undefined && { removed }),
    ...(after === undefined && sinceMs === undefined && changedSinceMs !== undefined && { reset: true }),
  };
}

/**
 * Drops conversations that the user has rejoined. By the clock of another server, the head may be older than the departure:
 * then the list would leave it out, and the client would remove a conversation of its user.
 */
async function stillLeft(
  { conversations }: HistoryPorts,
  userId: string,
  departed: readonly string[],
): Promise<readonly string[]> {
  const now = departed.length === 0 ? [] : await conversations.membershipsIn(userId, departed);
  return departed.filter((id) => !now.some(({ conversationId }) => conversationId === id));
}

/** Drops conversations that the user left during the read: their last message may be newer than that (IM-INV-5). */
async function withoutLeft(
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
  ports: ListPorts,
  userId: string,
  page: readonly Membership[],
  changedSinceMs: number,
): Promise<Conversation[]> {
  if (page.length === 0) return [];
  const known = await ports.conversations.heads(page.map(({ conversationId }) => conversationId));
  const settingsAtMs = new Map(page.map((one) => [one.conversationId, one.settings?.atMs ?? 0]));
  const changedAtMs = (id: string, head: Head) => Math.max(activeAtMs(head), settingsAtMs.get(id) ?? 0);
  const heads = new Map(
    [...known].filter(
      ([id, head]) =>
        !head.isBeingImported && changedAtMs(id, head) >= changedSinceMs - LIMITS.changeMarginMs,
    ),
  );
  const [tails, peerReadSeqs] = await Promise.all([
    readTails(ports, heads),
    readPeerSeqs(ports, userId, [...heads.keys()]),
  ]);
  const nowMs = ports.clock();
  const lookups = { heads, tails, peerReadSeqs, nowMs, budget: { units: COUNT_UNITS } };
  const atOnce = pLimit(CONCURRENCY);
  const found = page.map((membership) => atOnce(() => summary(ports, userId, membership, lookups)));
  const all = (await Promise.all(found)).filter((one) => one !== undefined);
  // Each head, of those that changed the last message and the peer's cursor, and what was counted.
  const counted = COUNT_UNITS - lookups.budget.units;
  await ports.budget.charge(readsPrice(page.length + 2 * heads.size + counted));
  return all;
}

/** When a message was last sent or changed. */
function activeAtMs({ atMs, changes = new Map<number, number>() }: Head): number {
  return Math.max(atMs, ...changes.values());
}

/** Read for the whole page at once. */
interface Lookups {
  readonly heads: ReadonlyMap<string, Head>;
  readonly tails: readonly StoredMessage[];
  /** By conversation. */
  readonly peerReadSeqs: ReadonlyMap<string, number>;
  readonly nowMs: number;
  readonly budget: ReadBudget;
}

/**
 * Returns the peers' read positions of direct conversations: a reloaded page has missed the `read` pushes. Groups have
 * `GET …/reads`.
 */
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
  const places = [...heads].flatMap(([conversationId, { seq, tail }]) =>
    tail ? [{ conversationId, seq, ...tail }] : [],
  );
  return places.length === 0 ? [] : [...(await messages.getMany(places))];
}

async function summary(
  { messages }: HistoryPorts,
  userId: string,
  { conversationId, readSeq, visibleFrom, settings }: Membership,
  { heads, tails, peerReadSeqs, nowMs, budget }: Lookups,
): Promise<Conversation | undefined> {
  const head = heads.get(conversationId);
  if (head === undefined) return undefined;
  const tail = tails.find((message) => message.conversationId === conversationId && message.seq === head.seq);
  // The highest seq may be a hole: a send that failed, or a repeat. Then the last message comes from history.
  const newest = { from: visibleFrom, before: head.seq + 1, limit: 1, head: head.seq };
  const last = tail ?? (await messages.page(conversationId, newest)).messages[0];
  if (last === undefined && head.group === undefined) return undefined;
  const peer = peerIn(conversationId, userId);
  // To a blocked user, the other one looks as if they had never read (IM-BLOCK-2).
  const isHidden = peer !== undefined && hasBlocked(head, peer);
  const name = head.group?.name ?? head.chat?.topic;
  const upTo = (peer === undefined ? undefined : head.lastSeqs?.get(peer)) ?? head.seq;
  const range = { after: Math.max(readSeq, visibleFrom - 1), upTo, budget };
  const unread = last === undefined ? NONE : await countUnread(messages, userId, last, range);
  return {
    conversationId,
    kind: parseConversationId(conversationId)?.kind ?? 'direct',
    ...(peer !== undefined && { peer, peerReadSeq: isHidden ? 0 : (peerReadSeqs.get(conversationId) ?? 0) }),
    ...(name !== undefined && { name }),
    head: head.seq,
    lastMessage: last === undefined ? null : toMessage(last),
    readSeq,
    unread: unread.count,
    ...(unread.mentioned > 0 && { mentioned: unread.mentioned }),
    ...(unread.isAtLeast && { unreadIsAtLeast: true }),
    ...settingsOf(settings, last, nowMs),
  };
}

function settingsOf(stored: StoredSettings | undefined, last: StoredMessage | undefined, nowMs: number) {
  const settings = stored && shownSettings(stored, last, nowMs);
  return settings && Object.keys(settings).length > 0 && { settings };
}

const NONE: MessageCount = { count: 0, mentioned: 0, isAtLeast: false };

/**
 * Counts without a query where possible: queries are most of the cost of this list.
 * @param last the last message of the conversation
 */
async function countUnread(
  messages: MessageReader,
  userId: string,
  last: StoredMessage,
  range: Omit<CountRange, 'maximum'>,
): Promise<MessageCount> {
  const { after, upTo } = range;
  const { conversationId, seq, from } = last;
  const one = from === userId ? NONE : { ...NONE, count: 1, mentioned: doesMention(last, userId) ? 1 : 0 };
  // All messages above the cursor are the user's own. Without this, a user who only sends would pay for all of them each time.
  if (seq <= after || upTo <= after) return NONE;
  if (seq === after + 1) return one;
  const found = await messages.countOthers(conversationId, userId, { ...range, maximum: LIMITS.unreadMax });
  return {
    ...found,
    count: Math.max(found.count, one.count),
    mentioned: Math.max(found.mentioned, one.mentioned),
  };
}
