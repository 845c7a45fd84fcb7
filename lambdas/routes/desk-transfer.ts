import { deskTransferSchema } from '../../protocol/desk.ts';
import { transferChat } from '../domain/desk/agent.ts';
import { frameRoute } from '../edge/frame.ts';
import { createDeskPorts } from './desk-ports.ts';

const ports = createDeskPorts();

/** Hands a support chat to another agent, or back to its queue (IM-DESK-5). */
export const handler = frameRoute(
  ports.connections,
  deskTransferSchema,
  async ({ id, ...request }, speaker, standing) => {
    return { type: 'desk.chat', id, chat: await transferChat(ports, speaker, standing, request) };
  },
);
