import { HEARTBEAT_TEXT, PLAIN_OK_TEXT, plainFrameSchema } from '../../protocol/frames.ts';
import { decodeClientFrame } from '../../protocol/protobuf.ts';
import { messageOf } from '../domain/plain-frame.ts';
import { send } from '../domain/send.ts';
import { noteHeard, type Speaker } from '../domain/session.ts';
import {
  frameTextRoute,
  modeOf,
  refuse,
  type SocketEvent,
  type SocketResult,
  sessionEncodingOf,
  speakerOf,
} from '../edge/frame.ts';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { BadFrameError, UnknownActionError } from '../shared/errors.ts';
import { parseWith } from '../shared/parse.ts';
import { PROTOBUF_ROUTES } from './protobuf-routes.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();
const isIdleOptionOn = wholeNumber('IDLE_TIMEOUT_MS', readEnv('idleTimeoutMs').idleTimeoutMs) > 0;

const PLAIN_FIELDS = Object.keys(plainFrameSchema.shape);

/** What no route knows: plain frames of older clients (IM-PLAIN); all else is no action of ours (IM-FRAME-3). */
const answerOthers = frameTextRoute(ports.connections, async (frame, speaker, event) => {
  const isPlain = !('action' in frame) && PLAIN_FIELDS.some((field) => field in frame);
  if (modeOf(event) !== 'plain' || !isPlain) throw new UnknownActionError();
  const request = messageOf(parseWith(plainFrameSchema, frame), speaker.userId);
  await send(ports, speaker.userId, request, speaker);
  return PLAIN_OK_TEXT;
});

/** The keep-alive of simple clients (IM-FRAME-4); with the idle option it is a sign of life (IM-IDLE). */
async function answerHeartbeat(event: SocketEvent): Promise<SocketResult> {
  const speaker = isIdleOptionOn ? speakerOf(event) : undefined;
  if (speaker !== undefined) await noteBeat(speaker).catch(() => undefined);
  return { statusCode: 200, body: HEARTBEAT_TEXT };
}

async function noteBeat(speaker: Speaker): Promise<void> {
  const session = await ports.routes.find(speaker.userId, speaker.deviceId);
  if (session?.connectionId === speaker.connectionId) await noteHeard(ports.routes, session, ports.clock());
}

/** Decodes a frame and gives it, as JSON, to the route of its action, which answers in Protobuf by itself (IM-PB). */
async function answerProtobuf(event: SocketEvent): Promise<SocketResult> {
  let frame: Record<string, unknown>;
  try {
    frame = decodeClientFrame(event.body ?? '');
  } catch (cause) {
    return refuse(ports.connections, event, new BadFrameError('Not base64 of Protobuf.', { cause }), null);
  }
  const route = PROTOBUF_ROUTES.get(frame['action']) ?? answerOthers;
  return route({ ...event, body: JSON.stringify(frame) });
}

export async function handler(event: SocketEvent): Promise<SocketResult> {
  if (event.body === HEARTBEAT_TEXT) return answerHeartbeat(event);
  return sessionEncodingOf(event) === 'protobuf' ? answerProtobuf(event) : answerOthers(event);
}
