import { deskCloseSchema } from '../../protocol/desk.ts';
import { closeChat } from '../domain/desk/customer.ts';
import { frameRoute } from '../edge/frame.ts';
import { createDeskPorts } from './desk-ports.ts';

const ports = createDeskPorts();

/** Ends a support chat, or rates one that has ended (IM-DESK-3). */
export const handler = frameRoute(ports.connections, deskCloseSchema, async ({ id, ...request }, speaker) => {
  return { type: 'desk.chat', id, chat: await closeChat(ports, speaker, request) };
});
