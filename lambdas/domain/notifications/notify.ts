import pLimit from 'p-limit';
import { parseConversationId } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../../shared/clock.ts';
import { sha256 } from '../../shared/json.ts';
import { describe, logger } from '../../shared/logger.ts';
import type { NotificationText } from '../../shared/notification-text.ts';
import { settleAll } from '../../shared/settle.ts';
import type { BlockReader } from '../model/block.ts';
import type { ConversationReader, Head, Membership } from '../model/conversation.ts';
import type { FailedJob } from '../model/failed-job.ts';
import type { MessageReader, StoredMessage } from '../model/message.ts';
import type { Notification, NotificationQueue, PushResult, PushSender } from '../model/notification.ts';
import type { ProfileReader } from '../model/profile.ts';
import type { PushDevice, PushDeviceReader, PushDeviceWriter } from '../model/push-registration.ts';
import type { Presence, RouteReader } from '../model/session.ts';
import { payloadOf } from './payload.ts';
import { isWorthTelling } from './worth-telling.ts';

export interface NotifyPorts {
  readonly pushDevices: PushDeviceReader;
  readonly pushDeviceWriter: PushDeviceWriter;
  readonly pushSender: PushSender;
  readonly notifications: NotificationQueue;
  readonly routes: RouteReader;
  readonly blocks: BlockReader;
  readonly conversations: ConversationReader;
  readonly messages: MessageReader;
  readonly profiles: ProfileReader;
  readonly notificationText: NotificationText;
  readonly clock: Clock;
}

export interface NotificationRecord {
  readonly recordId: string;
  readonly body: Notification;
}

/** A notification that is to be sent. */
interface Due extends NotificationRecord {
  readonly message: StoredMessage;
  readonly devices: readonly PushDevice[];
}

/** Posts at once: a batch has ten users with up to 20 devices each, and 200 posts must fit the function's time. */
const POSTS_AT_ONCE = 50;

/**
 * Sends the notifications of a batch: one for each device and conversation, of the latest message that is worth it. Devices whose push
 * service can't take it now go back to the queue alone, as long as the message is fresh.
 * @returns the jobs to retry
 */
export async function sendNotifications(
  ports: NotifyPorts,
  records: readonly NotificationRecord[],
): Promise<readonly FailedJob[]> {
  const fresh = records.filter(({ body }) => isFresh(body, ports.clock()));
  if (fresh.length === 0) return [];
  const devices = await ports.pushDevices.devicesOf([...new Set(fresh.map(({ body }) => body.userId))]);
  const told = fresh.filter(({ body }) => devices.has(body.userId));
  if (told.length === 0) return [];
  const facts = await readFacts(ports, told);
  const nowMs = ports.clock();
  const due = told.flatMap((record) => {
    const { body } = record;
    const message = facts.messages.get(body.reference.messageId);
    const membership = facts.memberships.get(keyOf(body.userId, body.reference.conversationId));
    const presence = facts.presences.get(body.userId);
    if (!isWorthTelling(body, { message, membership, presence }, nowMs) || message === undefined) return [];
    const wanted = (devices.get(body.userId) ?? []).filter(
      ({ deviceId }) => body.devices?.includes(deviceId) ?? true,
    );
    return wanted.length === 0 ? [] : [{ ...record, message, devices: wanted }];
  });
  const latest = latestOf(await withoutBlocked(ports, due));
  const atOnce = pLimit(POSTS_AT_ONCE);
  const results = await Promise.allSettled(latest.map((each) => tell(ports, facts, each, atOnce)));
  return latest.flatMap(({ recordId }, index) => {
    const result = results[index];
    return result?.status === 'rejected' ? [{ recordId, reason: result.reason }] : [];
  });
}

function isFresh({ reference }: Notification, nowMs: number): boolean {
  return nowMs - reference.sentAt < LIMITS.notifyForMs;
}

interface Read {
  readonly messages: ReadonlyMap<string, StoredMessage>;
  readonly memberships: ReadonlyMap<string, Membership>;
  readonly presences: ReadonlyMap<string, Presence>;
  readonly heads: ReadonlyMap<string, Head>;
  readonly names: ReadonlyMap<string, string | undefined>;
}

