import type * as z from 'zod/mini';
import type { ServerFrame } from '../../protocol/frames.ts';
import { CLIENT_ID } from '../../protocol/ids.ts';
import { type Connections, endSession } from '../domain/connection.ts';
import { textFor } from '../domain/encoding.ts';
import { parseName, parseRoles, type Standing } from '../domain/role.ts';
import type { Encoding, Mode, Speaker } from '../domain/session.ts';
import { errorFrame, isFault, SessionEndedError } from '../shared/errors.ts';
import { parseJsonObject } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { parseWith } from '../shared/parse.ts';

/** What a route reads of a MESSAGE event (fixture `websocket-message.json`); `$disconnect` may lack the authorizer. */
export interface SocketEvent {
  readonly requestContext: {
    readonly connectionId: string;
    readonly connectedAt: number;
    readonly authorizer?: Readonly<Record<string, unknown>>;
  };
  readonly body?: string;
}

/** Always 200: what a WebSocket API does with other codes is disputed. Without `body` no frame is sent. */
export interface SocketResult {
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

/** Who speaks, by the connection itself: no look-up, and no sender that a client could claim (decision 3). */
export function speakerOf({
  requestContext: { connectionId, authorizer },
}: SocketEvent): Speaker | undefined {
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

/** What the speaker may be at the desk: as the token said when the connection was made (IM-ROLE). */
export function standingOf({ requestContext: { authorizer } }: SocketEvent): Standing {
  return { roles: parseRoles(authorizer?.[CONTEXT.roles]), name: parseName(authorizer?.[CONTEXT.name]) };
}

/**
 * One frame: parse, decide, answer. The reply is the route response (IM-FRAME-2); every failure is an error frame with
 * the frame's id; a refusal that ends the session is posted, then the connection is deleted.
 */
export function frameRoute<Schema extends z.ZodMiniType>(
  connections: Connections,
  schema: Schema,
  answer: (frame: z.output<Schema>, speaker: Speaker, standing: Standing) => Promise<ServerFrame | undefined>,
): (event: SocketEvent) => Promise<SocketResult> {
  return frameTextRoute(connections, async (frame, speaker, event) => {
    const answered = await answer(parseWith(schema, frame), speaker, standingOf(event));
    return answered && textFor(toSession(event), JSON.stringify(answered));
  });
}

/** As `frameRoute`, for any object and any text in answer to it. */
export function frameTextRoute(
  connections: Connections,
  answer: (
    frame: Readonly<Record<string, unknown>>,
    speaker: Speaker,
    event: SocketEvent,
  ) => Promise<string | undefined>,
): (event: SocketEvent) => Promise<SocketResult> {
  return async (event) => {
    let id: string | null = null;
    try {
      const frame = parseJsonObject(event.body ?? '');
      id = frameIdIn(frame);
      const speaker = speakerOf(event);
      if (speaker === undefined) throw new Error('The gateway named no speaker.');
      const body = await answer(frame, speaker, event);
      return body === undefined ? { statusCode: 200 } : { statusCode: 200, body };
    } catch (error) {
      return refuse(connections, event, error, id);
    }
  };
}

/** What is known of the connection without a look at its route. */
function toSession(event: SocketEvent) {
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

/** Answers a frame that failed, in the connection's encoding. */
export async function refuse(
  connections: Connections,
  event: SocketEvent,
  error: unknown,
  id: string | null,
): Promise<SocketResult> {
  const session = toSession(event);
  const { connectionId } = session;
  if (isFault(error)) logger.error('frame failed', { connectionId, error: describe(error) });
  const body = textFor(session, JSON.stringify(errorFrame(error, id)));
  if (!(error instanceof SessionEndedError)) return { statusCode: 200, body };
  await connections.post(connectionId, body);
  if (error.closedWith === undefined) await connections.close(connectionId);
  else await endSession(connections, session, error.closedWith);
  return { statusCode: 200 };
}
