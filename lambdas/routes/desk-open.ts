import { deskOpenSchema } from '../../protocol/desk.ts';
import { openChat } from '../domain/desk/customer.ts';
import { frameRoute } from '../edge/frame.ts';
import { createDeskPorts, deskQueues } from './desk-ports.ts';

const ports = { ...createDeskPorts(), queues: deskQueues() };

/** Opens a support chat, or returns the one that is open (IM-DESK-1). */
export const handler = frameRoute(ports.connections, deskOpenSchema, async ({ id, ...request }, speaker) => {
  return { type: 'desk.chat', id, chat: await openChat(ports, speaker, request) };
});
