import { LIMITS } from '../../../protocol/limits.ts';
import type { ReactionSummary, StoredMessage } from './message.ts';

/** A message whose reactions are read or changed. */
export type Reactable = Pick<StoredMessage, 'conversationId' | 'messageId' | 'seq' | 'sentAt' | 'reactions'>;

export interface ReactionRequest {
  readonly userId: string;
  readonly name: string;
  readonly on: boolean;
  /** Whether the conversation has so many members that one item could grow too large. */
  readonly isLarge: boolean;
}

/** `full`: the user or the message has as many reactions as it may. */
export type ReactionOutcome = 'full' | { readonly isChanged: boolean; readonly summary: ReactionSummary };

/** The users who reacted to each message. Messages hold only a summary. All reads are strong. */
export interface ReactionReader {
  /** The names with which the user reacted to each of up to 100 messages, by messageId. */
  ofUser(userId: string, messages: readonly Reactable[]): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
}

export interface ReactionWriter {
  /**
   * Adds a reaction of the user, or removes it. Idempotent: `isChanged` is false if nothing had to change. The limits are
   * exact, except in a large group while an unused name is being replaced.
   */
  react(message: Reactable, request: ReactionRequest): Promise<ReactionOutcome>;
  /** Deletes the reactions to a recalled message. */
  forget(message: Reactable): Promise<void>;
}

/** The names that each user reacted with. */
export type ReactionsByUser = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Counts the reactions.
 * @param names in order of first use, also those that nobody uses any more
 * @param before the summary in the message: its first users stay first
 */
export function listOf(
  names: readonly string[],
  byUser: ReactionsByUser,
  before: ReactionSummary | undefined,
): ReactionSummary['list'] {
  const usersOf = Map.groupBy(
    [...byUser].flatMap(([user, theirs]) => [...theirs].map((name) => ({ name, user }))),
    ({ name }) => name,
  );
  // A name that was used again while it was being removed is missing in `names`, but counts.
  const all = new Set([...names, ...[...usersOf.keys()].sort()]);
  return [...all].flatMap((name) => {
    const users =
      usersOf
        .get(name)
        ?.map(({ user }) => user)
        .sort() ?? [];
    if (users.length === 0) return [];
    const first = before?.list.find((reaction) => reaction.name === name)?.users ?? [];
    const inOrder = new Set([...first.filter((user) => byUser.get(user)?.has(name) === true), ...users]);
    return [{ name, count: users.length, users: [...inOrder].slice(0, LIMITS.reactionUsers) }];
  });
}
