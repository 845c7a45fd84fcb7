import type { Connections, PostOutcome } from '../../../lambdas/domain/model/connections.ts';

export interface InMemoryConnections extends Connections {
  readonly posts: { readonly connectionId: string; readonly frame: unknown }[];
  readonly closed: string[];
  /** The outcome of posts to and probes of a connection; of closes under `close ID`. @default took */
  readonly outcomes: Map<string, PostOutcome>;
}

export function inMemoryConnections(): InMemoryConnections {
  const posts: InMemoryConnections['posts'] = [];
  const closed: string[] = [];
  const outcomes = new Map<string, PostOutcome>();
  return {
    posts,
    closed,
    outcomes,
    async post(connectionId, text) {
      posts.push({ connectionId, frame: JSON.parse(text) });
      return outcomes.get(connectionId) ?? 'took';
    },
    probe: async (connectionId) => outcomes.get(connectionId) ?? 'took',
    async close(connectionId) {
      const outcome = outcomes.get(`close ${connectionId}`) ?? 'took';
      if (outcome === 'took') closed.push(connectionId);
      return outcome;
    },
  };
}
