import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { remedyOf } from '../aws-remedy.ts';
import { patience, type Verdict } from './check.ts';
import { unknown } from './unknown.ts';

/** Who asks, and where. Nothing else can be checked without it. */
export async function account(): Promise<Verdict> {
  const client = new STSClient({});
  try {
    const region = await client.config.region();
    const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}), patience());
    return { finding: 'ok', text: `${Account}, ${region}, as ${Arn}` };
  } catch (error) {
    return { finding: 'fails', text: remedyOf(error) ?? unknown(error).text };
  }
}
