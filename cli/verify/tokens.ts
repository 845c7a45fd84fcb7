import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf, OperatorError } from '../../local/operator-error.ts';
import { type Pool, PoolUsers } from '../pool-users.ts';
import { devToken } from '../token.ts';

export type TokenOf = (userId: string, roles: readonly string[]) => Promise<string>;

/** Tokens of the users that a verification has. */
export interface Tokens {
  /**
   * The same token for the same user and roles.
   * @throws {OperatorError} there is none
   */
  readonly token: TokenOf;
  /** Whether it gives the roles of the desk. */
  readonly hasRoles: boolean;
  /**
   * Gives no more tokens, and removes the users that were made for them.
   * @throws {OperatorError} with those that are left
   */
  readonly end: () => Promise<void>;
}

/** Of users in the made pool, who are deleted in the end. */
export function poolTokens(pool: Pool): Tokens {
  const users = new PoolUsers(pool);
  const { token, close, settled } = remembering((userId, roles) => users.token(userId, roles));
  const end = async () => {
    close();
    await settled();
    await users.deleteMade().finally(() => users.close());
  };
  return { token, hasRoles: true, end };
}

/** Of the issuer of a stack on this machine. */
export function localTokens(httpUrl: string): Tokens {
  const { token, close } = remembering((userId, roles) => devToken(httpUrl, userId, roles));
  return { token, hasRoles: true, end: async () => close() };
}

/** Of any issuer, by a command in which `{user}` and `{roles}` stand for them. */
export function commandTokens(command: string): Tokens {
  const { token, close } = remembering((userId, roles) =>
    printedBy(command.replaceAll('{user}', userId).replaceAll('{roles}', roles.join(' '))),
  );
  // It does not wait for those that are asked for: a command may hang, and has made nothing.
  return { token, hasRoles: command.includes('{roles}'), end: async () => close() };
}

const run = promisify(exec);

async function printedBy(line: string): Promise<string> {
  const { stdout } = await run(line).catch((error: unknown) => {
    const [said = ''] = (Object(error).stderr || messageOf(error)).trim().split('\n');
    throw new OperatorError(`The token command failed: ${said}`, { cause: error });
  });
  const printed = stdout.trim();
  // Anything else would only fail as a header, as if the deployment could not be reached.
  if (!/^[!-~]+$/.test(printed))
    throw new OperatorError('The token command must print a token, and nothing else.');
  return printed;
}

interface Remembering {
  readonly token: TokenOf;
  /** From now on there are no more tokens. */
  readonly close: () => void;
  /** Waits for those that were asked for. */
  readonly settled: () => Promise<unknown>;
}

function remembering(make: TokenOf): Remembering {
  const tokens = new Map<string, Promise<string>>();
  let isOver = false;
  const token: TokenOf = async (userId, roles) => {
    if (isOver) throw new OperatorError('The verification is over.');
    const key = [userId, ...roles].join(' ');
    const made = tokens.get(key) ?? make(userId, roles);
    tokens.set(key, made);
    return made;
  };
  const close = () => {
    isOver = true;
  };
  return { token, close, settled: () => Promise.allSettled(tokens.values()) };
}
