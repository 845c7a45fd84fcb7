import type { Action } from '../../../protocol/actions.ts';
import type { ATTACHMENT_HTTP_ROUTES } from '../../../protocol/attachments.ts';
import type { Attachment } from '../../../protocol/content.ts';
import type { DESK_HTTP_ROUTES, HTTP_ROUTES, POLL_ROUTE } from '../../../protocol/http.ts';
import type { NOTIFICATION_HTTP_ROUTES } from '../../../protocol/notifications.ts';

/*
 * What users do, in credits: millionths of a dollar at list price (IM-BUDGET-1, docs/adr/0042-prices-as-data.md). Each price
 * is what the bench counts for the operation, in units of bench/prices.json; the bench fails if one is off by more than a
 * tenth (bench/measure/price-checks.ts). Each includes a hundredth for the account's own writes: one of some 0.7 credits for
 * each SAMPLE credits.
 *
 * The user who asks for an operation pays for all that it causes at once, and for all that it makes others read later: the inbox
 * copy of an absent user is read and deleted once. A user who asks for a page pays for it as well, since it can be asked for again.
 */

/** A debit of at least this many credits is written before what it pays for. */
export const DEAR = 700;
/** Lower prices are written as this many credits, with a probability that makes up for it. */
export const SAMPLE = 70;
/** A refused frame or request: the frame, its reply, and the run of a function that makes no call. */
export const REFUSAL_PRICE = 2.6;

/**
 * Asking the hook: a short run with 256 MB, while the sender waits, and one read. A longer one costs the operator more, and is no
 * user's fault.
 */
export const HOOK_PRICE = 0.9;

/** Asking the source of profiles, and keeping so many. */
export function keptProfilesPrice(kept: number): number {
  return HOOK_PRICE + kept * WRITE_UNIT;
}

/** Prices of single parts. */
const WRITE_UNIT = 0.63;
const READ_UNIT = 0.126;
/** To a connection, with 600 bytes on the wire. */
const POST = 1.06;
const POST_BYTES = 600;
/** Out to the internet. */
const SENT_BYTE = 9.1e-5;
/** A stored message is longer than what its reader gets. */
const READ_BYTE = (READ_UNIT / 4_096) * 1.4;

/** The least that a frame costs: one receiver with one session, a text of up to 0.5 KB. */
export const ACTION_PRICES: Readonly<Record<Action, number>> = {
  hello: 2.8,
  ackInbox: 2.9,
  sendMessage: 6.2,
  heartbeat: 3,
  renew: 3.4,
  read: 5,
  edit: 7.5,
  recall: 7.5,
  react: 8.1,
  pin: 8.1,
  typing: 3.4,
  live: 2.8,
  presence: 2.9,
  active: 3.4,
  'desk.open': 39,
  'desk.close': 25.5,
  'desk.ready': 11,
  'desk.away': 11,
  'desk.transfer': 33,
};

type PricedRoute =
  | (typeof ATTACHMENT_HTTP_ROUTES)[number]
  | (typeof HTTP_ROUTES)[number]
  | (typeof DESK_HTTP_ROUTES)[number]
  | (typeof NOTIFICATION_HTTP_ROUTES)[number]
  | typeof POLL_ROUTE;

/** The least that an HTTP request costs: an answer of up to 1 KB. */
export const ROUTE_PRICES: Readonly<Record<PricedRoute, number>> = {
  'GET /session': 1.6,
  'GET /conversations': 1.8,
  'GET /conversations/{conversationId}/messages': 1.9,
  'GET /conversations/{conversationId}/changes': 1.9,
  'PATCH /conversations/{conversationId}/messages/{seq}': 7,
  'DELETE /conversations/{conversationId}/messages/{seq}': 7.8,
  'PUT /conversations/{conversationId}/messages/{seq}/reactions/{name}': 8.2,
  'DELETE /conversations/{conversationId}/messages/{seq}/reactions/{name}': 8.2,
  'PUT /conversations/{conversationId}/messages/{seq}/pin': 8.2,
  'DELETE /conversations/{conversationId}/messages/{seq}/pin': 8.2,
  'GET /conversations/{conversationId}/pins': 1.8,
  'POST /messages': 6,
  'POST /groups': 12,
  'GET /groups/{id}': 1.8,
  'PATCH /groups/{id}': 13,
  'GET /groups/{id}/members': 1.9,
  'POST /groups/{id}/members': 11,
  'DELETE /groups/{id}/members/{userId}': 20,
  'GET /groups/{id}/reads': 2,
  'GET /desk/me': 1.7,
  'GET /desk/agents': 5.5,
  'GET /desk/chats': 1.7,
  'GET /desk/queues': 9.5,
  'POST /poll': 2.5,
  'PUT /profile': 2.3,
  'GET /profiles': 1.6,
  'PUT /contacts/{userId}': 4.8,
  'DELETE /contacts/{userId}': 4.1,
  'GET /contacts': 1.7,
  'PATCH /conversations/{conversationId}': 2.6,
  'PUT /blocks/{userId}': 5.4,
  'DELETE /blocks/{userId}': 5.4,
  'GET /blocks': 1.7,
  'POST /reports': 3.1,
  'POST /attachments': 2.4,
  'GET /conversations/{conversationId}/messages/{seq}/attachments': 1.8,
  'GET /push': 1.6,
  'PUT /devices/{deviceId}/push': 4.8,
  'DELETE /devices/{deviceId}/push': 4.3,
};

