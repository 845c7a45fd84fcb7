import * as z from 'zod/mini';
import { DEVICE_ID } from '../../protocol/ids.ts';
import { lazySchema } from '../../protocol/lazy-schema.ts';
import { requestAgentCheck } from '../domain/delivery/agent-check.ts';
import type { DeskEvents } from '../domain/model/desk-event.ts';
import { type ConnectPorts, connect } from '../domain/sessions/connect.ts';
import { acceptedSubprotocol } from '../domain/sessions/credential.ts';
import { BannedError, ConflictError, InvalidRequestError } from '../shared/errors.ts';
import { parseWith } from '../shared/parse.ts';
import { CONTEXT, callerOf, rolesOf, type SocketEvent, sessionEncodingOf } from './frame.ts';

/**
 * The fields that `authorize` and `$connect` read of their events (fixtures `websocket-authorizer.json`,
 * `websocket-connect.json`).
 */
export interface UpgradeEvent {
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
}

/**
 * Returns the value of a header, or its values joined by commas, as HTTP defines it: `headers` would hide all but the last
 * of two credentials. Names have the case that the client used.
 */
export function header({ multiValueHeaders }: UpgradeEvent, name: string): string | undefined {
  const isNamed = ([key]: readonly [string, unknown]) => key.toLowerCase() === name;
  const values = Object.entries(multiValueHeaders ?? {})
    .filter(isNamed)
    .flatMap(([, each]) => each ?? []);
  return values.length === 0 ? undefined : values.join(',');
}

const querySchema = lazySchema(() =>
  z.object({
    deviceId: z.optional(z.string().check(z.regex(DEVICE_ID, 'must be 1 to 64 of A-Z a-z 0-9 _ . -'))),
    mode: z._default(z.enum(['managed', 'plain']), 'managed'),
    replaces: z.optional(z.string()),
  }),
);

/**
 * `$connect`: stores the session (IM-CONN-3). Answers 400, 409, and 403 for a banned user, which an authorizer can't. Throws any
 * other error, so that the upgrade fails with 502: a client must never have a socket without a route.
 */
export async function answerConnect(ports: ConnectPorts, event: SocketEvent & UpgradeEvent) {
  const caller = callerOf(event);
  if (caller === undefined) throw new Error('The event has no caller.');
  try {
    const query = parseWith(querySchema, { ...event.queryStringParameters });
    await connect(ports, {
      ...caller,
      mode: query.mode,
      encoding: sessionEncodingOf(event),
      replaces: query.replaces,
      connectedAtMs: event.requestContext.connectedAt,
      tokenExpiresAtMs: Number(event.requestContext.authorizer?.[CONTEXT.tokenExpiresAtMs]),
    });
  } catch (error) {
    if (error instanceof InvalidRequestError) return { statusCode: 400 };
    if (error instanceof BannedError) return { statusCode: 403 };
    if (error instanceof ConflictError) return { statusCode: 409 };
    throw error;
  }
  const subprotocol = acceptedSubprotocol(header(event, 'sec-websocket-protocol'));
  return { statusCode: 200, ...(subprotocol && { headers: { 'Sec-WebSocket-Protocol': subprotocol } }) };
}

export interface DisconnectPorts extends Pick<ConnectPorts, 'routes' | 'clock'> {
  readonly deskEvents?: DeskEvents | undefined;
}

/**
 * `$disconnect`: removes the session if it is still this connection's (IM-CONN-5), and asks for a check of an agent
 * (IM-DESK-7). AWS guarantees neither the event nor its authorizer context. Without them, the next delivery gets a 410
 * and removes the route.
 */
export async function answerDisconnect(ports: DisconnectPorts, event: SocketEvent) {
  const caller = callerOf(event);
  if (caller === undefined) return { statusCode: 200 };
  await ports.routes.disconnect(caller, ports.clock());
  if (rolesOf(event).roles.includes('agent')) await requestAgentCheck(ports, caller.userId);
  return { statusCode: 200 };
}
