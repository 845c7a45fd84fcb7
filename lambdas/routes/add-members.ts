import { addMembersSchema } from '../../protocol/http.ts';
import { addMembers } from '../domain/group/members.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { parseWith } from '../shared/parse.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();

/** `POST /groups/{id}/members`: up to 100 a request; by an admin (IM-GROUP). */
export const handler = httpRoute(httpOptions(), ({ userId, path, body }) =>
  addMembers(ports, userId, path['id'] ?? '', parseWith(addMembersSchema, body()).members),
);
