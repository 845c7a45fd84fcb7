import type { Message, Reaction } from '../../../protocol/frames.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Budget } from '../model/budget.ts';
import { type StoredMessage, toMessage } from '../model/message.ts';
import { readsPrice } from '../model/prices.ts';
import type { ReactionReader } from '../model/reaction.ts';

export interface ShowPorts {
  readonly reactions: ReactionReader;
  readonly budget: Budget;
}

/**
 * Returns the messages as this user sees them: reactions with their first users, and with `mine`. Reads the user's own
 * reactions only for messages with more users than the summary names, so an ordinary page costs no extra call.
 */
export async function showTo(
  { reactions, budget }: ShowPorts,
  userId: string,
  messages: readonly StoredMessage[],
): Promise<Message[]> {
  const unclear = messages.filter((message) => shownIn(message).some((one) => isUnclear(one, userId)));
  const [own] = await settleAll([
    unclear.length === 0 ? undefined : reactions.ofUser(userId, unclear),
    budget.charge(readsPrice(unclear.length)),
  ]);
  return messages.map((stored) => {
    const message = toMessage(stored);
    const list = shownIn(stored).map(({ name, count, users }): Reaction => {
      const isMine = users.includes(userId) || own?.get(stored.messageId)?.has(name) === true;
      return { name, count, users, ...(isMine && { mine: true }) };
    });
    return list.length === 0 ? message : { ...message, reactions: list };
  });
}

/** `showTo` for one message. */
export async function showOneTo(ports: ShowPorts, userId: string, message: StoredMessage): Promise<Message> {
  const [shown] = await showTo(ports, userId, [message]);
  return shown ?? toMessage(message);
}

function shownIn({ reactions }: StoredMessage) {
  return reactions?.list ?? [];
}

function isUnclear({ count, users }: ReturnType<typeof shownIn>[number], userId: string): boolean {
  return count > users.length && !users.includes(userId);
}
