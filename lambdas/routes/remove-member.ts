import { USER_ID } from '../../protocol/ids.ts';
import { removeMember } from '../domain/group/members.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { NotFoundError } from '../shared/errors.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();

/** `DELETE /groups/{id}/members/{userId}`: oneself, or another by an admin (IM-GROUP). */
export const handler = httpRoute(
  httpOptions(),
  async ({ userId, path }) => {
    const { id = '', userId: member = '' } = path;
    // No table takes a key of any length.
    if (!USER_ID.test(member)) throw new NotFoundError();
    await removeMember(ports, userId, id, member);
    return undefined;
  },
  204,
);
