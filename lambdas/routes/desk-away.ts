import { deskAwaySchema } from '../../protocol/desk.ts';
import { beAway } from '../domain/desk/agent.ts';
import { frameRoute } from '../edge/frame.ts';
import { createDeskPorts } from './desk-ports.ts';

const ports = createDeskPorts();

/** An agent takes no more chats, and keeps those that there are (IM-DESK-4). */
export const handler = frameRoute(ports.connections, deskAwaySchema, async ({ id }, speaker, standing) => {
  return { type: 'desk.agent', id, agent: await beAway(ports, speaker, standing) };
});
