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
import type { Command } from './command.ts';
import { parseCommand } from './options.ts';
import { during } from './progress.ts';
import { UsageError } from './usage-error.ts';
import { commandLine } from './wording.ts';

const OPTIONS = {
  folder: { type: 'string', default: '/serverless-im/web-push' },
  replace: { type: 'boolean', default: false },
} as const;

/** Makes the keys of Web Push in the account's parameter store. */
export const keys: Command = {
  help: () => `Makes the keys of Web Push in the account's parameter store: ${commandLine('keys', '[options]')}
Changes nothing if they are there.

  --folder PATH   where (option webPushKeys; default ${OPTIONS.folder.default})
  --replace       makes new ones: every browser must subscribe again

It uses the configuration of the AWS SDK.`,
  async run(args) {
    const { values } = parseCommand(args, OPTIONS);
    console.log(await during('the parameter store', false, () => make(values)));
  },
};

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
  const pair = webPush.generateVAPIDKeys();
  // The private one first: a public one without it would be deployed.
  // A private key without a public one is what a run that died has left: nobody uses it.
  await put({ Name: `${folder}/private`, Value: pair.privateKey, Type: 'SecureString', Overwrite: true });
  await put({ Name: `${folder}/public`, Value: pair.publicKey, Type: 'String', Overwrite: replace });
  return pair.publicKey;
}

async function put(parameter: PutParameterCommandInput): Promise<void> {
  await client.send(new PutParameterCommand(parameter));
}

async function make({ folder, replace }: { readonly folder: string; readonly replace: boolean }) {
  if (!/^(\/[\w.-]+)+$/.test(folder))
    throw new UsageError(`--folder takes a path like ${OPTIONS.folder.default}, not "${folder}".`);
  try {
    const known = replace ? undefined : await publicKey(folder);
    if (known !== undefined) return `The keys are in ${folder} already. Public key: ${known}`;
    return `Made the keys in ${folder}. Deploy now. Public key: ${await makeKeys(folder, replace)}`;
  } catch (error) {
    const reason =
      error instanceof ParameterAlreadyExists ? 'another run has just made them' : messageOf(error);
    throw new OperatorError(`Can't make the keys in ${folder}: ${reason}`, { cause: error });
  }
}
