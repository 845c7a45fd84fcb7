/** A test that runs commands of the documents. */
export interface Run {
  /** As `calledAs` writes them. */
  readonly commands: RegExp;
  /** The file that runs them, or code that they are made of. */
  readonly by: string;
  /** What the file has only because it does. */
  readonly as: string;
}

const run = (commands: RegExp, by: string, as: string): Run => ({ commands, by, as });

const CLI_TESTS = 'test/emulator/cli';

/** Scripts, commands of `cli/`, and what the documents do with npm. A new document adds a line here, or says why no test runs its command. */
export const RUNS: readonly Run[] = [
  run(/^npm ci$/, '.ci/run', 'npm ci'),
  run(/^npm run check$/, '.ci/run', 'npm run check'),
  run(/^npm test$|^npm run test:long$/, 'package.json', 'npm run chromium && npm test'),
  run(
    /^npm run (imports|clauses|docs:check|budgets|test:packages|chromium)$/,
    'package.json',
    '"check": "npm run lint',
  ),
  run(/^npm run test:unit$|^npx vitest run\b/, 'vitest.config.ts', "name: 'unit'"),
  run(
    /^npm run bench (--check --accept|--part bundles --accept|--report)$/,
    'test/docs/generated-tables.test.ts',
    'reportPages',
  ),
  run(/^npm run bench --check$/, 'package.json', '"budgets": "node bench/main.ts --check'),
  run(/^npm run bench --scenario /, 'bench/bench.ts', 'scenarios'),
  run(/^npm run frames$/, 'test/unit/protocol/frame-table.test.ts', 'withTables'),
  run(/^npm run protobuf$/, 'test/unit/protocol/protobuf.test.ts', 'npm run protobuf'),
  run(/^npx dynoxide$/, 'test/emulator/runtime/dynoxide.test.ts', 'npx'),
  run(/^npm run api$/, 'test/docs/api-documents.test.ts', 'apiDocuments'),
  run(/^npm run docs( -w client)?$/, 'scripts/reference.ts', '--check'),
  run(/^npm (pack( -w client)?|install)$|^npm run build$/, 'test/packages/setup/install-once.ts', "'pack'"),
  run(/^npm (start|run (app|bot|page))$/, 'test/packages/examples.test.ts', 'examples.start(name'),
  run(/^serverless-im start --origin \S+$/, 'test/packages/examples.test.ts', 'examples.start(name'),
  run(/^npm run example:node /, 'test/flow/examples.test.ts', "run('node'"),
  run(
    /^npm (init -y|pkg set type=module|install .*)$|^npx vite --port 5173$/,
    'test/packages/tutorial.test.ts',
    'walk.follow',
  ),
  run(/^serverless-im start --app "node app.js" --origin /, 'test/packages/tutorial.test.ts', 'walk.follow'),
  run(/^serverless-im start --app/, 'test/setup/own-app.ts', "'--app'"),
  run(/^serverless-im start( --nodes [2N])?$/, `${CLI_TESTS}/start.test.ts`, "cli('--json', '--nodes', '2'"),
  run(
    /^serverless-im start (--trace|--faults faults.json)$/,
    'test/emulator/aws-proxy/terminal.test.ts',
    "'--faults'",
  ),
  run(
    /^serverless-im start -c (events|beforeSend|archive|deskQueues|profileSource)=/,
    `${CLI_TESTS}/documented.test.ts`,
    "onPage('README.md', 'start -c')",
  ),
  run(/^serverless-im cost\b/, 'test/docs/comparison.test.ts', 'costText'),
  run(/^serverless-im token alice$/, `${CLI_TESTS}/documented.test.ts`, "'token')"),
  run(/^serverless-im token/, `${CLI_TESTS}/pool-token.test.ts`, "'token'"),
  run(/^serverless-im preflight$/, `${CLI_TESTS}/preflight.test.ts`, "'preflight'"),
  run(/^serverless-im keys( --replace)?$/, `${CLI_TESTS}/calls.test.ts`, "run('keys'"),
  run(/^serverless-im chat (alice|bob) /, `${CLI_TESTS}/documented.test.ts`, "onPage('README.md', 'chat')"),
  run(
    /^serverless-im admin (look|ban|unban|log-out|send|recall)\b/,
    'test/flow/admin.test.ts',
    "admin('unban'",
  ),
  run(
    /^serverless-im admin group (create|show|delete)\b/,
    'test/flow/admin.test.ts',
    "admin('group', 'show'",
  ),
  run(/^serverless-im admin top( --once| --json)?$/, 'test/flow/admin.test.ts', "admin('top', '--once'"),
  run(/^serverless-im admin (export|erase|task)\b/, 'test/flow/export.test.ts', "admin('export'"),
  run(/^serverless-im admin import\b/, 'test/flow/import-lines.test.ts', "'--dry-run'"),
  run(/^serverless-im admin archive\b/, `${CLI_TESTS}/documented.test.ts`, "'admin archive --conversation'"),
  run(/^serverless-im admin replay\b/, 'test/flow/events.test.ts', "'replay'"),
  run(/^npm run example:webhook$/, 'test/flow/events.test.ts', 'examples/webhook/main.ts'),
  run(/^npm run example:assistant\b/, 'test/flow/examples.test.ts', "run('assistant'"),
  run(/^curl .*\/orders /, 'test/flow/own-app.test.ts', '/curl .*/.exec(README)'),
  run(/^curl -i .*\/session$/, 'test/flow/verify-page.test.ts', 'docs/sign-in.md'),
  run(/^npm run example:protobuf\b/, 'test/flow/protobuf-example.test.ts', 'examples/protobuf'),
  run(/^npm run stored-items$/, 'test/emulator/adapters/tables-once.ts', 'checkStoredItems'),
  run(/^npm run release:keep-bundles/, 'test/setup/earlier-release.ts', 'packRelease'),
];

/** What a page may say of a command that no test runs, so that its reader knows. */
export const REASONS: readonly { readonly says: RegExp; readonly of: RegExp }[] = [
  {
    says: /run against AWS|Nobody has deployed this stack|AWS account/,
    of: /^(aws|cdk|curl|jq|npx wscat)\b|^serverless-im (verify|preflight|keys|token|chat|admin)\b|^npm run deploy/,
  },
  { says: /\bNo test runs\b/i, of: /^/ },
];
