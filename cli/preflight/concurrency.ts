import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type Deployment, patience, type Verdict } from './check.ts';
import { numberIn } from './context.ts';

/** What a deployment that people use needs at least, and what AWS gives on request (docs/operations.md). */
const COMFORTABLE = 1_000;
/** Lambda leaves so many to functions without a reserved concurrency, or refuses; new accounts have fewer altogether. */
const UNRESERVED = 100;
const MORE =
  'aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000';

/** How many functions may run at once, all of the account's in this region. */
export async function concurrency({ context }: Deployment): Promise<Verdict> {
  const { AccountLimit } = await new LambdaClient({}).send(new GetAccountSettingsCommand({}), patience());
  const { ConcurrentExecutions: limit = 0, UnreservedConcurrentExecutions: free = 0 } = AccountLimit ?? {};
  const reserved = numberIn(context, 'pollConcurrency') ?? 0;
  if (reserved > 0 && free - reserved < Math.min(UNRESERVED, limit))
    return {
      finding: 'fails',
      text: `pollConcurrency=${reserved} would leave ${free - reserved} of ${limit} concurrent runs, which Lambda refuses: leave it out, or ask for more: ${MORE}`,
    };
  if (limit >= COMFORTABLE) return { finding: 'ok', text: `${limit} concurrent runs, ${free} not reserved` };
  return {
    finding: 'mind',
    text: `${limit} concurrent runs: enough to look around, not for users (a client that polls takes one); ask for more, which takes days: ${MORE}`,
  };
}
