/** @module-tag long */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import budgets from '../../bench/budgets.json' with { type: 'json' };
import { judgeBundles } from '../../bench/measure/budget.ts';
import cdk from '../../cdk.json' with { type: 'json' };
import { BOOTSTRAP_VERSION } from '../../cli/preflight/bootstrap.ts';
import { ENV } from '../../lambdas/shared/env-names.ts';
import { functionNames } from '../../lib/functions.ts';
import { REPOSITORY, type Run, runNode } from './run-node.ts';

/** The app as the CLI starts it, with every check of the templates on. */
const synth = (outdir: string, context: object): Promise<Run> =>
  runNode(REPOSITORY, ['bin/serverless-im.ts'], {
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify(context),
  });

interface FunctionResource {
  readonly Type: string;
  readonly Properties: {
    readonly Code: { readonly S3Key: string };
    readonly Environment: { readonly Variables: Record<string, unknown> };
  };
}

describe('the app', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'serverless-im-test-'));
  let run: Run;
  let functions: readonly (readonly [string, FunctionResource])[];

  beforeAll(async () => {
    run = await synth(outdir, { userPool: true });
    const template = JSON.parse(readFileSync(join(outdir, 'ServerlessIm.template.json'), 'utf8'));
    functions = Object.entries<FunctionResource>(template.Resources).filter(
      ([, { Type }]) => Type === 'AWS::Lambda::Function',
    );
  });
  afterAll(() => rmSync(outdir, { recursive: true, force: true }));

  const bundleOf = (fn: FunctionResource) =>
    join(outdir, `asset.${fn.Properties.Code.S3Key.replace('.zip', '')}`);
  const sourceMap = (fn: FunctionResource): { sources: string[]; sourcesContent?: string[] } =>
    JSON.parse(readFileSync(join(bundleOf(fn), 'index.mjs.map'), 'utf8'));

  it('is synthesized by plain node, without an account and without a finding', () => {
    expect(run.exitCode).toBe(0);
    const remarks = run.stderr
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('Bundling asset'));
    expect(remarks).toEqual([]);
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
    expect(report.pluginReports).toEqual([]);
  });

  it("starts no function with Node's fetch, which none uses and which takes 20 ms to load", async () => {
    const starts = functions.map(([, fn]) =>
      runNode(bundleOf(fn), [
        '--input-type=module',
        '--eval',
        // Without its variables the function fails, after its imports.
        `await import('./index.mjs').catch(() => {});
        console.log(process.moduleLoadList.filter((name) => name.includes('undici')).length);`,
      ]),
    );
    const loaded = (await Promise.all(starts)).map(({ stdout }) => stdout.trim());
    expect(loaded).toEqual(functions.map(() => '0'));
  });

  it('needs the bootstrap version that preflight asks for', () => {
    const { artifacts } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as {
      artifacts: Record<string, { properties?: { requiresBootstrapStackVersion?: number } }>;
    };
    const versions = Object.values(artifacts).map(
      ({ properties }) => properties?.requiresBootstrapStackVersion ?? 0,
    );
    expect(BOOTSTRAP_VERSION).toBe(Math.max(...versions));
  });

  it('reads its feature flags from cdk.json even without the CLI: policies are minimized', () => {
    expect(Object.keys(cdk.context)).toContain('@aws-cdk/aws-iam:minimizePolicies');
    const tree = JSON.parse(readFileSync(join(outdir, 'ServerlessIm.template.json'), 'utf8'));
    expect(JSON.stringify(tree)).toContain(
      '["dynamodb:BatchGetItem","dynamodb:GetItem","dynamodb:UpdateItem"]',
    );
  });

  it('gives each function a bundle of one module and its source map', () => {
    expect(functions).toHaveLength(
      functionNames({
        desk: true,
        events: false,
        archive: false,
        attachments: true,
        attachmentScan: false,
        notifications: false,
      }).length,
    );
    for (const [, fn] of functions) {
      expect(readdirSync(bundleOf(fn)).sort()).toEqual(['index.mjs', 'index.mjs.map']);
    }
  });

  it('keeps every bundle below its budget, including the SDK', () => {
    const sizes = functions.map(([logicalId, fn]) => {
      const name = /Functions(\w+)[0-9A-F]{8}$/.exec(logicalId)?.[1] ?? logicalId;
      return [name, statSync(join(bundleOf(fn), 'index.mjs')).size] as const;
    });
    expect(judgeBundles(budgets, Object.fromEntries(sizes)).broken).toEqual([]);
  });

  it("leaves out the SDK's parts that never run in Lambda: other credential sources, event streams", () => {
    const sources = functions.flatMap(([, fn]) => sourceMap(fn).sources);
    const found = sources.flatMap(
      (source) => /credential-provider-[a-z-]+|event-streams?(?=\/)/.exec(source) ?? [],
    );
    expect(new Set(found)).toEqual(new Set(['credential-provider-env']));
  });

  it('names sources in source maps relative to the package, so that another checkout makes the same assets', () => {
    for (const [, fn] of functions) {
      const { sources, sourcesContent } = sourceMap(fn);
      expect(sources.filter((source) => !/^(lambdas|lib|protocol|node_modules)\//.test(source))).toEqual([]);
      expect(sourcesContent).toBeUndefined();
    }
  });

  /** The variables of ours that the stack gives a function, with values that all parse. */
  const givenTo = (fn: FunctionResource): Record<string, string> =>
    Object.fromEntries(
      Object.keys(fn.Properties.Environment.Variables)
        .filter((name) => Object.values<string>(ENV).includes(name))
        .map((name) => [name, /_(SECONDS|MS|BYTES)$/.test(name) ? '60' : 'https://example.com/x']),
    );

  it('gives every function exactly the variables that it reads', async () => {
    const script = `
      const names = new Set(${JSON.stringify(Object.values(ENV))});
      const results = {};
      for (const [name, file, given] of JSON.parse(process.env.FUNCTIONS)) {
        const read = new Set();
        process.env = new Proxy({ AWS_REGION: 'eu-central-1', ...given }, {
          get(target, key) { if (names.has(key)) read.add(key); return target[key]; },
        });
        const { handler } = await import(file);
        results[name] = { handler: typeof handler, unread: Object.keys(given).filter((key) => !read.has(key)) };
      }
      console.log(JSON.stringify(results));`;
    const jobs = functions.map(([name, fn]) => [name, join(bundleOf(fn), 'index.mjs'), givenTo(fn)]);
    const { stdout, stderr } = await runNode(REPOSITORY, ['--input-type=module', '--eval', script], {
      FUNCTIONS: JSON.stringify(jobs),
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(
      Object.fromEntries(functions.map(([name]) => [name, { handler: 'function', unread: [] }])),
    );
  });

  it('reports in one line what is wrong with its context, and fails', async () => {
    const { exitCode, stderr } = await synth(join(outdir, 'bad'), { userPool: true, lease: '30' });
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'serverless-im: context "lease" must be a duration like 90s, 30m, 12h, or 7d, not "30"\n',
    );
  });

  it('refuses an option that is misspelt, and so would have its default', async () => {
    const { exitCode, stderr } = await synth(join(outdir, 'misspelt'), { userPool: true, retian: false });
    expect([exitCode, stderr]).toEqual([
      1,
      'serverless-im: unknown option "retian": did you mean "retain"?\n',
    ]);
  });
});