/** All that the batch needs, in one step: a read for each kind. */
async function readFacts(ports: NotifyPorts, records: readonly NotificationRecord[]): Promise<Read> {
  const jobs = records.map(({ body }) => body);
  const places = new Map(jobs.map(({ reference }) => [reference.messageId, reference]));
  const members = new Map(
    jobs.map(({ userId, reference: { conversationId } }) => [
      keyOf(userId, conversationId),
      { userId, conversationId },
    ]),
  );
  const isNamed = ports.notificationText !== 'none';
  const senders = isNamed ? [...new Set(jobs.map(({ reference }) => reference.from))] : [];
  const groups = [...new Set(jobs.map(({ reference }) => reference.conversationId))].filter(
    (id) => isNamed && parseConversationId(id)?.kind === 'group',
  );
  const [messages, memberships, presences, heads, profiles] = await settleAll([
    ports.messages.getMany([...places.values()]),
    ports.conversations.membershipsOf([...members.values()]),
    ports.routes.presencesOf([...new Set(jobs.map(({ userId }) => userId))]),
    groups.length === 0 ? new Map<string, Head>() : ports.conversations.heads(groups),
    senders.length === 0 ? [] : ports.profiles.profiles(senders, true),
  ]);
  return {
    messages: new Map(messages.map((message) => [message.messageId, message])),
    memberships: new Map(memberships.map((one) => [keyOf(one.userId, one.conversationId), one])),
    presences,
    heads,
    names: new Map(profiles.map(({ userId, name }) => [userId, name])),
  };
}

/** No user id has a space: see `USER_ID`. */
function keyOf(userId: string, other: string): string {
  return `${userId} ${other}`;
}

/**
 * Without the messages whose sender the user has blocked: in a group they are delivered all the same, and a direct message may be older
 * than the block. Few messages get here, so only theirs are read.
 */
async function withoutBlocked({ blocks }: NotifyPorts, due: readonly Due[]): Promise<readonly Due[]> {
  if (due.length === 0) return due;
  const pairs = new Map(
    due.map((each) => [pairOf(each), { userId: each.body.userId, peer: each.message.from }]),
  );
  const blocked = await blocks.blocked([...pairs.values()]);
  const keys = new Set(blocked.map(({ userId, peer }) => keyOf(userId, peer)));
  return due.filter((each) => !keys.has(pairOf(each)));
}

function pairOf({ body, message }: Due): string {
  return keyOf(body.userId, message.from);
}

/** Of several messages of a conversation to a user, the latest: the others would be replaced at once. */
function latestOf(due: readonly Due[]): readonly Due[] {
  const latest = new Map<string, Due>();
  for (const each of due) {
    const key = keyOf(each.body.userId, each.message.conversationId);
    const other = latest.get(key);
    if (other === undefined || other.message.seq < each.message.seq) latest.set(key, each);
  }
  return [...latest.values()];
}

/** @throws {UnavailableError} some devices have to wait, and the queue does not accept them */
async function tell(
  ports: NotifyPorts,
  { heads, names }: Read,
  { body, message, devices }: Due,
  atOnce: ReturnType<typeof pLimit>,
): Promise<void> {
  const { conversationId, from } = message;
  const payload = payloadOf(message, ports.notificationText, {
    sender: names.get(from),
    head: heads.get(conversationId),
  });
  const push = { payload, topic: topicOf(conversationId), ttlSeconds: LIMITS.notifyForMs / 1000 };
  const results = await Promise.all(
    devices.map((device) =>
      atOnce(async () => {
        const keep = (arn: string) => ports.pushDeviceWriter.keepEndpoint(body.userId, device, arn);
        const result = await ports.pushSender.send(device.target, push, keep);
        if (result === 'gone') await forget(ports, body.userId, device);
        return { device, result };
      }),
    ),
  );
  await tellLater(ports, body, results);
}

/** Never throws: the next notification finds it gone again. */
async function forget({ pushDeviceWriter }: NotifyPorts, userId: string, device: PushDevice): Promise<void> {
  await pushDeviceWriter
    .forget(userId, device)
    .catch((error: unknown) => logger.warn('registration not removed', { error: describe(error) }));
}

/** Not the conversation's id, which names users. */
export function topicOf(conversationId: string): string {
  return sha256(conversationId).slice(0, 32);
}

/** Up to 5, 10, 20 … seconds, unless the service asks for more. */
const FIRST_WAIT_SECONDS = 5;

async function tellLater(
  { notifications, clock }: NotifyPorts,
  body: Notification,
  results: readonly { readonly device: PushDevice; readonly result: PushResult }[],
): Promise<void> {
  const waits = results.flatMap(({ device, result }) =>
    typeof result === 'object' ? [{ deviceId: device.deviceId, seconds: result.afterSeconds }] : [],
  );
  if (waits.length === 0) return;
  const least = FIRST_WAIT_SECONDS * 2 ** body.round;
  const delaySeconds = Math.ceil(Math.max(least, ...waits.map(({ seconds }) => seconds)));
  const comesAtMs = clock() + delaySeconds * 1000;
  if (!isFresh(body, comesAtMs)) return;
  const devices = waits.map(({ deviceId }) => deviceId);
  await notifications.enqueue([{ ...body, devices, round: body.round + 1 }], delaySeconds);
}
