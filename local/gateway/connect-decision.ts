import { STATUS_CODES } from 'node:http';
import type { Invoker, WebSocketApiModel } from '../model.ts';
import { describeFailure, invokeWithin, isRecord } from './invocation.ts';
import { authorizeConnection } from './request-authorizer.ts';
import type { RequestFacts } from './request-facts.ts';
import type { Runtime } from './runtime.ts';
import { type AuthorizerContext, type ConnectionFacts, connectEvent } from './websocket-events.ts';

export type ConnectDecision =
  | {
      readonly accepted: true;
      readonly authorizer?: AuthorizerContext;
      /** The one subprotocol to answer with. */
      readonly subprotocol?: string;
    }
  | { readonly accepted: false; readonly status: number; readonly message: string };

/** Authorizer, then the `$connect` integration; its absence accepts. `isGone` spares an absent client's `$connect`. */
export async function decideConnect(
  runtime: Runtime,
  invoker: Invoker,
  api: WebSocketApiModel,
  connection: ConnectionFacts,
  request: RequestFacts,
  isGone: () => boolean,
): Promise<ConnectDecision> {
  const route = api.routes.find(({ routeKey }) => routeKey === '$connect');
  if (route === undefined) return { accepted: true };
  if (route.authorizer === undefined) {
    return runConnectRoute(runtime, invoker, route.functionId, connection, request);
  }
  const authorization = await authorizeConnection(runtime, invoker, route.authorizer, connection, request);
  if (authorization.status !== 'allowed') return refuse(authorization.status);
  if (isGone()) return refuse(500);
  const authorizer = authorization.context;
  const authorized = { ...connection, authorizer };
  const decision = await runConnectRoute(runtime, invoker, route.functionId, authorized, request);
  return decision.accepted ? { ...decision, authorizer } : decision;
}

async function runConnectRoute(
  runtime: Runtime,
  invoker: Invoker,
  functionId: string,
  connection: ConnectionFacts,
  request: RequestFacts,
): Promise<ConnectDecision> {
  const event = connectEvent(connection, request, runtime.clock.now());
  const limitMs = runtime.limits.webSocketIntegrationMs;
  const invocation = await invokeWithin(invoker, functionId, event, limitMs, runtime.timers);
  if (invocation.outcome !== 'returned') {
    runtime.log.warn(`$connect function ${functionId} failed: ${describeFailure(invocation)}`);
    return refuse(502);
  }
  const status = readStatus(invocation.payload);
  if (status === undefined) {
    runtime.log.warn(`$connect function ${functionId} returned no statusCode`);
    return refuse(502);
  }
  if (status < 200 || status > 299) return refuse(status);
  const subprotocol = readSubprotocol(invocation.payload);
  return subprotocol === undefined ? { accepted: true } : { accepted: true, subprotocol };
}

function refuse(status: number): ConnectDecision {
  const isFault = status === 500 || status === 502;
  const message = isFault ? 'Internal server error' : (STATUS_CODES[status] ?? 'Refused');
  return { accepted: false, status, message };
}

function readStatus(payload: unknown): number | undefined {
  if (!isRecord(payload)) return undefined;
  const status = Number(payload['statusCode']);
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : undefined;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html */
function readSubprotocol(payload: unknown): string | undefined {
  const headers = isRecord(payload) && isRecord(payload['headers']) ? payload['headers'] : {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === 'sec-websocket-protocol' && typeof value === 'string') return value;
  }
  return undefined;
}
