import { randomBytes } from 'node:crypto';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  GroupExistsException,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider';
import { chunk } from '../lambdas/shared/chunk.ts';
import { messageOf, OperatorError } from '../local/operator-error.ts';

/** A user pool that the stack made, and its client. */
export interface Pool {
  readonly pool: string;
  readonly client: string;
}

/** So many users are deleted at once: Cognito's quota is 50 changes of users a second. */
const DELETED_AT_ONCE = 10;

/** Users in the stack's own user pool, for tests. */
export class PoolUsers {
  readonly #pool: Pool;
  readonly #cognito = new CognitoIdentityProviderClient({});
  readonly #made: string[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * An access token of a user. Creates the user if there is none, sets a new password, and puts the user into the groups, which
   * are the roles (IM-ROLE).
   * @throws {OperatorError} Cognito refuses
   */
  async token(userId: string, roles: readonly string[] = []): Promise<string> {
    const { pool, client } = this.#pool;
    const user = { UserPoolId: pool, Username: userId };
    // Of four kinds of characters, as the pool demands.
    const password = `Aa1!${randomBytes(16).toString('hex')}`;
    const cognito = this.#cognito;
    try {
      if (await isNew(cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }))))
        this.#made.push(userId);
      await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }));
      for (const role of roles) {
        await isNew(cognito.send(new CreateGroupCommand({ UserPoolId: pool, GroupName: role })));
        await cognito.send(new AdminAddUserToGroupCommand({ ...user, GroupName: role }));
      }
      const answer = await cognito.send(
        new AdminInitiateAuthCommand({
          UserPoolId: pool,
          ClientId: client,
          AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: userId, PASSWORD: password },
        }),
      );
      const { AccessToken } = answer.AuthenticationResult ?? {};
      if (AccessToken === undefined) throw new OperatorError(`The pool asks for ${answer.ChallengeName}.`);
      return AccessToken;
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError(`No token of the user pool ${pool}: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * Deletes the users that `token` created, and no others.
   * @throws {OperatorError} with the names of those that are left
   */
  async deleteMade(): Promise<void> {
    const UserPoolId = this.#pool.pool;
    const left: string[] = [];
    let reason: unknown;
    for (const users of chunk(this.#made, DELETED_AT_ONCE)) {
      const results = await Promise.allSettled(
        users.map((Username) => this.#cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username }))),
      );
      for (const [index, result] of results.entries()) {
        if (result.status === 'fulfilled') continue;
        left.push(users[index] ?? '');
        reason = result.reason;
      }
    }
    if (left.length > 0)
      throw new OperatorError(
        `Delete these users of the pool ${UserPoolId} yourself: ${left.join(' ')} (${messageOf(reason)})`,
        { cause: reason },
      );
  }

  close(): void {
    this.#cognito.destroy();
  }
}

/** Whether it was created now, rather than before. */
async function isNew(created: Promise<unknown>): Promise<boolean> {
  try {
    await created;
    return true;
  } catch (error) {
    const isThere = error instanceof UsernameExistsException || error instanceof GroupExistsException;
    if (!isThere) throw error;
    return false;
  }
}
