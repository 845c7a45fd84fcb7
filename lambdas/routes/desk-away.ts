import { createDeskPorts } from './desk-ports.ts';
import { deskAway } from './desk-routes.ts';

export const handler = deskAway(createDeskPorts());
