import type { ChangesBody } from '../../../protocol/http.ts';
import { CLIENT_ID, SENDER_ID } from '../../../protocol/ids.ts';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../../shared/clock.ts';
import { cursorOf, decodeCursor, encodeCursor, isConversationId } from '../../shared/cursor.ts';
import { InvalidRequestError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Budget } from '../model/budget.ts';
import { resolveConversation } from '../model/conversation.ts';
import type { ChangePosition } from '../model/message.ts';
import { readsPrice } from '../model/prices.ts';
import type { CallerRoles } from '../model/roles.ts';
import { firstVisibleSeq, type HistoryPorts, isAccessPermanent } from './history.ts';
import { showTo } from './show.ts';

export interface ChangesPorts extends HistoryPorts {
  readonly budget: Budget;
  readonly clock: Clock;
}

export interface ChangesRange {
  /** Epoch milliseconds by the server's clock: the `serverTime` of the feed before. */
  readonly sinceMs: number;
  readonly cursor?: string | undefined;
}

const PAGE = 100;
const DAY_MS = 24 * 3_600_000;

/**
 * Returns a page of the visible messages that changed at or after a time, as they are now, in order of last change
 * (IM-CHANGE-2). Reads strongly. A message that changes meanwhile comes again, at the end.
 * @throws {NotFoundError} the user may not see the conversation
 * @throws {InvalidRequestError} the cursor was altered, or is another feed's
 */
export async function readChanges(
  ports: ChangesPorts,
  userId: string,
  target: string,
  { sinceMs, cursor }: ChangesRange,
  callerRoles: CallerRoles = { roles: [] },
): Promise<ChangesBody> {
  const conversation = resolveConversation(userId, { conversationId: target });
  const { conversationId } = conversation;
  // Taken before the first read: a change written after the read has this time or a later one, or is within the margin.
  const start = startOf(userId, conversationId, cursor) ?? newStart(ports.clock());
  const { serverTime } = start;
  const [from, { changes = new Map<number, number>() }] = await settleAll([
    firstVisibleSeq(ports, userId, conversation, callerRoles),
    ports.conversations.head(conversationId),
  ]);
  const isTooOld = sinceMs < serverTime - LIMITS.changesDays * DAY_MS;
  if (isTooOld) return reset(serverTime);
  // DynamoDB refuses a position before the range.
  const fromMs = Math.max(0, sinceMs - LIMITS.changeMarginMs);
  if (start.after !== undefined && start.after.changedAtMs < fromMs)
    throw new InvalidRequestError([{ path: 'cursor', message: 'belongs to a feed with an earlier since' }]);
  const page = await ports.messages.changed(conversationId, {
    // A volume is marked before its message changes, by at most 10 s.
    volumes: [...changes].flatMap(([volume, atMs]) => (atMs >= fromMs ? [volume] : [])),
    sinceMs: fromMs,
    after: start.after,
    limit: PAGE,
  });
  await ports.budget.charge(readsPrice(page.messages.length));
  const stillFrom = isAccessPermanent(conversation, callerRoles)
    ? from
    : await firstVisibleSeq(ports, userId, conversation, callerRoles);
  const count = start.count + page.count;
  if (count > LIMITS.changesMax) return reset(serverTime);
  return {
    messages: await showTo(
      ports,
      userId,
      page.messages.filter(({ seq }) => seq >= stillFrom),
    ),
    cursor: page.next === undefined ? null : cursorAt(userId, conversationId, page.next, serverTime, count),
    serverTime,
  };
}

/** Tells the client to reload what it keeps. */
function reset(serverTime: number): ChangesBody {
  return { messages: [], cursor: null, serverTime, reset: true };
}

interface Start {
  /** Of the first page. */
  readonly serverTime: number;
  /** Of the pages before. */
  readonly count: number;
  readonly after?: ChangePosition;
}

function newStart(serverTime: number): Start {
  return { serverTime, count: 0 };
}

const isNumber = (item: string) => /^[0-9]{1,15}$/.test(item);
const cursorSchema = lazySchema(() =>
  cursorOf(
    isConversationId,
    isNumber,
    (item) => SENDER_ID.test(item),
    (item) => CLIENT_ID.test(item),
    isNumber,
    isNumber,
  ),
);

function startOf(userId: string, conversationId: string, cursor: string | undefined): Start | undefined {
  if (cursor === undefined) return undefined;
  const [id, changedAt, from = '', clientMsgId = '', serverTime, count] = decodeCursor(
    userId,
    cursor,
    'cursor',
    cursorSchema,
  );
  if (id !== conversationId)
    throw new InvalidRequestError([{ path: 'cursor', message: 'belongs to another conversation' }]);
  const after = { changedAtMs: Number(changedAt), from, clientMsgId };
  return { serverTime: Number(serverTime), count: Number(count), after };
}

function cursorAt(
  userId: string,
  conversationId: string,
  { changedAtMs, from, clientMsgId }: ChangePosition,
  serverTime: number,
  count: number,
): string {
  const position = [conversationId, String(changedAtMs), from, clientMsgId];
  return encodeCursor(userId, [...position, String(serverTime), String(count)]);
}
