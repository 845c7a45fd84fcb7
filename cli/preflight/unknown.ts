import { messageOf } from '../../local/operator-error.ts';
import type { Verdict } from './check.ts';

const THROTTLES = /Throttl|TooManyRequests|LimitExceeded/;

/** A check that could not be made is no reason against a deployment. */
export function unknown(error: unknown): Verdict {
  const name = nameOf(error);
  if (/AccessDenied|NotAuthorized|UnauthorizedOperation/.test(name))
    return {
      finding: 'unknown',
      text: `can't check: needs ${actionIn(error) ?? 'a permission that is not there'}`,
    };
  if (THROTTLES.test(name))
    return { finding: 'unknown', text: "can't check: AWS throttles; call again in a minute" };
  if (/Timeout|Abort|ENOTFOUND|ECONN|Networking/.test(`${name} ${codeOf(error)}`))
    return {
      finding: 'unknown',
      text: `can't check: AWS does not answer (${codeOf(error) || name}); look at the network, and call again`,
    };
  return { finding: 'unknown', text: `can't check: ${name}: ${messageOf(error).split('\n')[0]}` };
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** IAM's message names the action. */
function actionIn(error: unknown): string | undefined {
  return /not authorized to perform: ([\w-]+:\w+)/.exec(messageOf(error))?.[1];
}
