import type { Stack } from '@aws-sdk/client-cloudformation';
import { DATA_VERSION } from '../../lambdas/shared/data-version.ts';
import { describedStack } from '../described-stack.ts';
import type { Deployment, Verdict } from './check.ts';

/** Whether the stack can be made, or updated by this release. */
export async function stackState({ stack }: Deployment): Promise<Verdict> {
  const found = await describedStack(stack);
  if (found === undefined) return { finding: 'ok', text: `${stack} will be made` };
  return brokenBy(stack, found) ?? updateOf(stack, found);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html (status codes) */
function brokenBy(stack: string, { StackStatus }: Stack): Verdict | undefined {
  const status = String(StackStatus);
  const fails = (text: string): Verdict => ({ finding: 'fails', text: `${stack} is ${status}: ${text}` });
  if (status.endsWith('_CLEANUP_IN_PROGRESS')) return undefined;
  if (status.endsWith('_IN_PROGRESS')) return fails('wait until it is done');
  if (status === 'ROLLBACK_COMPLETE' || status === 'ROLLBACK_FAILED' || status === 'CREATE_FAILED')
    return fails(
      `its first deployment failed; delete it: aws cloudformation delete-stack --stack-name ${stack}`,
    );
  if (status === 'UPDATE_ROLLBACK_FAILED')
    return fails(`run: aws cloudformation continue-update-rollback --stack-name ${stack}`);
  if (status === 'DELETE_FAILED') return fails('delete it, and what it could not delete, first');
  return undefined;
}

function updateOf(stack: string, { Outputs = [] }: Stack): Verdict {
  const output = Outputs.find(({ OutputKey }) => OutputKey === 'DataVersion')?.OutputValue;
  if (output === undefined)
    return {
      finding: 'unknown',
      text: `${stack} is there, and does not say which data it has: it has no output DataVersion (docs/upgrading.md)`,
    };
  const deployed = Number(output);
  if (deployed === DATA_VERSION)
    return { finding: 'ok', text: `${stack} is there, with data version ${deployed}, as of this release` };
  if (deployed < DATA_VERSION)
    return {
      finding: 'ok',
      text: `${stack} is there, with data version ${deployed}; this release makes it ${DATA_VERSION}: see docs/upgrading.md`,
    };
  if (deployed === DATA_VERSION + 1)
    return {
      finding: 'mind',
      text: `${stack} has data version ${deployed}, and this release knows ${DATA_VERSION}: that is the way back, see docs/upgrading.md`,
    };
  return {
    finding: 'fails',
    text: `${stack} has data version ${deployed}, and this release knows ${DATA_VERSION}: deploy a later release`,
  };
}
