import { randomBytes } from 'node:crypto';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  GroupExistsException,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider';
import { messageOf, OperatorError } from '../local/operator-error.ts';

/** A user pool that the stack made, and its client. */
export interface Pool {
  readonly pool: string;
  readonly client: string;
}

/**
 * An access token of a user in the stack's own user pool. Creates the user if there is none, sets a new password, and puts the user
 * into the groups, which are the roles (IM-ROLE).
 * @throws {OperatorError} Cognito refuses
 */
export async function poolToken(
  { pool, client }: Pool,
  userId: string,
  roles: readonly string[],
): Promise<string> {
  const cognito = new CognitoIdentityProviderClient({});
  const user = { UserPoolId: pool, Username: userId };
  // Of four kinds of characters, as the pool demands.
  const password = `Aa1!${randomBytes(16).toString('hex')}`;
  try {
    await unlessThere(cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' })));
    await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }));
    for (const role of roles) {
      await unlessThere(cognito.send(new CreateGroupCommand({ UserPoolId: pool, GroupName: role })));
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
  } finally {
    cognito.destroy();
  }
}

async function unlessThere(created: Promise<unknown>): Promise<void> {
  try {
    await created;
  } catch (error) {
    const isThere = error instanceof UsernameExistsException || error instanceof GroupExistsException;
    if (!isThere) throw error;
  }
}
