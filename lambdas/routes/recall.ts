import { recallSchema } from '../../protocol/frames.ts';
import { recall } from '../domain/recall.ts';
import { frameRoute } from '../edge/frame.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();

/** Takes a message back: every read begun after the `ok` is redacted. */
export const handler = frameRoute(ports.connections, recallSchema, async ({ id, ...target }, speaker) => {
  await recall(ports, speaker, target);
  return { type: 'ok', id };
});
