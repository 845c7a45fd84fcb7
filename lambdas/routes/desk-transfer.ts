import { createDeskPorts } from './desk-ports.ts';
import { deskTransfer } from './desk-routes.ts';

export const handler = deskTransfer(createDeskPorts());
