import { listQueues } from '../domain/desk/views.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptionsWithRoles } from '../edge/http-options.ts';
import { createDeskViewPorts } from './desk-ports.ts';

const ports = createDeskViewPorts();

/** `GET /desk/queues`: how the queues stand, for supervisors (IM-DESK). */
export const handler = httpRoute(httpOptionsWithRoles(), ({ standing }) => listQueues(ports, standing));
