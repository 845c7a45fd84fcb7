import { GetPlatformApplicationAttributesCommand, NotFoundException, SNSClient } from '@aws-sdk/client-sns';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { commandLine } from '../wording.ts';
import { type Deployment, patience, type Verdict } from './check.ts';
import { textIn } from './context.ts';

/** The template refers to the keys of Web Push in the parameter store. */
export async function webPushKeys({ context }: Deployment): Promise<Verdict | undefined> {
  if (textIn(context, 'webPushSubject') === undefined) return undefined;
  const folder = textIn(context, 'webPushKeys') ?? '/serverless-im/web-push';
  const Names = [`${folder}/public`, `${folder}/private`];
  const { InvalidParameters = [] } = await new SSMClient({}).send(
    new GetParametersCommand({ Names }),
    patience(),
  );
  if (InvalidParameters.length === 0) return { finding: 'ok', text: `the keys are in ${folder}` };
  return {
    finding: 'fails',
    text: `no keys in ${folder}: run ${commandLine('keys', folder === '/serverless-im/web-push' ? '' : `--folder ${folder}`)}`,
  };
}

/** Apple's and Google's, in SNS: they must be there, and enabled. */
export async function platforms({ context }: Deployment): Promise<Verdict | undefined> {
  const options = ['apnsPlatformArn', 'fcmPlatformArn'].filter((key) => textIn(context, key) !== undefined);
  if (options.length === 0) return undefined;
  const faults = await Promise.all(options.map((key) => faultOf(key, textIn(context, key) ?? '')));
  const found = faults.filter((fault) => fault !== undefined);
  return found.length === 0
    ? { finding: 'ok', text: options.join(', ') }
    : { finding: 'fails', text: found.join('; ') };
}

async function faultOf(option: string, PlatformApplicationArn: string): Promise<string | undefined> {
  const client = new SNSClient({});
  const region = await client.config.region();
  if (PlatformApplicationArn.split(':')[3] !== region) return `${option} is of another region than ${region}`;
  try {
    const { Attributes } = await client.send(
      new GetPlatformApplicationAttributesCommand({ PlatformApplicationArn }),
      patience(),
    );
    return Attributes?.['Enabled'] === 'false'
      ? `${option} is disabled: enable it in the console of SNS`
      : undefined;
  } catch (error) {
    if (error instanceof NotFoundException)
      return `${option} names no platform application of SNS: ${PlatformApplicationArn}`;
    throw error;
  }
}
