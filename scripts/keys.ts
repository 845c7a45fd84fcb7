/**
 * Makes the keys of Web Push in the account's parameter store: `npm run keys`. Changes nothing if they are there.
 *
 *   --folder PATH   where (option `webPushKeys`; default /serverless-im/web-push)
 *   --replace       makes new ones: every browser must subscribe again
 */
import { parseArgs } from 'node:util';
import {
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import webPush from 'web-push';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '/serverless-im/web-push' },
    replace: { type: 'boolean', default: false },
  },
});
const { folder, replace } = values;
const client = new SSMClient({});

async function publicKey(): Promise<string | undefined> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: `${folder}/public` }));
    return Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

async function makeKeys(): Promise<string> {
  const keys = webPush.generateVAPIDKeys();
  // The private one first: a public one without it would be deployed.
  await put('private', keys.privateKey, 'SecureString');
  await put('public', keys.publicKey, 'String');
  return keys.publicKey;
}

async function put(name: 'private' | 'public', Value: string, Type: 'String' | 'SecureString') {
  const Name = `${folder}/${name}`;
  // A private key without a public one is what a run that died has left: nobody uses it.
  const Overwrite = replace || name === 'private';
  await client.send(new PutParameterCommand({ Name, Value, Type, Overwrite }));
}

try {
  const known = replace ? undefined : await publicKey();
  if (known !== undefined) console.log(`The keys are in ${folder} already. Public key: ${known}`);
  else console.log(`Made the keys in ${folder}. Deploy now. Public key: ${await makeKeys()}`);
} catch (error) {
  const reason =
    error instanceof ParameterAlreadyExists ? 'another run has just made them' : (error as Error).message;
  console.error(`serverless-im: can't make the keys in ${folder}: ${reason}`);
  process.exitCode = 1;
}