/** The least that a request of this route costs. */
export function routePrice(routeKey: string): number {
  return ROUTE_PRICES[routeKey as PricedRoute] ?? 5;
}

/** The extra for an answer of this size: it was read, and leaves AWS. */
export function answerPrice(bytes: number): number {
  return Math.max(0, bytes - 1_024) * (READ_BYTE + SENT_BYTE);
}

/**
 * The extra for a direct message, beyond its frame.
 * @param posts sessions that get it, of both users
 * @param isAway whether the receiver has none
 */
export function directMessageExtra(contentBytes: number, posts: number, isAway: boolean): number {
  const pushed = (posts - 1) * POST + posts * contentBytes * SENT_BYTE;
  return Math.max(0, pushed + (isAway ? AWAY : 0) + storedExtra(contentBytes));
}

/** Offline queue, its consumer, the inbox copy, and later its delivery and deletion, for a message alone in its batch. */
const AWAY = 3.1;

/** The extra for the first message between two users: it creates their conversation. */
export const NEW_CONVERSATION_EXTRA = 4.5;

/** The extra for storing a longer text: the message, and its entry in the index by seq. */
export function storedExtra(contentBytes: number): number {
  // Keys and hash take 350 bytes.
  return (Math.ceil((contentBytes + 350) / 1_024) - 1) * 2 * WRITE_UNIT;
}

/** The extra for a copy of a longer text, written or refused. A copy has no index. */
export function copyExtra(contentBytes: number): number {
  return storedExtra(contentBytes) / 2;
}

/** The members of a group whose messages are never dear. */
export const MAX_CHEAP_MEMBERS = 300;

/** Groups up to this size have inbox copies (`LIMITS.inboxCopiesMembers`). */
const WITH_COPIES = 500;
/** A member of such a group: reads, and either posts or an inbox copy. */
const MEMBER = 1.68;
/** A member of a larger one: reads, and the posts to one of ten. Absent members pay for catching up themselves. */
const MEMBER_OF_MANY = 0.236;

/** The price of a message to a group, beyond its frame. */
export function groupMessagePrice(memberCount: number, contentBytes: number): number {
  const reached = memberCount > WITH_COPIES ? memberCount / 10 : memberCount;
  return (
    reachPrice(memberCount - 2) + reached * contentBytes * (SENT_BYTE + READ_BYTE) + storedExtra(contentBytes)
  );
}

function reachPrice(members: number): number {
  return Math.max(0, members) * (members > WITH_COPIES ? MEMBER_OF_MANY : MEMBER);
}

/**
 * The price of posts beyond those that `groupMessagePrice` assumes.
 * @param sessions that got one
 * @param members of the group to whom these sessions belong: a part of them, or all
 */
export function unforeseenPostsPrice(
  sessions: number,
  members: number,
  memberCount: number,
  frameBytes: number,
): number {
  const assumed = memberCount > WITH_COPIES ? members / 10 : members;
  return Math.max(0, sessions - assumed) * postPrice(frameBytes);
}

/** The price of posts beyond those that `changePushPrice` assumes. */
export function unforeseenPushesPrice(
  sessions: number,
  members: number,
  memberCount: number,
  frameBytes: number,
): number {
  const assumed = likelySessions(memberCount) * (members / Math.max(1, memberCount));
  return Math.max(0, sessions - assumed) * postPrice(frameBytes);
}

