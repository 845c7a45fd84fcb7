import { presenceSchema } from '../../protocol/frames.ts';
import { presenceOf } from '../domain/presence.ts';
import { frameRoute } from '../edge/frame.ts';
import { createConversationPorts } from './conversation-ports.ts';

const ports = createConversationPorts();

/** Who is there, and when the others last were. */
export const handler = frameRoute(ports.connections, presenceSchema, async ({ id, ...request }, speaker) => {
  return { type: 'presence', id, users: await presenceOf(ports, speaker, request) };
});
