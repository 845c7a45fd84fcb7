import { LIMITS } from '../../../protocol/limits.ts';
import type { ReactionSummary, StoredMessage } from './message.ts';

/** A message whose reactions are asked for or changed. */
export type Reactable = Pick<StoredMessage, 'conversationId' | 'messageId' | 'seq' | 'sentAt' | 'reactions'>;

export interface ReactionRequest {
  readonly userId: string;
  readonly name: string;
  readonly on: boolean;
  /** Whether so many may react that one item would grow too large. */
  readonly isLarge: boolean;
}

/** `full`: the user or the message has as many reactions as it may. */
export type ReactionOutcome = 'full' | { readonly isChanged: boolean; readonly summary: ReactionSummary };

/** Who reacted to which message: the truth that messages show a summary of. All reads are strong. */
export interface ReactionReader {
  /** The names with which the user reacted to each of up to 100 messages, by messageId. */
  ofUser(userId: string, messages: readonly Reactable[]): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
}

export interface ReactionWriter {
  /**
   * Adds a reaction of the user, or takes it back. Idempotent: `isChanged` is false if it was so already. What users and
   * messages may have (`LIMITS`) is exact, except for names that appear while an unused one gives way in a large group.
   */
  react(message: Reactable, request: ReactionRequest): Promise<ReactionOutcome>;
  /** Forgets who reacted to a recalled message. */
  forget(message: Reactable): Promise<void>;
}

/** The names that each user reacted with. */
export type ReactionsByUser = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Counts the reactions.
 * @param names in order of first use, also those that nobody uses any more
 * @param before what the message shows: its first users stay the first
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
  // A name that appeared while it gave way is in no list of names, but counts.
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
