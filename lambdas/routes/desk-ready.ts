import { deskReadySchema } from '../../protocol/desk.ts';
import { beReady } from '../domain/desk/agent.ts';
import { frameRoute } from '../edge/frame.ts';
import { createDeskPorts, deskQueues } from './desk-ports.ts';

const ports = { ...createDeskPorts(), queues: deskQueues() };

/** An agent takes chats from now on (IM-DESK-4). */
export const handler = frameRoute(
  ports.connections,
  deskReadySchema,
  async ({ id, ...request }, speaker, standing) => {
    return { type: 'desk.agent', id, agent: await beReady(ports, speaker, standing, request) };
  },
);
