import { typingSchema } from '../../protocol/frames.ts';
import { tellTyping } from '../domain/typing.ts';
import { frameRoute } from '../edge/frame.ts';
import { createConversationPorts } from './conversation-ports.ts';

const ports = createConversationPorts();

/** Tells the others that somebody types; answered only if it is refused. */
export const handler = frameRoute(ports.connections, typingSchema, async (frame, speaker) => {
  await tellTyping(ports, speaker, frame);
  return undefined;
});
