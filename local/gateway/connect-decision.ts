import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { Invoker, WebSocketApiModel } from '../model.ts';
import { describeFailure, invokeWithin } from './invocation.ts';
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

const resultSchema = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), z.unknown()).catch({}),
});

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html */
const SUBPROTOCOL_HEADER = 'sec-websocket-protocol';

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
  if (route.authorizerId === undefined) {
    return runConnectRoute(runtime, invoker, route.functionId, connection, request);
  }
  const authorization = await authorizeConnection(runtime, invoker, route.authorizerId, connection, request);
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
  const { data: result } = resultSchema.safeParse(invocation.payload);
  if (result === undefined) {
    runtime.log.warn(`$connect function ${functionId} returned no statusCode`);
    return refuse(502);
  }
  if (result.statusCode > 299) return refuse(result.statusCode);
  const chosen = Object.entries(result.headers).find(([name]) => name.toLowerCase() === SUBPROTOCOL_HEADER);
  return { accepted: true, ...(typeof chosen?.[1] === 'string' && { subprotocol: chosen[1] }) };
}

function refuse(status: number): ConnectDecision {
  const isFault = status === 500 || status === 502;
  const message = isFault ? 'Internal server error' : (STATUS_CODES[status] ?? 'Refused');
  return { accepted: false, status, message };
}
