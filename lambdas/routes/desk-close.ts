import { createDeskPorts } from './desk-ports.ts';
import { deskClose } from './desk-routes.ts';

export const handler = deskClose(createDeskPorts());
