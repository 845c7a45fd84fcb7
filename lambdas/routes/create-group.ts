import { createGroupSchema } from '../../protocol/http.ts';
import { createGroup } from '../domain/group/change.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { parseWith } from '../shared/parse.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();

/** `POST /groups`: the creator is its admin (IM-GROUP). */
export const handler = httpRoute(
  httpOptions(),
  ({ userId, body }) => createGroup(ports, userId, parseWith(createGroupSchema, body())),
  201,
);
