import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Invoker, WebSocketApiModel, WebSocketRouteModel } from '../model.ts';
import { decideConnect } from './connect-decision.ts';
import { Connection } from './connection.ts';
import { describeFailure, invokeWithin, isRecord } from './invocation.ts';
import { PendingClient } from './pending-client.ts';
import { gatewayMessage, refuseUpgrade } from './refusal.ts';
import { type RequestFacts, readRequestFacts } from './request-facts.ts';
import { newGatewayId } from './request-id.ts';
import { type RouteSelector, routeSelector } from './route-selection.ts';
import type { Runtime } from './runtime.ts';
import {
  type ClosureFacts,
  type ConnectionFacts,
  disconnectEvent,
  messageEvent,
} from './websocket-events.ts';

/** RFC 6455, 4.1: a nonce of 16 bytes in base64. */
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;

/** How long clients may take to answer the close frame when the gateway stops. */
const CLOSE_GRACE_MS = 500;

interface ServedApi extends WebSocketApiModel {
  readonly selectRoute: RouteSelector;
}

/** The WebSocket APIs of a stack: upgrade, frames, and the end of connections. */
export class WebSocketGateway {
  readonly #runtime: Runtime;
  readonly #invoker: Invoker;
  readonly #apis: ReadonlyMap<string, ServedApi>;
  readonly #connections = new Map<string, Connection>();
  readonly #pendingSockets = new Set<Duplex>();
  /** Connections whose `$disconnect` is to be lost, as AWS may lose it. */
  readonly #silenced = new Set<string>();
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();
  readonly #webSocketServer: WebSocketServer;
  #isClosed = false;

  constructor(runtime: Runtime, invoker: Invoker, apis: readonly WebSocketApiModel[]) {
    this.#runtime = runtime;
    this.#invoker = invoker;
    this.#apis = new Map(apis.map((api) => [api.stage, { ...api, selectRoute: routeSelector(api) }]));
    if (this.#apis.size < apis.length) throw new Error('Two WebSocket APIs have the same stage name');
    this.#webSocketServer = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // The frame guard closes first; this keeps the library from buffering what is going to be refused.
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

  /** The connection's `$disconnect` will not be invoked, however it ends. */
  silence(connectionId: string): void {
    if (this.#connections.has(connectionId)) this.#silenced.add(connectionId);
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const client = new PendingClient(socket, head);
    const requestFacts = readRequestFacts(request, this.#runtime.clock.now());
    const stage = decodeStage(requestFacts.encodedPath);
    const api = this.#apis.get(stage);
    const facts = this.#connectionFacts(api, stage, requestFacts);
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    if (api === undefined) {
      refuseUpgrade(socket, 403, gatewayMessage('Forbidden', facts.connectionId));
      return;
    }
    if (!isWebSocketHandshake(request)) {
      refuseUpgrade(socket, 400, gatewayMessage('Bad Request', facts.connectionId));
      return;
    }
    this.#pendingSockets.add(socket);
    const isGone = () => client.isGone;
    const decision = await decideConnect(this.#runtime, this.#invoker, api, facts, requestFacts, isGone);
    this.#pendingSockets.delete(socket);
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    if (!decision.accepted) {
      refuseUpgrade(socket, decision.status, gatewayMessage(decision.message, facts.connectionId));
      return;
    }
    const { authorizer, subprotocol } = decision;
    if (subprotocol !== undefined) this.#subprotocols.set(request, subprotocol);
    this.#open(api, authorizer === undefined ? facts : { ...facts, authorizer }, request, socket, client);
  }

  /** Ends all connections with 1001 and without `$disconnect`: AWS has nothing that corresponds. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const socket of this.#pendingSockets) socket.destroy();
    const open = this.connections();
    const closed = open.map((connection) => connection.closed());
    for (const connection of open) connection.close(1001, 'Going away');
    // Of the real clock: nobody advances an injected one while the gateway closes.
    const grace = setTimeout(() => {
      for (const connection of open) connection.drop();
    }, CLOSE_GRACE_MS);
    await Promise.all(closed);
    clearTimeout(grace);
    this.#webSocketServer.close();
  }

  #open(
    api: ServedApi,
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
      // It went away after $connect had accepted it, so $connect's work is to be undone.
      socket.destroy();
      void this.#invokeDisconnect(api, facts, { code: 1006, reason: 'Connection closed abnormally' });
      return;
    }
    const connection = new Connection(this.#runtime, facts, webSocket, socket, {
      onMessage: (text) => void this.#dispatch(api, connection, text),
      onEnd: (closure) => this.#forget(api, facts, closure),
    });
    this.#connections.set(facts.connectionId, connection);
    socket.resume();
  }

  #forget(api: WebSocketApiModel, facts: ConnectionFacts, closure: ClosureFacts): void {
    this.#connections.delete(facts.connectionId);
    const isSilenced = this.#silenced.delete(facts.connectionId);
    if (isSilenced || this.#isClosed) return;
    void this.#invokeDisconnect(api, facts, closure);
  }

  /** Frames of one socket run concurrently: nobody waits for the promise. */
  async #dispatch(api: ServedApi, connection: Connection, text: string): Promise<void> {
    const { connectionId } = connection.facts;
    const route = api.selectRoute(text);
    if (route === undefined) {
      connection.send(gatewayMessage('Forbidden', connectionId));
      return;
    }
    const { clock, limits, timers, log } = this.#runtime;
    const event = messageEvent(connection.facts, route.routeKey, text, clock.now());
    const limitMs = limits.webSocketIntegrationMs;
    const invocation = await invokeWithin(this.#invoker, route.functionId, event, limitMs, timers);
    if (invocation.outcome !== 'returned') {
      log.warn(`Route ${route.routeKey} (${route.functionId}) failed: ${describeFailure(invocation)}`);
      connection.send(gatewayMessage('Internal server error', connectionId));
      return;
    }
    this.#respond(connection, route, invocation.payload);
  }

  /** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html */
  #respond(connection: Connection, route: WebSocketRouteModel, payload: unknown): void {
    if (!route.hasResponse || !isRecord(payload) || typeof payload['body'] !== 'string') return;
    const { body } = payload;
    const { limits, log } = this.#runtime;
    if (Buffer.byteLength(body) > limits.messageBytes) {
      log.warn(`Route ${route.routeKey} answered more than ${limits.messageBytes} bytes`);
      connection.send(gatewayMessage('Internal server error', connection.facts.connectionId));
      return;
    }
    connection.send(body);
  }

  /** Best effort, as on AWS: a failure is logged and never repeated. */
  async #invokeDisconnect(api: WebSocketApiModel, facts: ConnectionFacts, closure: ClosureFacts) {
    const route = api.routes.find(({ routeKey }) => routeKey === '$disconnect');
    if (route === undefined) return;
    const { clock, limits, timers, log } = this.#runtime;
    const event = disconnectEvent(facts, closure, clock.now());
    const limitMs = limits.webSocketIntegrationMs;
    const invocation = await invokeWithin(this.#invoker, route.functionId, event, limitMs, timers);
    if (invocation.outcome === 'returned') return;
    log.warn(`$disconnect of ${facts.connectionId} failed: ${describeFailure(invocation)}`);
  }

  #connectionFacts(
    api: WebSocketApiModel | undefined,
    stage: string,
    request: RequestFacts,
  ): ConnectionFacts {
    const { domainName, sourceIp, userAgent } = request;
    return {
      connectionId: newGatewayId(),
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
