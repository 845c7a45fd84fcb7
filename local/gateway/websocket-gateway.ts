import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Invoker, WebSocketApiModel } from '../model.ts';
import { decideConnect } from './connect-decision.ts';
import { Connection } from './connection.ts';
import type { Peers } from './peers.ts';
import { PendingClient } from './pending-client.ts';
import { gatewayMessage, refuseUpgrade } from './refusal.ts';
import { type RequestFacts, readRequestFacts } from './request-facts.ts';
import { newGatewayId } from './request-id.ts';
import { RouteDispatcher } from './route-dispatcher.ts';
import type { Runtime } from './runtime.ts';
import { StageThrottle } from './throttle.ts';
import type { ClosureFacts, ConnectionFacts } from './websocket-events.ts';

/** RFC 6455, 4.1: a nonce of 16 bytes in base64. */
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Time for clients to answer the close frame when the gateway stops. */
const CLOSE_GRACE_MS = 500;

interface ServedApi {
  readonly model: WebSocketApiModel;
  readonly dispatcher: RouteDispatcher;
  readonly throttle: StageThrottle;
}

/** The WebSocket APIs of a stack: handles upgrades, messages, and disconnects. */
export class WebSocketGateway {
  readonly #runtime: Runtime;
  readonly #invoker: Invoker;
  readonly #newConnectionId: () => string;
  readonly #apis: ReadonlyMap<string, ServedApi>;
  readonly #connections = new Map<string, Connection>();
  /** Clients waiting for the answer to their upgrade. */
  readonly #pending = new Set<Duplex>();
  /** Connections whose socket is still open, including those that have ended. */
  readonly #unclosed = new Set<Connection>();
  /** Connections whose `$disconnect` is dropped, as AWS may lose it. */
  readonly #silenced = new Set<string>();
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();
  readonly #webSocketServer: WebSocketServer;
  #isClosed = false;

