import { CLIENT_ID } from '../../protocol/ids.ts';
import { endSession } from '../domain/delivery/end-session.ts';
import type { Connections } from '../domain/model/connections.ts';
import { textFor } from '../domain/model/encoding.ts';
import { type CallerRoles, parseName, parseRoles } from '../domain/model/roles.ts';
import type { Caller, Encoding, Mode, Session } from '../domain/model/session.ts';
import { errorFrame, isFault, SessionEndedError } from '../shared/errors.ts';
import { describe, logger } from '../shared/logger.ts';

/** What the `socket` function reads of an event (fixtures `websocket-*.json`); `$disconnect` may lack the authorizer. */
export interface SocketEvent {
  readonly requestContext: {
    readonly eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
    readonly routeKey: string;
    readonly connectionId: string;
    readonly connectedAt: number;
    readonly authorizer?: Readonly<Record<string, unknown>>;
  };
  readonly body?: string;
}

/** Of a frame always 200: what a WebSocket API does with other codes is disputed. Without `body` no frame is sent. */
export interface FrameResult {
  readonly statusCode: 200;
  readonly body?: string;
}

/** Names in the authorizer's context: set by `authorize`, carried by the gateway on every later event. */
export const CONTEXT = {
  userId: 'userId',
  deviceId: 'deviceId',
  tokenExpiresAtMs: 'tokenExpiresAtMs',
  mode: 'mode',
  encoding: 'encoding',
  roles: 'roles',
  name: 'name',
} as const;

/** The caller, by the connection itself: no look-up, and no sender that a client could claim (IM-DESIGN-3). */
export function callerOf({ requestContext: { connectionId, authorizer } }: SocketEvent): Caller | undefined {
  const userId = authorizer?.[CONTEXT.userId];
  const deviceId = authorizer?.[CONTEXT.deviceId];
  if (typeof userId !== 'string' || typeof deviceId !== 'string') return undefined;
  return { userId, deviceId, connectionId };
}

/** `mode` as the upgrade asked for it; `$connect` has refused all but the known ones. */
export function modeOf({ requestContext: { authorizer } }: SocketEvent): Mode {
  return authorizer?.[CONTEXT.mode] === 'plain' ? 'plain' : 'managed';
}

/** How frames are written in this connection; `undefined`: JSON. */
export function sessionEncodingOf({ requestContext: { authorizer } }: SocketEvent): Encoding | undefined {
  return authorizer?.[CONTEXT.encoding] === 'protobuf' ? 'protobuf' : undefined;
}

/** The caller's roles at the desk, as the token said when the connection was made (IM-ROLE). */
export function rolesOf({ requestContext: { authorizer } }: SocketEvent): CallerRoles {
  return { roles: parseRoles(authorizer?.[CONTEXT.roles]), name: parseName(authorizer?.[CONTEXT.name]) };
}

/** A frame as text in the connection's encoding. */
export function encodeFrame(event: SocketEvent, frame: object): string {
  return textFor(sessionOf(event), JSON.stringify(frame));
}

/** What is known of the connection without a look at its route. */
function sessionOf(event: SocketEvent): Pick<Session, 'connectionId' | 'mode' | 'encoding'> {
  const encoding = sessionEncodingOf(event);
  return {
    connectionId: event.requestContext.connectionId,
    mode: modeOf(event),
    ...(encoding && { encoding }),
  };
}

/** The id that a reply repeats: null if it is missing or malformed (IM-FRAME-1). */
export function frameIdIn(frame: Readonly<Record<string, unknown>>): string | null {
  const id = frame['id'];
  return typeof id === 'string' && CLIENT_ID.test(id) ? id : null;
}

/**
 * Answers a frame that failed, in the connection's encoding. A refusal that ends the session is posted, then the
 * connection is deleted (IM-FRAME-2).
 */
export async function refuse(
  connections: Connections,
  event: SocketEvent,
  error: unknown,
  id: string | null,
): Promise<FrameResult> {
  const session = sessionOf(event);
  const { connectionId } = session;
  if (isFault(error)) {
    const { routeKey } = event.requestContext;
    logger.error('frame failed', { routeKey, connectionId, error: describe(error) });
  }
  const body = encodeFrame(event, errorFrame(error, id));
  if (!(error instanceof SessionEndedError)) return { statusCode: 200, body };
  await connections.post(connectionId, body);
  if (error.closedWith === undefined) await connections.close(connectionId);
  else await endSession(connections, session, error.closedWith);
  return { statusCode: 200 };
}
