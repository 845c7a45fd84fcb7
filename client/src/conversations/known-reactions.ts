import type { MessageChange, Reaction } from '../../../protocol/frames.ts';
import type { ChatMessage } from '../model/message.ts';

/** Users that a reaction names (docs/protocol.md, section 7). */
const USERS = 5;

/**
 * Returns the message with what `known` knows of its reactions, if it comes from a push: that is made for everybody, so it
 * doesn't say who reacted, and which reactions are this user's. `change` says what is different now.
 */
export function withKnownReactions(
  message: ChatMessage,
  known: ChatMessage | undefined,
  change: MessageChange | undefined,
  userId: string | undefined,
): ChatMessage {
  if (message.reactions === undefined || message.reactions.every(({ users }) => users !== undefined))
    return message;
  const reactions = message.reactions.map((reaction): Reaction => {
    const before = known?.reactions?.find(({ name }) => name === reaction.name);
    const { by, on } = change?.name === reaction.name ? change : {};
    const others = (before?.users ?? []).filter((user) => user !== by);
    const users = on && by !== undefined ? [...others, by] : others;
    const isMine = by === userId && on !== undefined ? on : before?.mine === true;
    return {
      ...reaction,
      users: users.slice(0, Math.min(USERS, reaction.count)),
      ...(isMine && { mine: true as const }),
    };
  });
  return { ...message, reactions };
}