  /** @param peers mark the ids of this gateway's connections, if there are other gateways */
  constructor(runtime: Runtime, invoker: Invoker, apis: readonly WebSocketApiModel[], peers?: Peers) {
    this.#runtime = runtime;
    this.#invoker = invoker;
    this.#newConnectionId = () => peers?.newConnectionId() ?? newGatewayId();
    this.#apis = new Map(
      apis.map((model) => {
        const throttle = new StageThrottle(model, runtime.account);
        const dispatcher = new RouteDispatcher(runtime, invoker, model, throttle);
        return [model.stage, { model, dispatcher, throttle }];
      }),
    );
    if (this.#apis.size < apis.length) throw new Error('Two WebSocket APIs have the same stage name');
    this.#webSocketServer = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // The frame guard closes first; this limit keeps the library from buffering data that will be refused.
      maxPayload: runtime.limits.messageBytes,
      handleProtocols: (_offered, request) => this.#subprotocols.get(request) ?? false,
    });
  }

  hasStage(stage: string): boolean {
    return this.#apis.has(stage);
  }

  find(stage: string, connectionId: string): Connection | undefined {
    const connection = this.#connections.get(connectionId);
    return connection?.facts.stage === stage ? connection : undefined;
  }

  connections(): readonly Connection[] {
    return [...this.#connections.values()];
  }

  /** Skips the connection's `$disconnect`, however it ends. */
  silence(connectionId: string): void {
    if (this.#connections.has(connectionId)) this.#silenced.add(connectionId);
  }

  /** Accepts or refuses an upgrade, by authorizer and `$connect`. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const client = new PendingClient(socket, head);
    const requestFacts = readRequestFacts(request, this.#runtime.clock.now());
    const stage = decodeStage(requestFacts.encodedPath);
    const api = this.#apis.get(stage);
    const facts = this.#connectionFacts(api?.model, stage, requestFacts);
    const refuse = (status: number, message: string) =>
      refuseUpgrade(socket, status, gatewayMessage(message, facts.connectionId));
    if (api === undefined) return refuse(403, 'Forbidden');
    if (!isWebSocketHandshake(request)) return refuse(400, 'Bad Request');
    const { model, dispatcher, throttle } = api;
    if (!throttle.admitsConnection()) return refuse(429, 'Too Many Requests');
    this.#pending.add(socket);
    const isGone = () => client.isGone;
    const decision = await decideConnect(this.#runtime, this.#invoker, model, facts, requestFacts, isGone);
    this.#pending.delete(socket);
    if (this.#isClosed) return void socket.destroy();
    if (!decision.accepted) return refuse(decision.status, decision.message);
    if (decision.subprotocol !== undefined) this.#subprotocols.set(request, decision.subprotocol);
    const { authorizer } = decision;
    this.#open(dispatcher, { ...facts, ...(authorizer && { authorizer }) }, request, socket, client);
  }

  /** Closes all connections with 1001, without `$disconnect`. AWS has no equivalent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const socket of this.#pending) socket.destroy();
    const unclosed = [...this.#unclosed];
    const closed = unclosed.map((connection) => connection.closed());
    for (const connection of unclosed) connection.close(1001, 'Going away');
    // Uses the real clock: no test advances an injected one while the gateway closes.
    const grace = setTimeout(() => {
      for (const connection of unclosed) connection.drop();
    }, CLOSE_GRACE_MS);
    await Promise.all(closed);
    clearTimeout(grace);
    this.#webSocketServer.close();
  }

  #open(
    dispatcher: RouteDispatcher,
    facts: ConnectionFacts,
    request: IncomingMessage,
    socket: Duplex,
    client: PendingClient,
  ): void {
    let webSocket: WebSocket | undefined;
    if (!client.isGone) {
      this.#webSocketServer.handleUpgrade(request, socket, client.release(), (opened) => {
        webSocket = opened;
      });
    }
    if (webSocket === undefined) {
      // The client disconnected after $connect had accepted it, so $disconnect must clean up.
      socket.destroy();
      void dispatcher.disconnect(facts, { code: 1006, reason: 'Connection closed abnormally' });
      return;
    }
    const connection = new Connection(this.#runtime, facts, webSocket, socket, {
      onMessage: (text) => void dispatcher.dispatch(connection, text),
      onEnd: (closure) => this.#forget(dispatcher, facts, closure),
    });
    this.#connections.set(facts.connectionId, connection);
    this.#runtime.onSockets?.(this.#connections.size);
    this.#unclosed.add(connection);
    void connection.closed().then(() => this.#unclosed.delete(connection));
    socket.resume();
  }

  #forget(dispatcher: RouteDispatcher, facts: ConnectionFacts, closure: ClosureFacts): void {
    this.#connections.delete(facts.connectionId);
    this.#runtime.onSockets?.(this.#connections.size);
    const isSilenced = this.#silenced.delete(facts.connectionId);
    if (isSilenced || this.#isClosed) return;
    void dispatcher.disconnect(facts, closure);
  }

  #connectionFacts(
    api: WebSocketApiModel | undefined,
    stage: string,
    request: RequestFacts,
  ): ConnectionFacts {
    const { domainName, sourceIp, userAgent } = request;
    return {
      connectionId: this.#newConnectionId(),
      connectedAt: this.#runtime.clock.now(),
      apiId: api?.apiId ?? '',
      stage,
      domainName,
      sourceIp,
      ...(userAgent === undefined ? {} : { userAgent }),
    };
  }
}

function decodeStage(encodedPath: string): string {
  try {
    return decodeURIComponent(encodedPath.replace(/^\//, '').replace(/\/$/, ''));
  } catch {
    return '';
  }
}

function isWebSocketHandshake(request: IncomingMessage): boolean {
  const { headers } = request;
  return (
    request.method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    WEBSOCKET_KEY.test(headers['sec-websocket-key'] ?? '')
  );
}
