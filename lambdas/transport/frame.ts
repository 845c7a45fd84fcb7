import { CLIENT_ID } from '../../protocol/ids.ts';
import { endSession } from '../domain/delivery/end-session.ts';
import type { Connections } from '../domain/model/connections.ts';
import { textFor } from '../domain/model/encoding.ts';
import { type CallerRoles, parseName, parseRoles } from '../domain/model/roles.ts';
import type { Caller, Encoding, Mode, Session } from '../domain/model/session.ts';
import { errorFrame, isFault, SessionEndedError } from '../shared/errors.ts';
import { describe, logger } from '../shared/logger.ts';
import { noteRefusal } from '../shared/refusal-log.ts';

/**
 * The fields of an event that the `socket` function reads (fixtures `websocket-*.json`). `$disconnect` may lack the
 * authorizer.
 */
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

/**
 * The response to a frame. Always 200, since reports differ about what a WebSocket API does with other codes. Without
 * `body` the gateway sends no frame.
 */
export interface FrameResult {
  readonly statusCode: 200;
  readonly body?: string;
}

/**
 * Keys of the authorizer's context: `authorize` sets them, and the gateway adds them to every later event. The name is
 * URI-encoded.
 */
export const CONTEXT = {
  userId: 'userId',
  /** Only for the access log. */
  userHash: 'userHash',
  deviceId: 'deviceId',
  tokenExpiresAtMs: 'tokenExpiresAtMs',
  mode: 'mode',
  encoding: 'encoding',
  roles: 'roles',
  unlimited: 'unlimited',
  name: 'name',
} as const;

/** Returns the caller from the connection itself: without a read, and without trust in the frame (IM-DESIGN-3). */
export function callerOf({ requestContext: { connectionId, authorizer } }: SocketEvent): Caller | undefined {
  const userId = authorizer?.[CONTEXT.userId];
  const deviceId = authorizer?.[CONTEXT.deviceId];
  if (typeof userId !== 'string' || typeof deviceId !== 'string') return undefined;
  return { userId, deviceId, connectionId };
}

/** Whether the caller has no budget, by the token of the upgrade (IM-BUDGET-4). */
export function isUnlimited({ requestContext: { authorizer } }: SocketEvent): boolean {
  return authorizer?.[CONTEXT.unlimited] === 'true';
}

/** The `mode` of the upgrade. `$connect` has refused unknown ones. */
export function modeOf({ requestContext: { authorizer } }: SocketEvent): Mode {
  return authorizer?.[CONTEXT.mode] === 'plain' ? 'plain' : 'managed';
}

/** The frame encoding of this connection; `undefined` means JSON. */
export function sessionEncodingOf({ requestContext: { authorizer } }: SocketEvent): Encoding | undefined {
  return authorizer?.[CONTEXT.encoding] === 'protobuf' ? 'protobuf' : undefined;
}

/** The caller's roles at the desk, from the token of the upgrade (IM-ROLE). */
export function rolesOf({ requestContext: { authorizer } }: SocketEvent): CallerRoles {
  return { roles: parseRoles(authorizer?.[CONTEXT.roles]), name: nameIn(authorizer?.[CONTEXT.name]) };
}

/** A connection opened before the last deployment may have the name unencoded, with a lone %. */
function nameIn(encoded: unknown): string | undefined {
  try {
    return parseName(decodeURIComponent(String(encoded ?? '')));
  } catch {
    return parseName(encoded);
  }
}

/** Encodes a frame for this connection. */
export function encodeFrame(event: SocketEvent, frame: object): string {
  return textFor(sessionOf(event), JSON.stringify(frame));
}

/** The parts of the session that are known without a read of its route. */
function sessionOf(event: SocketEvent): Pick<Session, 'connectionId' | 'mode' | 'encoding'> {
  const encoding = sessionEncodingOf(event);
  return {
    connectionId: event.requestContext.connectionId,
    mode: modeOf(event),
    ...(encoding && { encoding }),
  };
}

/** The frame's `id` for the reply; null if it is missing or malformed (IM-FRAME-1). */
export function frameIdIn(frame: Readonly<Record<string, unknown>>): string | null {
  const id = frame['id'];
  return typeof id === 'string' && CLIENT_ID.test(id) ? id : null;
}

/**
 * Answers a failed frame with an error frame. A refusal that ends the session is posted instead, and the connection is
 * deleted (IM-FRAME-2).
 */
export async function refuse(
  connections: Connections,
  event: SocketEvent,
  error: unknown,
  id: string | null,
): Promise<FrameResult> {
  const session = sessionOf(event);
  const { connectionId } = session;
  const frame = errorFrame(error, id);
  if (isFault(error)) {
    const { routeKey } = event.requestContext;
    logger.error('frame failed', { routeKey, connectionId, error: describe(error) });
  } else noteRefusal(frame.code);
  const body = encodeFrame(event, frame);
  if (!(error instanceof SessionEndedError)) return { statusCode: 200, body };
  // A client that ignores refusals needs no other one.
  if (error.code !== 'rate_limited') await connections.post(connectionId, body);
  if (error.closedWith === undefined) await connections.close(connectionId);
  else await endSession(connections, session, error.closedWith);
  return { statusCode: 200 };
}
