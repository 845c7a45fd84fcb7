import { sendMessageSchema } from '../../protocol/frames.ts';
import { send } from '../domain/send.ts';
import { frameRoute } from '../edge/frame.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();

/** Stores and delivers a message; the reply is its ack (IM-SEND-1). */
export const handler = frameRoute(
  ports.connections,
  sendMessageSchema,
  async ({ id, ...request }, speaker) => {
    return { type: 'sent', id, ...(await send(ports, speaker.userId, request, speaker)) };
  },
);
