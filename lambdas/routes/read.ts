import { readSchema } from '../../protocol/frames.ts';
import { markRead } from '../domain/read.ts';
import { frameRoute } from '../edge/frame.ts';
import { createConversationPorts } from './conversation-ports.ts';

const ports = createConversationPorts();

/** Moves the reader's cursor and tells the others. */
export const handler = frameRoute(ports.connections, readSchema, async ({ id, ...target }, speaker) => {
  await markRead(ports, speaker, target);
  return { type: 'ok', id };
});
