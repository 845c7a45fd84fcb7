import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Set by `npm run verify`. */
const { VERIFY_WS: wsUrl, VERIFY_HTTP: httpUrl, VERIFY_TOKEN_COMMAND: tokenCommand } = process.env;

/** The deployment to verify instead of the local stack, if any. */
export const deployment =
  wsUrl === undefined || httpUrl === undefined || tokenCommand === undefined
    ? undefined
    : { wsUrl, httpUrl, token: tokensBy(tokenCommand) };

/** Runs the operator's command for each new user; `{user}` stands for the user id. */
function tokensBy(command: string) {
  const run = promisify(execFile);
  const tokens = new Map<string, Promise<string>>();
  return (userId: string): Promise<string> => {
    const known = tokens.get(userId);
    if (known !== undefined) return known;
    const made = run('sh', ['-c', command.replaceAll('{user}', userId)]).then(({ stdout }) => stdout.trim());
    tokens.set(userId, made);
    return made;
  };
}
