import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Upstream } from '../aws-proxy/upstream.ts';
import { DEFAULT_LIMITS } from '../gateway/limits.ts';
import { isRefused } from '../gateway/peers.ts';
import { refuseUpgrade } from '../gateway/refusal.ts';
import { readBody } from '../gateway/request-body.ts';
import type { ExtraRoute } from '../gateway/server.ts';
import { closeServer, listenOn } from '../listening.ts';
import type { Balance, Target } from './balance.ts';

/**
 * The one address in front of all nodes, as API Gateway's name is of its machines. Each upgrade and each request goes to the
 * node with the fewest sockets; a node that refuses it, because it has died just now, is passed over.
 */
export class Front {
  readonly #balance: Balance;
  readonly #ownRoute: ExtraRoute;
  readonly #server: Server;
  readonly #upstreams = new Map<number, Upstream>();
  readonly #sockets = new Set<Duplex>();

  /** @param ownRoute answers what the front answers itself: the dev issuer */
  constructor(balance: Balance, ownRoute: ExtraRoute) {
    this.#balance = balance;
    this.#ownRoute = ownRoute;
    this.#server = createServer((request, response) => {
      // The client has disconnected, or the node died amid the request, which may have been executed: the client repeats it.
      this.#onRequest(request, response).catch(() => answer(response, 503, 'Service Unavailable'));
    });
    this.#server.on('upgrade', (request: IncomingMessage, client: Duplex, head: Buffer) => {
      this.#sockets.add(client);
      client.once('close', () => this.#sockets.delete(client));
      client.on('error', () => client.destroy());
      this.#pass(request, client, head, this.#balance.byLoad());
    });
  }

  listen(port: number): Promise<number> {
    return listenOn(this.#server, port);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const upstream of this.#upstreams.values()) upstream.close();
    if (this.#server.listening) await closeServer(this.#server);
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (await this.#ownRoute(request, response)) return;
    const body = await readBody(request, DEFAULT_LIMITS.httpBodyBytes);
    if (body === 'too-large') return answer(response, 413, 'Request Entity Too Large');
    const { method = 'GET', url = '/', rawHeaders } = request;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    for (const target of this.#balance.byLoad()) {
      try {
        const sent = { method, path: url, headers: rawHeaders, body };
        const { status, headers, body: reply } = await this.#upstream(target).send(sent, gone.signal);
        const length = status === 204 || status === 304 ? [] : ['content-length', String(reply.length)];
        response.writeHead(status, [...headers, ...length]).end(reply);
        return;
      } catch (error) {
        if (!isRefused(error) && method !== 'GET') throw error;
      }
    }
    answer(response, 503, 'Service Unavailable');
  }

  /** Sends the upgrade to the first target that takes it, and connects both sockets. */
  #pass(request: IncomingMessage, client: Duplex, head: Buffer, targets: readonly Target[]): void {
    const [target, ...others] = targets;
    if (client.destroyed) return;
    if (target === undefined) {
      refuseUpgrade(client, 503, '{"message":"Service Unavailable"}');
      return;
    }
    const node = connect(target.port, '127.0.0.1');
    const release = target.take();
    node.once('close', release);
    const onRefused = () => this.#pass(request, client, head, others);
    node.once('error', onRefused);
    node.once('connect', () => {
      node.off('error', onRefused);
      // It has disconnected meanwhile: nothing would ever close the socket to the node.
      if (client.destroyed) return void node.destroy();
      node.on('error', () => node.destroy());
      node.write(headOf(request), 'latin1');
      node.write(head);
      join(client as Socket, node);
    });
  }

  #upstream({ port }: Target): Upstream {
    const known = this.#upstreams.get(port);
    if (known !== undefined) return known;
    const made = new Upstream(`http://127.0.0.1:${port}`);
    this.#upstreams.set(port, made);
    return made;
  }
}

/** Passes on what each sends to the other. When one closes, the other does, after it has sent the rest. */
function join(one: Socket, other: Socket): void {
  one.pipe(other);
  other.pipe(one);
  one.once('close', () => other.destroySoon());
  other.once('close', () => one.destroySoon());
}

function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function answer(response: ServerResponse, status: number, message: string): void {
  if (response.destroyed || response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}
