import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TokenOptions } from '../../../local/dev-issuer.ts';

/** Set by `npm run verify`. */
const {
  VERIFY_WS: wsUrl,
  VERIFY_HTTP: httpUrl,
  VERIFY_TOKEN_COMMAND: tokenCommand,
  VERIFY_QUEUES: queues = '',
} = process.env;

/** The deployment to verify instead of the local stack, if any. */
export const deployment =
  wsUrl === undefined || httpUrl === undefined || tokenCommand === undefined
    ? undefined
    : {
        wsUrl,
        httpUrl,
        token: tokensBy(tokenCommand),
        /** Its support queues; empty if the desk can't be verified. */
        queues: queues.split(',').filter((name) => name !== ''),
      };

/**
 * Runs the operator's command once for each user with these roles; `{user}` and `{roles}` stand for them. Other options
 * are the dev issuer's alone: no case that needs them runs here.
 */
function tokensBy(command: string) {
  const run = promisify(execFile);
  const tokens = new Map<string, Promise<string>>();
  return (userId: string, { roles = [] }: TokenOptions = {}): Promise<string> => {
    const line = command.replaceAll('{user}', userId).replaceAll('{roles}', roles.join(' '));
    const known = tokens.get(line);
    if (known !== undefined) return known;
    const made = run('sh', ['-c', line]).then(({ stdout }) => stdout.trim());
    tokens.set(line, made);
    return made;
  };
}
