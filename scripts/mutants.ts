/**
 * Removes each mechanism of docs/guarantees.md, one at a time, in a separate worktree, and runs the tests that claim to need it.
 * A test that still passes proves nothing. `npm run mutants`; takes some minutes; not part of `check`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MUTANTS, type Mutant } from '../test/proof/mutants.ts';

const repository = resolve(import.meta.dirname, '..');
const worktree = mkdtempSync(join(tmpdir(), 'serverless-im-mutants-'));
execFileSync('git', ['worktree', 'add', '--detach', '--force', worktree, 'HEAD'], {
  cwd: repository,
  stdio: 'ignore',
});
symlinkSync(join(repository, 'node_modules'), join(worktree, 'node_modules'));
const wanted = process.argv.slice(2);
let survivors = 0;
try {
  for (const mutant of MUTANTS.filter(({ fault }) => wanted.length === 0 || wanted.includes(String(fault)))) {
    const killed = runMutant(mutant);
    if (!killed) survivors += 1;
    console.log(
      `fault ${mutant.fault}: ${killed ? 'its test fails without the mechanism' : 'SURVIVED'} (${mutant.test})`,
    );
  }
} finally {
  execFileSync('git', ['worktree', 'remove', '--force', worktree], { cwd: repository });
  rmSync(worktree, { recursive: true, force: true });
}
process.exitCode = survivors > 0 ? 1 : 0;

function runMutant({ file, from, to, project, test, only }: Mutant): boolean {
  const path = join(worktree, file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) throw new Error(`${file} has no such text any more: ${from}`);
  writeFileSync(path, source.replace(from, to));
  const filter = only === undefined ? [] : ['--testNamePattern', only];
  const run = spawnSync('vitest', ['run', '--project', project, test, ...filter], {
    cwd: worktree,
    encoding: 'utf8',
  });
  writeFileSync(path, source);
  // A mutant that doesn't start proves nothing.
  if (!/Tests .*(passed|failed)/.test(run.stdout))
    throw new Error(`fault: no test ran\n${run.stdout}${run.stderr}`);
  return run.status !== 0;
}
