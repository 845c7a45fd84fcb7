import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, BrokenConnectionError, Upstream } from '../aws-proxy/upstream.ts';
import { systemErrorCode } from '../operator-error.ts';
import { newGatewayId } from './request-id.ts';

/** The nodes of a cluster: gateways that share their tables. A node's number is one digit. */
export interface Cluster {
  /** The number of this node. */
  readonly node: string;
  /** Origins of all nodes by number, `http://127.0.0.1:40123`; a node that is started again keeps its own. */
  readonly origins: Readonly<Record<string, string>>;
}

/** The other nodes, as one node sees them. Its connection ids begin with its number, so each id says where its socket is. */
export class Peers {
  readonly #node: string;
  readonly #others: ReadonlyMap<string, Upstream>;

  constructor({ node, origins }: Cluster) {
    this.#node = node;
    const others = Object.entries(origins).filter(([other]) => other !== node);
    this.#others = new Map(others.map(([other, origin]) => [other, new Upstream(origin)]));
  }

  newConnectionId(): string {
    return this.#node + newGatewayId().slice(1);
  }

  /** The node that has this connection, if it is another one. */
  ownerOf(connectionId: string): Peer | undefined {
    const upstream = this.#others.get(connectionId.slice(0, 1));
    return upstream && { forward: (request, body) => forward(upstream, request, body) };
  }

  close(): void {
    for (const upstream of this.#others.values()) upstream.close();
  }
}

/** A post that breaks may have arrived and arrives again, as on AWS: clients know their messages by seq. */
const ATTEMPTS = 5;
const PAUSE_MS = 10;

export interface Peer {
  /**
   * Passes a request to `@connections` on.
   * @returns its answer, or `gone` if that node is dead: then all its sockets are
   */
  forward(request: IncomingMessage, body: Buffer): Promise<Answer | 'gone'>;
}

async function forward(
  upstream: Upstream,
  { method = '', url = '', rawHeaders: headers }: IncomingMessage,
  body: Buffer,
): Promise<Answer | 'gone'> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await upstream.send({ method, path: url, headers, body });
    } catch (error) {
      if (isRefused(error)) return 'gone';
      // A process that is being killed breaks its connections first, and refuses new ones some milliseconds later.
      if (attempt === ATTEMPTS) throw error;
      await delay(attempt * PAUSE_MS);
    }
  }
}

/** True if the request reached nobody: a killed process has no port from its end on. */
export function isRefused(error: unknown): boolean {
  return error instanceof BrokenConnectionError && systemErrorCode(error.cause) === 'ECONNREFUSED';
}
