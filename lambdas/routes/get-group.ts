import { showGroup } from '../domain/group/views.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { createMemberPorts } from './member-ports.ts';

const ports = createMemberPorts();

/** `GET /groups/{id}` (IM-GROUP). */
export const handler = httpRoute(httpOptions(), ({ userId, path }) =>
  showGroup(ports, userId, path['id'] ?? ''),
);
