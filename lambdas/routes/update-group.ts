import { updateGroupSchema } from '../../protocol/http.ts';
import { updateGroup } from '../domain/group/change.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { parseWith } from '../shared/parse.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();

/** `PATCH /groups/{id}`: its name, its admins; by an admin (IM-GROUP). */
export const handler = httpRoute(httpOptions(), ({ userId, path, body }) =>
  updateGroup(ports, userId, path['id'] ?? '', parseWith(updateGroupSchema, body())),
);
