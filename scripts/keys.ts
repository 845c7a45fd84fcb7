/** `npm run keys`: makes the keys of Web Push in the account's parameter store. A mistake of the operator's is one line. */
import {
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import webPush from 'web-push';
import { messageOf, OperatorError } from '../local/operator-error.ts';
import { parseCommand } from './admin/command.ts';

const USAGE = `Makes the keys of Web Push in the account's parameter store: npm run keys. Changes nothing if they are there.

  --folder PATH   where (option webPushKeys; default /serverless-im/web-push)
  --replace       makes new ones: every browser must subscribe again

It uses the configuration of the AWS SDK.`;

const OPTIONS = {
  folder: { type: 'string', default: '/serverless-im/web-push' },
  replace: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const client = new SSMClient({});

async function publicKey(folder: string): Promise<string | undefined> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: `${folder}/public` }));
    return Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

async function makeKeys(folder: string, replace: boolean): Promise<string> {
  const keys = webPush.generateVAPIDKeys();
  // The private one first: a public one without it would be deployed.
  // A private key without a public one is what a run that died has left: nobody uses it.
  await put({ Name: `${folder}/private`, Value: keys.privateKey, Type: 'SecureString', Overwrite: true });
  await put({ Name: `${folder}/public`, Value: keys.publicKey, Type: 'String', Overwrite: replace });
  return keys.publicKey;
}

async function put(parameter: PutParameterCommandInput): Promise<void> {
  await client.send(new PutParameterCommand(parameter));
}

async function run({ folder, replace }: { readonly folder: string; readonly replace: boolean }) {
  if (!/^(\/[\w.-]+)+$/.test(folder))
    throw new OperatorError(`--folder takes a path like ${OPTIONS.folder.default}, not "${folder}".`);
  try {
    const known = replace ? undefined : await publicKey(folder);
    if (known !== undefined) return `The keys are in ${folder} already. Public key: ${known}`;
    return `Made the keys in ${folder}. Deploy now. Public key: ${await makeKeys(folder, replace)}`;
  } catch (error) {
    const reason =
      error instanceof ParameterAlreadyExists ? 'another run has just made them' : messageOf(error);
    throw new OperatorError(`can't make the keys in ${folder}: ${reason}`, { cause: error });
  }
}

try {
  const { values } = parseCommand(process.argv.slice(2), OPTIONS, []);
  console.log(values.help ? USAGE : await run(values));
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  console.error(`keys: ${error.message}`);
  process.exitCode = 1;
}
