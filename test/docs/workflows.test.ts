import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { scriptsOf } from './commands/called-as.ts';
import { loadCli } from './commands/cli.ts';
import { mistakeIn } from './commands/mistakes.ts';
import { REPOSITORY } from './commands/pages.ts';
import { type Invocation, typeCommands } from './commands/shell.ts';

interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly on: {
    readonly workflow_dispatch?: { readonly inputs: Readonly<Record<string, { readonly default?: string }>> };
  };
  readonly jobs: Readonly<
    Record<string, { readonly env?: Readonly<Record<string, string>>; readonly steps: readonly Step[] }>
  >;
}

function read(path: string): Workflow {
  const document = parseDocument(readFileSync(join(REPOSITORY, path), 'utf8'), { strict: true });
  expect(document.errors).toEqual([]);
  return document.toJS();
}

const stepsOf = ({ jobs }: Workflow) => Object.values(jobs).flatMap(({ steps }) => steps);

describe.each(globSync('.github/workflows/*.yml', { cwd: REPOSITORY }))('%s', (path) => {
  it('has steps that each use an action or run something', () => {
    const steps = stepsOf(read(path));
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.filter(({ uses, run }) => (uses === undefined) === (run === undefined))).toEqual([]);
  });

  it('runs only scripts that exist', () => {
    const lines = stepsOf(read(path)).map(({ run = '' }) => run);
    const scripts = lines.flatMap((line) => [...line.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)]);
    const files = lines.flatMap((line) => [...line.matchAll(/\bbash (\S+)/g)]);
    const unknown = [
      ...scripts.filter(([, name = '']) => !(name in scriptsOf('.'))),
      ...files.filter(([, name = '']) => !existsSync(join(REPOSITORY, name))),
    ];
    expect(unknown.map(([text]) => text)).toEqual([]);
  });
});

describe('the workflow that verifies on AWS', () => {
  const PATH = '.github/workflows/verify-on-aws.yml';
  const workflow = read(PATH);
  const steps = stepsOf(workflow);
  const inputs = workflow.on.workflow_dispatch?.inputs ?? {};
  const environment = Object.entries(workflow.jobs['verify']?.env ?? {}).map(
    ([name, value]) =>
      `${name}='${value.replaceAll(/\$\{\{ inputs\.(\w+) \}\}/g, (_, input: string) => inputs[input]?.default ?? '')}'`,
  );
  const code = steps.flatMap(({ run }) =>
    run === undefined
      ? []
      : [{ page: PATH, text: [...environment, run].join('\n'), language: 'sh', around: '' }],
  );
  const { invocations, complaints } = typeCommands(PATH, code);
  const called = (name: string): Invocation[] =>
    invocations.filter(({ program, args }) => `${program} ${args.join(' ')}`.startsWith(name));

  it('calls only commands, options, and keys that exist', async () => {
    expect(complaints).toBe('');
    const { mistakeIn: ofOurs } = await loadCli();
    const mistakes = await Promise.all(invocations.map((one) => mistakeIn(one, ofOurs)));
    expect(mistakes.filter((mistake) => mistake !== undefined)).toEqual([]);
  });

  it('looks at the account, deploys, verifies with the package and in the repository, and keeps the figures', () => {
    const order = ['npm run -s preflight', 'npx cdk deploy', 'npx serverless-im verify', 'npm run verify'];
    const places = order.map((name) => invocations.indexOf(called(name)[0] as Invocation));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    const upload = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    expect(upload).toMatchObject({ if: 'always()', with: { path: 'figures-*' } });
    const written = invocations.flatMap(({ args }) =>
      args.filter((arg) => /figures-[\w-]+\.json$/.test(arg)),
    );
    expect(written).toHaveLength(2);
  });

  it('deletes what it deployed, whatever has failed, and nothing that was there before', () => {
    const [deploy, destroy] = [called('npx cdk deploy'), called('npx cdk destroy')].map(([one]) => one?.args);
    expect(destroy?.slice(destroy.indexOf('-c'))).toEqual(deploy?.slice(deploy.indexOf('-c')));
    expect(deploy).toEqual(expect.arrayContaining(['stackName=ServerlessImVerify', 'retain=false']));
    expect(steps.find(({ run }) => run?.includes('cdk destroy'))?.if).toBe(
      "always() && steps.deploy.outcome != 'skipped'",
    );
    const looks = steps.findIndex(({ run }) => run?.includes('aws cloudformation list-stacks'));
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThan(steps.findIndex(({ run }) => run?.includes('cdk deploy')));
  });
});
