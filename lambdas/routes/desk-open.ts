import { createDeskPorts, deskQueues } from './desk-ports.ts';
import { deskOpen } from './desk-routes.ts';

export const handler = deskOpen({ ...createDeskPorts(), queues: deskQueues() });
