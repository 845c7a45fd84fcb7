import type { Connections, PostOutcome } from '../../../lambdas/domain/model/connections.ts';
import { LIMITS } from '../../../protocol/limits.ts';

export interface InMemoryConnections extends Connections {
  /** What was sent to open sockets: parsed, unless it is not JSON. */
  readonly posts: { readonly connectionId: string; readonly frame: unknown }[];
  readonly closed: string[];
  /**
   * The outcome of calls for a connection; that of closes stands under `close ID`, if it is another one. An `unsure`
   * connection can be closed. @default `took` until the connection is closed, then `gone`
   */
  readonly outcomes: Map<string, PostOutcome>;
}

export function inMemoryConnections(): InMemoryConnections {
  const posts: InMemoryConnections['posts'] = [];
  const closed: string[] = [];
  const outcomes = new Map<string, PostOutcome>();
  const outcomeOf = (connectionId: string): PostOutcome =>
    closed.includes(connectionId) ? 'gone' : (outcomes.get(connectionId) ?? 'took');
  const outcomeOfClose = (connectionId: string): PostOutcome => {
    const usual = outcomeOf(connectionId);
    return outcomes.get(`close ${connectionId}`) ?? (usual === 'unsure' ? 'took' : usual);
  };
  return {
    posts,
    closed,
    outcomes,
    async post(connectionId, text) {
      const outcome = outcomeOf(connectionId);
      if (outcome !== 'took') return outcome;
      if (Buffer.byteLength(text) > LIMITS.maxFrameBytes) return 'unsure';
      posts.push({ connectionId, frame: parsed(text) });
      return 'took';
    },
    probe: async (connectionId) => outcomeOf(connectionId),
    async close(connectionId) {
      const outcome = outcomeOfClose(connectionId);
      if (outcome === 'took') closed.push(connectionId);
      return outcome;
    },
  };
}

/** Protobuf frames and heartbeats are no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
