import { createDeskPorts, deskQueues } from './desk-ports.ts';
import { deskReady } from './desk-routes.ts';

export const handler = deskReady({ ...createDeskPorts(), queues: deskQueues() });
