import { cursorQuerySchema } from '../../protocol/http.ts';
import { listMembers } from '../domain/group/views.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { parseWith } from '../shared/parse.ts';
import { createMemberPorts } from './member-ports.ts';

const ports = createMemberPorts();

/** `GET /groups/{id}/members`, 100 a page (IM-GROUP). */
export const handler = httpRoute(httpOptions(), ({ userId, path, query }) =>
  listMembers(ports, userId, path['id'] ?? '', parseWith(cursorQuerySchema, query).cursor),
);
