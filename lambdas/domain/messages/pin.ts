import type { Message } from '../../../protocol/frames.ts';
import type { PinsBody } from '../../../protocol/http.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { ForbiddenError, LimitReachedError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { resolveConversation } from '../model/conversation.ts';
import { isRecalled, type PinState, type StoredMessage } from '../model/message.ts';
import type { Pin, PinOutcome, PinReader, PinWriter } from '../model/pin.ts';
import { readsPrice } from '../model/prices.ts';
import type { CallerRoles } from '../model/roles.ts';
import {
  announce,
  type Changeable,
  type ChangePorts,
  type Changer,
  findChangeable,
  type MessageTarget,
  markBeside,
  payForPush,
  requireOpen,
  writeMarked,
} from './change.ts';
import { firstVisibleSeq, type HistoryPorts, isAccessPermanent } from './history.ts';
import { showOneTo, showTo } from './show.ts';

export interface PinPorts extends ChangePorts {
  readonly pins: PinReader;
  readonly pinWriter: PinWriter;
}

/**
 * Pins a message for all members, or unpins it (IM-PIN). Writes the list of pins first, then its state into the message. If a
 * function dies in between, a repeat writes the message. Idempotent.
 * @returns the message as it is now
 * @throws {ForbiddenError} only admins of this group may pin, the message was recalled, its support chat is closed, or the
 * peer has blocked the user
 * @throws {LimitReachedError} the conversation has 50 pins
 * @throws {NotFoundError} no such message, or the user may not see it
 */
export async function pin(
  ports: PinPorts,
  changer: Changer,
  { on, ...target }: MessageTarget & { readonly on: boolean },
): Promise<Message> {
  const found = await findChangeable(ports, changer, target);
  requireMayPin(found);
  requireOpen(found);
  const { message } = found;
  const { userId } = changer;
  await payForPush(ports, found);
  const { isChanged, state } = await markBeside(ports, found, userId, () =>
    on ? pinWithRoom(ports, message, userId) : ports.pinWriter.unpin(message),
  );
  if (!isChanged && isShown(message, state)) return showOneTo(ports, userId, message);
  const { message: now, isChanged: isShownNow } = await writeMarked(ports, (atMs) =>
    ports.messageWriter.showPin(message, state, { by: userId, atMs }),
  );
  if (isRecalled(now)) {
    await ports.pinWriter.unpin(message);
    requireOpen({ ...found, message: now });
  }
  // With this version the pin is this call's, too: the AWS SDK retried the write after a lost response.
  return isShownNow || now.pin?.version === state.version
    ? announce(ports, found, changer, { kind: on ? 'pinned' : 'unpinned' }, now)
    : showOneTo(ports, userId, now);
}

function requireMayPin({ head, isAdmin }: Changeable): void {
  if (head?.group !== undefined && head.group.pins !== 'members' && !isAdmin)
    throw new ForbiddenError('Only an admin may pin messages in this group.');
}

function isShown({ pin: shown }: StoredMessage, { version, pinned }: PinState): boolean {
  if (pinned === undefined) return shown?.pinned === undefined;
  return shown !== undefined && shown.version >= version;
}

/** Drops pins of messages that were recalled or have expired: they don't count toward the limit. */
async function pinWithRoom(
  ports: PinPorts,
  message: StoredMessage,
  by: string,
): Promise<Exclude<PinOutcome, 'full'>> {
  const pinned = { by, at: ports.clock() };
  const first = await ports.pinWriter.pin(message, pinned);
  if (first !== 'full') return first;
  const { conversationId } = message;
  const { pins, version } = await ports.pins.pins(conversationId);
  const visible = new Set((await readPinned(ports, pins)).map(({ seq }) => seq));
  const gone = pins.filter(({ seq }) => !visible.has(seq)).map(({ seq }) => seq);
  if (gone.length > 0) {
    await ports.pinWriter.drop(conversationId, gone, version);
    const second = await ports.pinWriter.pin(message, pinned);
    if (second !== 'full') return second;
  }
  throw new LimitReachedError(`A conversation has at most ${LIMITS.pinsPerConversation} pinned messages.`);
}

/**
 * Lists the pinned messages that the user may see, the latest pin first. Reads strongly. A supervisor may list those of
 * every support chat.
 * @throws {NotFoundError} the user may not see the conversation
 */
export async function listPins(
  ports: HistoryPorts & Pick<PinPorts, 'pins' | 'budget'>,
  userId: string,
  target: string,
  callerRoles: CallerRoles = { roles: [] },
): Promise<PinsBody> {
  const conversation = resolveConversation(userId, { conversationId: target });
  const [from, { pins }] = await settleAll([
    firstVisibleSeq(ports, userId, conversation, callerRoles),
    ports.pins.pins(conversation.conversationId),
  ]);
  const [messages] = await settleAll([readPinned(ports, pins), ports.budget.charge(readsPrice(pins.length))]);
  const stillFrom = isAccessPermanent(conversation, callerRoles)
    ? from
    : await firstVisibleSeq(ports, userId, conversation, callerRoles);
  const visible = messages.filter(({ seq }) => seq >= stillFrom);
  return { messages: await showTo(ports, userId, visible) };
}

/** The messages of these pins, in this order. The list decides what shows as pinned. */
async function readPinned(
  { messages }: Pick<PinPorts, 'messages'>,
  pins: readonly Pin[],
): Promise<readonly StoredMessage[]> {
  const stored = new Map((await messages.getMany(pins)).map((message) => [message.seq, message]));
  return pins.flatMap(({ seq, by, at }) => {
    const message = stored.get(seq);
    if (message === undefined || isRecalled(message)) return [];
    return [{ ...message, pin: { version: message.pin?.version ?? 0, pinned: { by, at } } }];
  });
}
