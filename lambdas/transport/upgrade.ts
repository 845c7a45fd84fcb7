import * as z from 'zod/mini';
import { DEVICE_ID } from '../../protocol/ids.ts';
import { lazySchema } from '../../protocol/lazy-schema.ts';
import { requestAgentCheck } from '../domain/delivery/agent-check.ts';
import type { DeskEvents } from '../domain/model/desk-event.ts';
import { type ConnectPorts, connect } from '../domain/sessions/connect.ts';
import { acceptedSubprotocol } from '../domain/sessions/credential.ts';
import { ConflictError, InvalidRequestError } from '../shared/errors.ts';
import { parseWith } from '../shared/parse.ts';
import { CONTEXT, callerOf, rolesOf, type SocketEvent, sessionEncodingOf } from './frame.ts';

/** What `authorize` and `$connect` read of their events (fixtures `websocket-authorizer.json`, `websocket-connect.json`). */
export interface UpgradeEvent {
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
}

/** Header names come as the client wrote them. */
export function header({ headers }: UpgradeEvent, name: string): string | undefined {
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}

const querySchema = lazySchema(() =>
  z.object({
    deviceId: z.string().check(z.regex(DEVICE_ID, 'must be 1 to 64 of A-Z a-z 0-9 _ . -')),
    mode: z._default(z.enum(['managed', 'plain']), 'managed'),
    replaces: z.optional(z.string()),
  }),
);

/**
 * `$connect`: stores the session (IM-CONN-3). 400 and 409 for what the authorizer can't refuse with that status; any other
 * failure is thrown, and the upgrade fails with 502: a client must never hold a socket that no route knows.
 */
export async function answerConnect(ports: ConnectPorts, event: SocketEvent & UpgradeEvent) {
  const caller = callerOf(event);
  if (caller === undefined) throw new Error('The gateway named no caller.');
  try {
    const query = parseWith(querySchema, { ...event.queryStringParameters, deviceId: caller.deviceId });
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
 * `$disconnect`: removes exactly this connection's session (IM-CONN-5), and has an agent checked (IM-DESK-7). AWS promises
 * neither the event nor its authorizer context: without either the next delivery finds 410 and removes the route.
 */
export async function answerDisconnect(ports: DisconnectPorts, event: SocketEvent) {
  const caller = callerOf(event);
  if (caller === undefined) return { statusCode: 200 };
  await ports.routes.disconnect(caller, ports.clock());
  if (rolesOf(event).roles.includes('agent')) await requestAgentCheck(ports, caller.userId);
  return { statusCode: 200 };
}
