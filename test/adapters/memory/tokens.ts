import { parseRoles } from '../../../lambdas/domain/model/roles.ts';
import type { TokenVerifier } from '../../../lambdas/domain/model/token.ts';
import { UnauthorizedError } from '../../../lambdas/shared/errors.ts';
import { USER_ID } from '../../../protocol/ids.ts';

/** Its tokens are `<user>`, or `<user>:<role>` for a user with a role. With the role `service` the user has no budget. Others start with `bad`. */
export const tokens: TokenVerifier = {
  async verify(token) {
    const [userId = '', ...roles] = token.split(':');
    if (token.startsWith('bad') || !USER_ID.test(userId)) throw new UnauthorizedError();
    return {
      userId,
      roles: parseRoles(roles),
      isUnlimited: roles.includes('service'),
      expiresAtMs: Number.MAX_SAFE_INTEGER,
    };
  },
};
