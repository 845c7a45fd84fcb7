import { listOf, type ReactionReader, type ReactionWriter } from '../../../lambdas/domain/model/reaction.ts';
import { LIMITS } from '../../../protocol/limits.ts';

interface Truth {
  version: number;
  readonly shards: number;
  names: string[];
  readonly byUser: Map<string, Set<string>>;
}

export function inMemoryReactions(): ReactionReader & ReactionWriter {
  const truths = new Map<string, Truth>();
  const usedIn = ({ names, byUser }: Truth) => listOf(names, byUser, undefined).map(({ name }) => name);

  /** Whether there is room. */
  function add(truth: Truth, own: Set<string>, name: string): boolean {
    if (own.size >= LIMITS.reactionsPerUser) return false;
    if (!truth.names.includes(name)) {
      if (truth.names.length >= LIMITS.reactionsPerMessage) truth.names = usedIn(truth);
      if (truth.names.length >= LIMITS.reactionsPerMessage) return false;
      truth.names.push(name);
    }
    own.add(name);
    return true;
  }

  return {
    async react({ messageId, reactions }, { userId, name, on, isLarge }) {
      const truth = truths.get(messageId) ?? {
        version: 0,
        shards: isLarge ? 16 : 1,
        names: [],
        byUser: new Map<string, Set<string>>(),
      };
      const own = truth.byUser.get(userId) ?? new Set();
      const isChanged = own.has(name) !== on;
      if (isChanged && on && !add(truth, own, name)) return 'full';
      if (isChanged && !on) own.delete(name);
      truth.byUser.set(userId, own);
      if (isChanged) truth.version += 1;
      truths.set(messageId, truth);
      const { version, shards, names, byUser } = truth;
      return { isChanged, summary: { version, shards, list: listOf(names, byUser, reactions) } };
    },
    forget: async ({ messageId }) => {
      truths.delete(messageId);
    },
    ofUser: async (userId, messages) =>
      new Map(
        messages.map(({ messageId }) => [
          messageId,
          new Set(truths.get(messageId)?.byUser.get(userId) ?? []),
        ]),
      ),
  };
}