function postPrice(frameBytes: number): number {
  return POST + Math.max(0, frameBytes - POST_BYTES) * SENT_BYTE;
}

/** Members that are added with one message (`MEMBERS_PER_CHANGE`). */
const ADDED_AT_ONCE = 40;
/** A member's two rows in a transaction. */
const ADDED = 4 * WRITE_UNIT;
/** A message about new members, its transaction, and its watchdog. */
const ADDITION = 7;

/** The extra for new members, beyond the request. @param memberCount the members afterwards */
export function addedMembersPrice(added: number, memberCount: number): number {
  const messages = Math.ceil(added / ADDED_AT_ONCE);
  let price = added * ADDED + Math.max(0, messages - 1) * ADDITION;
  for (let n = 1; n <= messages; n += 1)
    price += reachPrice(memberCount - added + Math.min(added, n * ADDED_AT_ONCE) - 1);
  return price;
}

/**
 * The extra for a hint, beyond one to a single session: `read`, `typing`, `live`, a changed message.
 * @param users those whose routes are read, the sender among them
 * @param posts sessions that get it. @default one for each other user
 */
export function hintPrice(users: number, posts = users - 1, contentBytes = 0): number {
  const reads = users > 2 ? (users - 2 + 3) * READ_UNIT : 0;
  return reads + Math.max(0, posts - 1) * POST + Math.max(0, posts) * contentBytes * SENT_BYTE;
}

/** The extra for the push of a changed message to a group. It is paid before the sessions are known. */
export function changePushPrice(memberCount: number, contentBytes = 0): number {
  return hintPrice(memberCount, likelySessions(memberCount), contentBytes);
}

/** Half of ten members are online, a fifth of a hundred, and a tenth of more than five hundred, with a session each. */
function likelySessions(memberCount: number): number {
  return memberCount > WITH_COPIES ? memberCount / 10 : Math.min(memberCount - 1, 2.5 + memberCount / 6);
}

/** The extra for the presence of so many users: a head for each, and a route that may be stale. */
export function presencePrice(users: number): number {
  return Math.max(0, users - 1) * 1.5 * READ_UNIT;
}

/** A request to S3 that writes or copies an object. */
const OBJECT = 5;
/** A byte in S3 for a month. */
const KEPT_BYTE = 0.023e6 / 1024 ** 3;
const PENDING_DAYS = 2;
const MONTH_DAYS = 30;

type FileFacts = Pick<Attachment, 'size' | 'thumbnail'>;

/** What an upload makes beyond its request: objects, which its client puts, for two days at most. */
export function uploadPrice(file: FileFacts): number {
  return objectsPrice(file) + bytesOf(file) * KEPT_BYTE * (PENDING_DAYS / MONTH_DAYS);
}

/**
 * The extra for the files of a message: its copies, a month of their storage, and one download. Whoever sends chooses what others
 * download, so they pay for it; the reader of a link pays for the request.
 */
export function sentFilesPrice(files: readonly FileFacts[]): number {
  return files.reduce((sum, file) => sum + copyPrice(file) + bytesOf(file) * (KEPT_BYTE + SENT_BYTE), 0);
}

/** With its record, which is read. */
function copyPrice(file: FileFacts): number {
  return objectsPrice(file) + READ_UNIT;
}

function objectsPrice({ thumbnail }: FileFacts): number {
  return thumbnail === undefined ? OBJECT : 2 * OBJECT;
}

function bytesOf({ size, thumbnail }: FileFacts): number {
  return size + (thumbnail?.size ?? 0);
}

/** The KB in a price of a registration, or of its removal: a user's devices, and whose the token is. */
const REGISTERED_KB = 2;

/** The extra for a user whose devices are many, or have long endpoints: they are one item. @param kb written in a transaction */
export function registrationPrice(kb: number): number {
  return Math.max(0, kb - REGISTERED_KB) * 2 * WRITE_UNIT;
}

/** Deleting so many inbox entries. */
export function acknowledgedPrice(messages: number): number {
  return messages * WRITE_UNIT;
}

/** Reading so many items of up to 4 KB beyond the usual ones. */
export function readsPrice(items: number): number {
  return items * READ_UNIT;
}

/** A poll that waits: its instance, and a look at inbox and route each second. */
export function waitPrice(waitedMs: number): number {
  return (waitedMs / 1_000) * (3.4 + 2 * READ_UNIT);
}
