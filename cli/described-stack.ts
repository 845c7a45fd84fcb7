import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { messageOf } from '../local/operator-error.ts';
import { patience } from './preflight/check.ts';

/** A stack of the account and region; undefined if there is none of this name. */
export async function describedStack(StackName: string): Promise<Stack | undefined> {
  try {
    const { Stacks = [] } = await new CloudFormationClient({}).send(
      new DescribeStacksCommand({ StackName }),
      patience(),
    );
    return Stacks[0];
  } catch (error) {
    // A ValidationError, which has no class.
    if (messageOf(error).includes('does not exist')) return undefined;
    throw error;
  }
}
