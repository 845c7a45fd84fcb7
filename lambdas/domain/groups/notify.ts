import type { SystemContent } from '../../../protocol/content.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { settleAll } from '../../shared/settle.ts';
import { deliverToGroup, type GroupDeliveryPorts } from '../delivery/deliver.ts';
import { type OutboxPorts, sendPending, WATCHDOG_SECONDS } from '../delivery/outbox.ts';
import type { ConversationReader } from '../model/conversation.ts';
import type { WatchdogJob } from '../model/fan-out-job.ts';
import type { StoredMessage } from '../model/message.ts';
import { referenceTo } from '../model/reference.ts';

export interface GroupNotifyPorts extends GroupDeliveryPorts, OutboxPorts {
  readonly conversations: ConversationReader;
}

/**
 * Enqueues the watchdog job of a change, before the change: if its function dies, the job sends what the outbox holds.
 * @throws {UnavailableError} the job may not be durable, so the change must not start
 */
export async function watchChange({ fanOutQueue }: GroupNotifyPorts, job: WatchdogJob): Promise<void> {
  await fanOutQueue.watch(job, WATCHDOG_SECONDS);
}

/** Delivers the message of a change that was just committed, and takes it from the outbox. */
export async function notifyMembers(
  ports: GroupNotifyPorts,
  message: StoredMessage,
  memberCount: number,
): Promise<void> {
  await sendOut(ports, message, memberCount);
  await ports.outbox.markAsSent(message.conversationId, message);
}

/**
 * Sends what functions that died have left in a group's outbox. Also sends what a running function has just added: its age
 * does not tell whether its function still runs, and a repeat is harmless.
 */
export async function sendPendingOf(ports: GroupNotifyPorts, conversationId: string): Promise<void> {
  await sendPending(ports, conversationId, 0, async (message) => {
    const { group } = await ports.conversations.head(conversationId);
    if (group !== undefined) await sendOut(ports, message, group.memberCount);
  });
}

async function sendOut(ports: GroupNotifyPorts, message: StoredMessage, memberCount: number): Promise<void> {
  const { event, users = [] }: SystemContent = JSON.parse(message.contentJson);
  // A removed member gets the message of the removal, too.
  const also = event === 'removed' || event === 'left' ? users : [];
  await settleAll([
    deliverToGroup(ports, message, { memberCount, also }),
    event === 'joined' ? backfillNewMembers(ports, message, users, memberCount) : undefined,
  ]);
}

/** A message sent later than this after an addition was stored after it was committed: its sender finds the new members. */
const OVERTAKING_MS = WATCHDOG_SECONDS * 1000;

/**
 * Delivers the messages that overtook the addition of new members: their seq is higher, but they were stored, and read
 * the members, before the addition was committed. The head is read after the commit: messages stored later find the new
 * members themselves. Skips users who have been removed since. A user who is still a member after the head was read can
 * only be removed at a seq above all of these messages.
 */
async function backfillNewMembers(
  ports: GroupNotifyPorts,
  { conversationId, seq, sentAt }: StoredMessage,
  added: readonly string[],
  memberCount: number,
): Promise<void> {
  const { seq: head } = await ports.conversations.head(conversationId);
  if (head === seq) return;
  const statuses = await ports.groups.getMembers(conversationId, added);
  const users = added.filter((user) => {
    const { isLeaving, joinedSeq } = statuses.get(user) ?? { isLeaving: true };
    return !isLeaving && joinedSeq === seq;
  });
  if (users.length === 0) return;
  for (let after = seq, hasMore = after < head; hasMore; ) {
    const page = await ports.messages.page(conversationId, {
      after,
      before: head + 1,
      limit: LIMITS.pageMax,
      head,
    });
    const overtaking = page.messages.filter((message) => message.sentAt <= sentAt + OVERTAKING_MS);
    const jobs = overtaking.map((message) => {
      return { conversationId, memberCount, what: { reference: referenceTo(message) }, users };
    });
    if (jobs.length > 0) await ports.fanOutQueue.enqueue(jobs);
    after = page.messages.at(-1)?.seq ?? head;
    hasMore = page.hasMore && jobs.length > 0;
  }
}
