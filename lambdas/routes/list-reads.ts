import { cursorQuerySchema } from '../../protocol/http.ts';
import { listReads } from '../domain/group/views.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { parseWith } from '../shared/parse.ts';
import { createMemberPorts } from './member-ports.ts';

const ports = createMemberPorts();

/** `GET /groups/{id}/reads`: who has read up to where, 100 a page (IM-GROUP). */
export const handler = httpRoute(httpOptions(), ({ userId, path, query }) =>
  listReads(ports, userId, path['id'] ?? '', parseWith(cursorQuerySchema, query).cursor),
);
