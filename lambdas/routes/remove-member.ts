import { removeMember } from '../domain/group.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();

/** `DELETE /groups/{id}/members/{userId}`: oneself, or another by an admin (IM-GROUP). */
export const handler = httpRoute(
  httpOptions(),
  async ({ userId, path }) => {
    await removeMember(ports, userId, path['id'] ?? '', path['userId'] ?? '');
    return undefined;
  },
  204,
);
