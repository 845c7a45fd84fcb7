import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { closeServer, listenOn } from '../listening.ts';
import type { HttpApiModel, Invoker, WebSocketApiModel } from '../model.ts';
import { type Clock, systemClock, TimerSet } from './clock.ts';
import { HttpApi } from './http-api.ts';
import type { IamCaller } from './iam-authorizer.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits.ts';
import { ManagementApi } from './management-api.ts';
import { type Cluster, Peers } from './peers.ts';
import { refuseUpgrade } from './refusal.ts';
import type { GatewayLog, Runtime } from './runtime.ts';
import { AccountThrottle } from './throttle.ts';
import type { ConnectionFacts } from './websocket-events.ts';
import { WebSocketGateway } from './websocket-gateway.ts';

/** Handles an HTTP request before the APIs do. Returns false, with nothing written, to pass it on. */
export type ExtraRoute = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface GatewayOptions {
  /** The dev issuer, for example. Tried in this order, even before `serve`. */
  readonly extraRoutes?: readonly ExtraRoute[];
  readonly limits?: Partial<GatewayLimits>;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default console */
  readonly log?: GatewayLog;
  /** Called with the number of open sockets when it has changed. */
  readonly onSockets?: (open: number) => void;
}

export interface GatewayApis {
  readonly webSocketApis: readonly WebSocketApiModel[];
  readonly httpApis: readonly HttpApiModel[];
  readonly invoker: Invoker;
  /** Functions that may sign requests to IAM routes. @default - only the operator may */
  readonly callers?: readonly IamCaller[];
  /** @default - this gateway has all connections */
  readonly cluster?: Cluster;
}

interface Served {
  readonly peers: Peers | undefined;
  readonly webSockets: WebSocketGateway;
  readonly management: ManagementApi;
  readonly httpApis: readonly HttpApi[];
}

/**
 * API Gateway on one port: WebSocket upgrades at `/{stage}`, `/{stage}/@connections/{id}`, and HTTP APIs. It can listen
 * before it knows its APIs, because the stack needs the issuer's URL, which contains the port. Until `serve` is called,
 * everything but the extra routes answers 503.
 */
export class Gateway {
  readonly #runtime: Runtime;
  readonly #extraRoutes: readonly ExtraRoute[];
  #served: Served | undefined;
  #refusedWith: number | undefined;
  readonly #server: Server;

  constructor(options: GatewayOptions = {}) {
    const clock = options.clock ?? systemClock;
    this.#extraRoutes = options.extraRoutes ?? [];
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#runtime = {
      clock,
      timers: new TimerSet(clock),
      limits,
      account: new AccountThrottle(limits, clock),
      log: options.log ?? console,
      ...(options.onSockets && { onSockets: options.onSockets }),
    };
    // Java's client offers `h2c` with every request, and means it to be served without.
    const shouldUpgradeCallback = ({ headers }: IncomingMessage) =>
      headers.upgrade?.toLowerCase() === 'websocket';
    this.#server = createServer({ shouldUpgradeCallback }, (request, response) => {
      this.#onRequest(request, response).catch((error: unknown) => this.#fail(response, error));
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#onUpgrade(request, socket, head).catch((error: unknown) => {
        this.#runtime.log.warn(`Upgrade failed: ${String(error)}`);
        socket.destroy();
      });
    });
  }

  /** Resolves with the port; port 0 picks a free one. */
  listen(port: number): Promise<number> {
    return listenOn(this.#server, port);
  }

  /** Starts to serve the APIs. Call it once. */
  serve({ webSocketApis, httpApis, invoker, callers, cluster }: GatewayApis): void {
    if (this.#served !== undefined) throw new Error('The gateway already serves its APIs');
    const peers = cluster && new Peers(cluster);
    const webSockets = new WebSocketGateway(this.#runtime, invoker, webSocketApis, peers);
    this.#served = {
      peers,
      webSockets,
      management: new ManagementApi(this.#runtime, webSockets, peers),
      httpApis: httpApis.map((model) => new HttpApi(this.#runtime, invoker, model, callers)),
    };
  }

  /** The open connections. */
  connections(): readonly ConnectionFacts[] {
    return this.#served?.webSockets.connections().map(({ facts }) => facts) ?? [];
  }

  /**
   * For fault tests: drops a connection without a close frame. Returns false if there is no such connection.
   * @param silent also skips its `$disconnect`, which AWS may lose
   */
  cut(connectionId: string, { silent = false }: { readonly silent?: boolean } = {}): boolean {
    const connections = this.#served?.webSockets.connections() ?? [];
    const connection = connections.find(({ facts }) => facts.connectionId === connectionId);
    if (silent) this.#served?.webSockets.silence(connectionId);
    connection?.drop();
    return connection !== undefined;
  }

  /** For tests: lets time pass for the account's quotas only. */
  advanceQuotas(seconds: number): void {
    this.#runtime.account.advance(seconds);
  }

  /** For fault tests: refuses every upgrade with this status, as a network that blocks WebSockets does. */
  refuseUpgrades(status: number | undefined): void {
    this.#refusedWith = status;
  }

  /** Closes all sockets with 1001, without `$disconnect`, and stops listening. */
  async close(): Promise<void> {
    await this.#served?.webSockets.close();
    this.#served?.peers?.close();
    if (this.#server.listening) await closeServer(this.#server);
    this.#runtime.timers.close();
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const route of this.#extraRoutes) {
      if (await route(request, response)) return;
    }
    if (this.#served === undefined) {
      answer(response, 503, 'Service Unavailable');
      return;
    }
    if (await this.#served.management.handle(request, response)) return;
    const httpApi = findHttpApi(this.#served.httpApis, request.url ?? '/');
    if (httpApi === undefined) answer(response, 404, 'Not Found');
    else await httpApi.handle(request, response);
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#served !== undefined && this.#refusedWith === undefined)
      return this.#served.webSockets.upgrade(request, socket, head);
    socket.on('error', () => socket.destroy());
    refuseUpgrade(socket, this.#refusedWith ?? 503, JSON.stringify({ message: 'Service Unavailable' }));
  }

  #fail(response: ServerResponse, error: unknown): void {
    // The caller disconnected during its request: not an error.
    if (response.destroyed) return;
    this.#runtime.log.warn(`Request failed: ${String(error)}`);
    if (response.headersSent) response.destroy();
    else answer(response, 500, 'Internal Server Error');
  }
}

/** The stage that the request names ("if the request explicitly matches a stage"), else `$default`. */
function findHttpApi(httpApis: readonly HttpApi[], url: string): HttpApi | undefined {
  const [, firstSegment] = url.split(/[/?]/);
  const named = httpApis.find(({ stage }) => stage === firstSegment);
  return named ?? httpApis.find(({ stage }) => stage === '$default');
}

function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}
