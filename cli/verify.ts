import { writeFileSync } from 'node:fs';
import type { ParseArgsOptionsConfig } from 'node:util';
import { messageOf, OperatorError } from '../local/operator-error.ts';
import type { Command } from './command.ts';
import { usualDataHelp } from './local-stack.ts';
import { parseCommand } from './options.ts';
import type { Deployment } from './verify/deployment.ts';
import type { Figures } from './verify/figures.ts';
import { commandLine } from './wording.ts';

const OPTIONS = {
  stack: { type: 'string' },
  http: { type: 'string' },
  ws: { type: 'string' },
  pool: { type: 'string' },
  client: { type: 'string' },
  'token-command': { type: 'string' },
  data: { type: 'string' },
  json: { type: 'string' },
  quick: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

/** Checks a deployment from outside, as its users. */
export const verify: Command = {
  help: () => `Checks a deployment from outside, as three users of its own: ${commandLine('verify', '[options]')}
Without options: the stack on this machine. The exit status is 1 if a check fails. In a checkout of the
repository, \`npm run verify\` goes on with the cases of the whole contract.

  --stack NAME   a stack of the account: its outputs have the URLs, and the user pool, if it made one
  --http URL     or: the HTTP API of any deployment
  --ws URL       its WebSocket API (default: what the HTTP API says)
  --pool ID, --client ID   its made user pool
  --token-command CMD      for an issuer of your own: prints a token for the user id that replaces {user}, with the roles that
                 replace {roles}: none, agent, or supervisor. Without {roles} the cases of the desk are left out
  --data DIR     ${usualDataHelp()}
  --json FILE    writes the figures there: the checks, and the latency
  --quick        for \`npm run verify\`: leaves out the contract

In a made user pool it creates its users, and deletes them in the end; what they have written stays.
It uses the configuration of the AWS SDK.`,
  async run(args) {
    const { values } = parseCommand(args, OPTIONS);
    // Imported late: the help needs none of it.
    const { deploymentOf } = await import('./verify/deployment.ts');
    const deployment = await deploymentOf(values);
    try {
      await verifyAll(deployment, values);
    } finally {
      // A check that was given up waits for ever.
      setImmediate(() => process.exit());
    }
  },
};

interface VerifyOptions {
  readonly json?: string | undefined;
  readonly quick: boolean;
}

/** @throws {OperatorError} with the first failure, or users that are left */
async function verifyAll(deployment: Deployment, { json, quick }: VerifyOptions): Promise<void> {
  const { httpUrl, tokens } = deployment;
  const figures: Figures = { startedAt: new Date().toISOString(), httpUrl, checks: [] };
  const failure = await failureOf(untilStopped((signal) => holdAll(deployment, figures, quick, signal)));
  const left = await failureOf(tokens.end());
  if (failure !== undefined) figures.failure = messageOf(failure);
  const unwritten = json === undefined ? undefined : await failureOf(write(json, figures));
  const [first, ...others] = [failure, left, unwritten].filter((each) => each !== undefined);
  for (const other of others) console.error(`serverless-im: ${messageOf(other)}`);
  if (first !== undefined) throw first;
  console.log(closingLine(figures));
}

async function holdAll(
  deployment: Deployment,
  figures: Figures,
  quick: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { runChecks } = await import('./verify/run-checks.ts');
  await runChecks(deployment, figures);
  const { hasContract, runContract } = await import('./verify/contract.ts');
  if (quick || !hasContract()) {
    const reason = hasContract()
      ? 'left out by --quick'
      : '`npm run verify` in a checkout of the repository runs them';
    return console.log(`Not run: the cases of the whole contract (${reason}).`);
  }
  figures.contract = await runContract(deployment, signal);
  const { failed } = figures.contract;
  if (failed > 0) throw new OperatorError(`Of the contract's cases ${failed} failed: they are listed above.`);
}

function closingLine({ checks, contract, httpUrl }: Figures): string {
  if (contract === undefined) return `All ${checks.length} checks hold for ${httpUrl}.`;
  const { passed, skipped } = contract;
  const left = skipped === 0 ? '' : `; ${skipped} cases were left out`;
  return `All ${checks.length} checks and ${passed} cases of the contract hold for ${httpUrl}${left}.`;
}

async function write(file: string, figures: Figures): Promise<void> {
  try {
    writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
  } catch (error) {
    throw new OperatorError(`Can't write the figures: ${messageOf(error)}`, { cause: error });
  }
}

/** Ends early, so that what was made is removed, when the process is told to end. */
async function untilStopped(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => {
    stopping.abort();
    reject(new OperatorError('The verification was stopped.'));
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const name of signals) process.once(name, stop);
  try {
    await Promise.race([run(stopping.signal), stopped]);
  } finally {
    for (const name of signals) process.off(name, stop);
  }
}

async function failureOf(done: Promise<void>): Promise<unknown> {
  return done.then(
    () => undefined,
    (error: unknown) => error,
  );
}
