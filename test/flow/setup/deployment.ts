import type { TokenOptions } from '../../../local/dev-issuer.ts';

/** Set by `npm run verify`. */
const {
  VERIFY_WS: wsUrl,
  VERIFY_HTTP: httpUrl,
  VERIFY_TOKENS: tokensUrl,
  VERIFY_QUEUES: queues = '',
} = process.env;

/** The deployment to verify instead of the local stack, if any. */
export const deployment =
  wsUrl === undefined || httpUrl === undefined || tokensUrl === undefined
    ? undefined
    : {
        wsUrl,
        httpUrl,
        token: tokensAt(tokensUrl),
        /** Its support queues; empty if the desk can't be verified. */
        queues: queues.split(',').filter((name) => name !== ''),
      };

/**
 * Asks the command, which has the same token for the same user and roles. Other options are the dev issuer's alone: no case that
 * needs them runs here.
 */
function tokensAt(url: string) {
  return async (userId: string, { roles = [] }: TokenOptions = {}): Promise<string> => {
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ userId, roles }) });
    const said = await answer.text();
    if (!answer.ok) throw new Error(said);
    return said;
  };
}
