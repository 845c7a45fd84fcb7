import { HEARTBEAT_TEXT, PLAIN_OK_TEXT, plainFrameSchema } from '../../protocol/frames.ts';
import { messageOf } from '../domain/plain-frame.ts';
import { send } from '../domain/send.ts';
import { frameTextRoute, modeOf, type SocketEvent, type SocketResult } from '../edge/frame.ts';
import { UnknownActionError } from '../shared/errors.ts';
import { parseWith } from '../shared/parse.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();

const PLAIN_FIELDS = Object.keys(plainFrameSchema.shape);

/** What no route knows: plain frames of older clients (IM-PLAIN); all else is no action of ours (IM-FRAME-3). */
const answerOthers = frameTextRoute(ports.connections, async (frame, speaker, event) => {
  const isPlain = !('action' in frame) && PLAIN_FIELDS.some((field) => field in frame);
  if (modeOf(event) !== 'plain' || !isPlain) throw new UnknownActionError();
  const request = messageOf(parseWith(plainFrameSchema, frame), speaker.userId);
  await send(ports, speaker.userId, request, speaker);
  return PLAIN_OK_TEXT;
});

export async function handler(event: SocketEvent): Promise<SocketResult> {
  // The keep-alive of simple clients (IM-FRAME-4).
  if (event.body === HEARTBEAT_TEXT) return { statusCode: 200, body: HEARTBEAT_TEXT };
  return answerOthers(event);
}
