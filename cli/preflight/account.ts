import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { messageOf } from '../../local/operator-error.ts';
import { patience, type Verdict } from './check.ts';
import { nameOf, unknown } from './unknown.ts';

/** Who asks, and where. Nothing else can be checked without it. */
export async function account(): Promise<Verdict> {
  const client = new STSClient({});
  try {
    const region = await client.config.region();
    const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}), patience());
    return { finding: 'ok', text: `${Account}, ${region}, as ${Arn}` };
  } catch (error) {
    const text = remedyOf(error);
    return { finding: 'fails', text: text ?? unknown(error).text };
  }
}

function remedyOf(error: unknown): string | undefined {
  const name = nameOf(error);
  if (messageOf(error).includes('Region is missing'))
    return 'no region: set AWS_REGION, or run `aws configure set region eu-central-1`';
  if (name.startsWith('ExpiredToken') || name === 'TokenRefreshRequired')
    return 'the credentials have expired: sign in again, for example by `aws sso login`';
  if (name === 'CredentialsProviderError') return 'no credentials: run `aws configure`, or set AWS_PROFILE';
  if (/InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId/.test(name))
    return 'AWS refuses the credentials: make a new key, or set another AWS_PROFILE';
  return undefined;
}
