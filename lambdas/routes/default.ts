import { HEARTBEAT_TEXT } from '../../protocol/frames.ts';
import { frameIdIn, reply, type SocketEvent, type SocketResult } from '../edge/frame.ts';
import { errorFrame, UnknownActionError } from '../shared/errors.ts';
import { parseJsonObject } from '../shared/json.ts';

/** Whatever no route knows (IM-FRAME-3), and the keep-alive of simple clients (IM-FRAME-4). */
export async function handler({ body = '' }: SocketEvent): Promise<SocketResult> {
  if (body === HEARTBEAT_TEXT) return { statusCode: 200, body: HEARTBEAT_TEXT };
  try {
    return reply(errorFrame(new UnknownActionError(), frameIdIn(parseJsonObject(body))));
  } catch (error) {
    return reply(errorFrame(error, null));
  }
}
