import { listQueues } from '../domain/desk/views.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptionsWithRoles } from '../edge/http-options.ts';
import { createQueueViewPorts } from './desk-ports.ts';

const ports = createQueueViewPorts();

/** `GET /desk/queues`: how the queues stand, for supervisors (IM-DESK). */
export const handler = httpRoute(httpOptionsWithRoles(), ({ standing }) => listQueues(ports, standing));
