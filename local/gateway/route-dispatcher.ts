import { recordOf } from '../json.ts';
import type { Invoker, WebSocketApiModel, WebSocketRouteModel } from '../model.ts';
import type { Connection } from './connection.ts';
import { describeFailure, type Invocation, invokeWithin } from './invocation.ts';
import { gatewayMessage } from './refusal.ts';
import { type RouteSelector, routeSelector } from './route-selection.ts';
import type { Runtime } from './runtime.ts';
import type { StageThrottle } from './throttle.ts';
import {
  type ClosureFacts,
  type ConnectionFacts,
  disconnectEvent,
  messageEvent,
} from './websocket-events.ts';

/** Runs the route functions of one WebSocket API for messages and for disconnects. */
export class RouteDispatcher {
  readonly #runtime: Runtime;
  readonly #invoker: Invoker;
  readonly #selectRoute: RouteSelector;
  readonly #disconnectRoute: WebSocketRouteModel | undefined;
  readonly #throttle: StageThrottle;

  constructor(runtime: Runtime, invoker: Invoker, api: WebSocketApiModel, throttle: StageThrottle) {
    this.#runtime = runtime;
    this.#invoker = invoker;
    this.#throttle = throttle;
    this.#selectRoute = routeSelector(api);
    this.#disconnectRoute = api.routes.find(({ routeKey }) => routeKey === '$disconnect');
  }

  /** Never rejects. Messages of one connection run concurrently, since callers do not await this. */
  async dispatch(connection: Connection, text: string): Promise<void> {
    const { connectionId } = connection.facts;
    const route = this.#selectRoute(text);
    if (!this.#throttle.admitsRequest(route?.routeKey)) {
      // AWS documents the 429 but not this text. Clients take any frame without `type` as no answer (IM-FRAME-6).
      connection.send(gatewayMessage('Too Many Requests', connectionId));
      return;
    }
    if (route === undefined) {
      connection.send(gatewayMessage('Forbidden', connectionId));
      return;
    }
    const event = messageEvent(connection.facts, route.routeKey, text, this.#runtime.clock.now());
    const invocation = await this.#invoke(route, event);
    if (invocation.outcome === 'returned') {
      this.#respond(connection, route, invocation.payload);
      return;
    }
    const failure = describeFailure(invocation);
    this.#runtime.log.warn(`Route ${route.routeKey} (${route.functionId}) failed: ${failure}`);
    connection.send(gatewayMessage('Internal server error', connectionId));
  }

  /** Best effort, as on AWS: a failure is logged and not retried. */
  async disconnect(connection: ConnectionFacts, closure: ClosureFacts): Promise<void> {
    const route = this.#disconnectRoute;
    if (route === undefined) return;
    const event = disconnectEvent(connection, closure, this.#runtime.clock.now());
    const invocation = await this.#invoke(route, event);
    if (invocation.outcome === 'returned') return;
    const failure = describeFailure(invocation);
    this.#runtime.log.warn(`$disconnect of ${connection.connectionId} failed: ${failure}`);
  }

  /**
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
   * "A message larger than 32 KB must be split into multiple frames", but a response is one text. No page says what a
   * longer one does, so no answer may be longer.
   */
  #respond(connection: Connection, route: WebSocketRouteModel, payload: unknown): void {
    const { body } = recordOf(payload);
    if (!route.hasResponse || typeof body !== 'string') return;
    const { limits, log } = this.#runtime;
    if (Buffer.byteLength(body) > limits.frameBytes) {
      log.warn(`Route ${route.routeKey} answered more than ${limits.frameBytes} bytes`);
      connection.send(gatewayMessage('Internal server error', connection.facts.connectionId));
      return;
    }
    connection.send(body);
  }

  #invoke(route: WebSocketRouteModel, event: unknown): Promise<Invocation> {
    const { limits, timers } = this.#runtime;
    return invokeWithin(this.#invoker, route.functionId, event, limits.webSocketIntegrationMs, timers);
  }
}
