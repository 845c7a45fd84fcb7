import type * as z from 'zod/mini';
import { ACTIONS, type Action, actionNamed } from '../../protocol/actions.ts';
import { HEARTBEAT_TEXT, PLAIN_OK_TEXT, plainFrameSchema } from '../../protocol/frames.ts';
import { decodeClientFrame } from '../../protocol/protobuf.ts';
import { messageOf, type PlainFrame } from '../domain/messages/plain-frame.ts';
import { type SendPorts, send } from '../domain/messages/send.ts';
import type { Caller } from '../domain/model/session.ts';
import { noteLiteralHeartbeat } from '../domain/sessions/heartbeat.ts';
import { BadFrameError, UnknownActionError } from '../shared/errors.ts';
import { parseJsonObject, requireShallow } from '../shared/json.ts';
import { parseWith } from '../shared/parse.ts';
import {
  callerOf,
  encodeFrame,
  type FrameResult,
  frameIdIn,
  modeOf,
  refuse,
  rolesOf,
  type SocketEvent,
  sessionEncodingOf,
} from './frame.ts';
import type { Answers } from './socket-actions.ts';

export interface FramePorts extends SendPorts {
  /** `undefined`: the idle option is off (IM-IDLE). */
  readonly idleTimeoutMs?: number | undefined;
}

type Frame = Readonly<Record<string, unknown>>;
type AnyAnswer = (
  request: unknown,
  caller: Caller,
  roles: ReturnType<typeof rolesOf>,
) => Promise<object | undefined>;

const PLAIN_FIELDS = ['fromUser', 'toUser', 'message'] as const satisfies (keyof PlainFrame)[];

/**
 * Returns a handler that answers one frame: it decodes the frame, finds its action, parses it, and replies. The reply is
 * the route response (IM-FRAME-2). A failure becomes an error frame with the frame's id.
 *
 * The action comes from the frame, not from the gateway's route: the gateway can't read Protobuf (IM-PB).
 * @param answers the actions of this deployment
 */
export function createFrameHandler(ports: FramePorts, answers: Partial<Answers<Action>>) {
  async function answerAction(event: SocketEvent, frame: Frame, id: string | null, caller: Caller) {
    const action = actionNamed(frame['action']);
    const answer = action && (answers[action] as AnyAnswer | undefined);
    if (action === undefined || answer === undefined) throw new UnknownActionError();
    const { id: _, ...request } = parseWith<z.ZodMiniType>(ACTIONS[action].request, frame) as Frame;
    const fields = await answer(request, caller, rolesOf(event));
    const { reply } = ACTIONS[action];
    return reply === null ? undefined : encodeFrame(event, { type: reply.type, id, ...fields });
  }

  /** A frame of an older client (IM-PLAIN). */
  async function answerPlain(frame: Frame, caller: Caller): Promise<string> {
    const request = messageOf(parseWith(plainFrameSchema, frame), caller.userId);
    await send(ports, caller.userId, request, caller);
    return PLAIN_OK_TEXT;
  }

  /** The text heartbeat of simple clients (IM-FRAME-4). */
  async function answerHeartbeat(event: SocketEvent): Promise<FrameResult> {
    const caller = ports.idleTimeoutMs === undefined ? undefined : callerOf(event);
    if (caller !== undefined) await noteLiteralHeartbeat(ports, caller);
    return { statusCode: 200, body: HEARTBEAT_TEXT };
  }

  return async (event: SocketEvent): Promise<FrameResult> => {
    if (event.body === HEARTBEAT_TEXT) return answerHeartbeat(event);
    let id: string | null = null;
    try {
      const frame = decodeFrame(event);
      id = frameIdIn(frame);
      const caller = callerOf(event);
      if (caller === undefined) throw new Error('The event has no caller.');
      const body = isPlain(event, frame)
        ? await answerPlain(frame, caller)
        : await answerAction(event, frame, id, caller);
      return body === undefined ? { statusCode: 200 } : { statusCode: 200, body };
    } catch (error) {
      return refuse(ports.connections, event, error, id);
    }
  };
}

function isPlain(event: SocketEvent, frame: Frame): boolean {
  return modeOf(event) === 'plain' && !('action' in frame) && PLAIN_FIELDS.some((field) => field in frame);
}

/** @throws {BadFrameError} not a JSON object, not base64 of Protobuf, or nested too deep */
function decodeFrame(event: SocketEvent): Frame {
  const text = event.body ?? '';
  if (sessionEncodingOf(event) === undefined) return parseJsonObject(text);
  const frame = decodeProtobuf(text);
  requireShallow(frame);
  return frame;
}

function decodeProtobuf(text: string): Frame {
  try {
    return decodeClientFrame(text);
  } catch (cause) {
    throw new BadFrameError('Not base64 of Protobuf.', { cause });
  }
}
