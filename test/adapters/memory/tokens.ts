import type { TokenVerifier } from '../../../lambdas/domain/model/token.ts';
import { UnauthorizedError } from '../../../lambdas/shared/errors.ts';
import type { Role } from '../../../protocol/desk.ts';

/** Its tokens are `<user>`, or `<user>:<role>` for a user with a role. Others start with `bad`. */
export const tokens: TokenVerifier = {
  async verify(token) {
    if (token.startsWith('bad')) throw new UnauthorizedError();
    const [userId = '', ...roles] = token.split(':');
    return { userId, roles: roles as Role[], expiresAtMs: Number.MAX_SAFE_INTEGER };
  },
};
