/**
 * Writes what typedoc makes of docstrings: `client/docs` (the SDK) and docs/api/props.md (the construct): `npm run docs`. With
 * `--check` it writes nothing, and fails if a file would change.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { propsPage } from './api/props.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SDK = join(ROOT, 'client/docs');
const PROPS = join(ROOT, 'docs/api/props.md');
const isCheck = process.argv.includes('--check');
const made = mkdtempSync(join(tmpdir(), 'serverless-im-reference-'));

try {
  typedoc(join(ROOT, 'client'), '--out', join(made, 'sdk'));
  typedoc(
    ROOT,
    ...['--tsconfig', 'scripts/api/tsconfig.props.json', '--entryPoints', 'lib/*props.ts'],
    ...['--skipErrorChecking', '--json', join(made, 'props.json')],
  );
  const props = propsPage(JSON.parse(readFileSync(join(made, 'props.json'), 'utf8')));
  if (isCheck) check(props);
  else {
    rmSync(SDK, { recursive: true, force: true });
    cpSync(join(made, 'sdk'), SDK, { recursive: true });
    writeFileSync(PROPS, props);
  }
} finally {
  rmSync(made, { recursive: true, force: true });
}

/** It needs a TypeScript of its own, which is in `client/`. */
function typedoc(cwd: string, ...args: readonly string[]): void {
  const command = join(ROOT, 'client/node_modules/typedoc/bin/typedoc');
  execFileSync(process.execPath, [command, '--logLevel', 'Error', ...args], { cwd, stdio: 'inherit' });
}

function check(props: string): void {
  const names = new Set([...readdirSync(SDK), ...readdirSync(join(made, 'sdk'))]);
  const stale = [...names].filter((name) => textOf(SDK, name) !== textOf(join(made, 'sdk'), name));
  const files = stale.map((name) => `client/docs/${name}`);
  if (props !== readFileSync(PROPS, 'utf8')) files.push('docs/api/props.md');
  if (files.length === 0) return;
  process.exitCode = 1;
  console.error(`Not what the docstrings say: ${files.join(', ')}. Run npm run docs.`);
}

function textOf(folder: string, name: string): string | undefined {
  return readdirSync(folder).includes(name) ? readFileSync(join(folder, name), 'utf8') : undefined;
}
