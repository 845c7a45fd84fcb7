import { LIMITS } from '../../../protocol/limits.ts';
import { chunk } from '../../shared/chunk.ts';
import type { Clock } from '../../shared/clock.ts';
import type { MessageReader, StoredMessage } from '../model/message.ts';
import type { Outbox, OutboxEntry } from '../model/outbox.ts';

/**
 * Delay of a watchdog event or job, which is sent before a change: its function has made the change by then, or has timed
 * out. 2 s more, since a transaction may still be under way when its function is stopped.
 */
export const WATCHDOG_SECONDS = LIMITS.senderTimeoutSeconds + 2;

export interface OutboxPorts {
  readonly outbox: Outbox;
  readonly messages: MessageReader;
  readonly clock: Clock;
}

/** Messages per read. */
const MESSAGES_PER_READ = 100;

/**
 * Sends the messages in an outbox that are at least `atLeastMs` old, and marks them as sent; another function may still be
 * sending younger ones. A user who already has the message gets it again, with the same seq (IM-PUSH-1).
 * @param atLeastMs 0: all, whatever their age, since the clock of the function that stored one may be ahead
 * @returns whether younger messages are left
 */
export async function sendPending(
  { outbox, messages, clock }: OutboxPorts,
  owner: string,
  atLeastMs: number,
  send: (message: StoredMessage, entry: OutboxEntry) => Promise<void>,
): Promise<boolean> {
  let isLeft = false;
  for (const entries of chunk(await outbox.pending(owner), MESSAGES_PER_READ)) {
    const found = new Map((await messages.getMany(entries)).map((message) => [message.clientMsgId, message]));
    for (const entry of entries) {
      const message = found.get(entry.clientMsgId);
      if (message !== undefined && atLeastMs > 0 && clock() - message.sentAt < atLeastMs) {
        isLeft = true;
        continue;
      }
      if (message !== undefined) await send(message, entry);
      await outbox.markAsSent(owner, entry);
    }
  }
  return isLeft;
}
