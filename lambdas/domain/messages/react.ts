import type { Message } from '../../../protocol/frames.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { LimitReachedError } from '../../shared/errors.ts';
import { memberCountOf } from '../model/conversation.ts';
import { isRecalled } from '../model/message.ts';
import type { ReactionWriter } from '../model/reaction.ts';
import {
  announce,
  type ChangePorts,
  type Changer,
  findChangeable,
  type MessageTarget,
  markBeside,
  payForPush,
  requireOpen,
  writeMarked,
} from './change.ts';
import { showOneTo } from './show.ts';

export interface ReactPorts extends ChangePorts {
  readonly reactionWriter: ReactionWriter;
}

/**
 * Adds a reaction of the user to a message, or removes it (IM-REACT). Writes the reactions first, then their summary into the
 * message: of two summaries the one with the higher version stays, since it was computed from later reactions. If a function
 * dies in between, a repeat writes the summary. Idempotent.
 * @returns the message as it is now
 * @throws {LimitReachedError} the message has 20 different reactions, or 5 of this user
 * @throws {ForbiddenError} the message was recalled, its support chat is closed, or the peer has blocked the user
 * @throws {NotFoundError} no such message, or the user may not see it
 */
export async function react(
  ports: ReactPorts,
  changer: Changer,
  { name, on, ...target }: MessageTarget & { readonly name: string; readonly on: boolean },
): Promise<Message> {
  const found = await findChangeable(ports, changer, target);
  requireOpen(found);
  const { message, head } = found;
  const { userId } = changer;
  const isLarge = head !== undefined && memberCountOf(head) > LIMITS.readPushMembers;
  // A large group's reactions are not pushed.
  if (!isLarge) await payForPush(ports, found);
  const reacted = await markBeside(ports, found, userId, () =>
    ports.reactionWriter.react(message, { userId, name, on, isLarge }),
  );
  if (reacted === 'full') throw limitReached();
  const { isChanged, summary } = reacted;
  const isShown = summary.version <= (message.reactions?.version ?? 0);
  if (!isChanged && isShown) return showOneTo(ports, userId, message);
  const { messageWriter } = ports;
  const reacting = { by: userId, name, on };
  const shown = await writeMarked(ports, (atMs) =>
    messageWriter.showReactions(message, summary, { ...reacting, atMs }),
  );
  // Another writer's summary has this reaction, too. Its own push says whose it is, so it has a `rev` of its own.
  const isPushed = !isLarge && isChanged && !shown.isChanged && !isRecalled(shown.message);
  const { message: now } = isPushed
    ? await writeMarked(ports, (atMs) => messageWriter.touch(message, { ...reacting, atMs }))
    : shown;
  if (isRecalled(now)) {
    await ports.reactionWriter.forget({ ...message, reactions: summary });
    requireOpen({ ...found, message: now });
  }
  return isChanged || shown.isChanged
    ? announce(ports, found, changer, { kind: 'reacted', name, on }, now)
    : showOneTo(ports, userId, now);
}

function limitReached(): LimitReachedError {
  const { reactionsPerMessage, reactionsPerUser } = LIMITS;
  return new LimitReachedError(
    `A message has at most ${reactionsPerMessage} different reactions, and ${reactionsPerUser} of one user.`,
  );
}
