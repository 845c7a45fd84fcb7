/** @module-tag long */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calledAs } from '../../docs/commands/called-as.ts';
import { typeCommands } from '../../docs/commands/shell.ts';
import { temporaryFolder } from '../runtime/bundle.ts';

/** What a page has of our command, by how it begins. */
function onPage(page: string, beginning: string): string[][] {
  const lines = new Set(typeCommands(page).invocations.map(calledAs));
  const found = [...lines].filter((line) => line.startsWith(`serverless-im ${beginning}`));
  if (found.length === 0) throw new Error(`${page} has no ${beginning}`);
  return found.map((line) => line.split(' ').slice(1));
}

function start(args: readonly string[], cwd?: string) {
  return spawn(process.execPath, [resolve('cli/main.ts'), ...args], { stdio: ['pipe', 'pipe', 'pipe'], cwd });
}

describe('the commands of README.md and docs/operations.md, on one machine', () => {
  const folder = temporaryFolder();
  const data = join(folder, '.local');
  let stack: ReturnType<typeof start>;
  let port: string;

  beforeAll(async () => {
    // Those of all examples at once, since a start takes long. Without --expire-early: nothing would be left to export.
    const options = [
      ...onPage('README.md', 'start -c'),
      ...onPage('examples/README.md', 'start -c profileSource'),
      ...onPage('docs/operations.md', 'start -c archive=true'),
      ...onPage('docs/verify-on-aws.md', 'start -c deskQueues'),
    ].flatMap((args) => args.filter((arg, index) => arg === '-c' || args[index - 1] === '-c'));
    stack = start(['start', ...options, '--json', '--port', '0', '--web-port', '0', '--data', data]);
    let said = '';
    stack.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const line = once(stack.stdout.setEncoding('utf8'), 'data');
    const ended = once(stack, 'close').then(() => expect.fail(`It ended: ${said}`));
    const [ready] = await Promise.race([line, ended]);
    port = new URL(JSON.parse(ready).httpUrl).port;
  }, 240_000);

  afterAll(async () => {
    stack.kill('SIGINT');
    if (stack.exitCode === null) await once(stack, 'close');
  });

  /** Until it ends. */
  const run = (...args: readonly string[]) =>
    new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
      execFile(process.execPath, ['cli/main.ts', ...args], (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });

  /** A terminal in which somebody chats, in the folder where the stack was started: it finds the port by itself. */
  const terminal = (args: readonly string[]) => {
    const child = start(args, folder);
    let shown = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (shown += text));
    return {
      shows: (text: string) => expect.poll(() => shown).toContain(text),
      write: (line: string) => child.stdin.write(`${line}\n`),
      async close() {
        child.stdin.end();
        if (child.exitCode === null) await once(child, 'close');
        return child.exitCode;
      },
    };
  };

  it('let two people talk in two terminals, and a hook refuse a message', async () => {
    const [ofAlice, ofBob] = onPage('README.md', 'chat');
    const [alice, bob] = [terminal(ofAlice ?? []), terminal(ofBob ?? [])];
    await Promise.all([alice.shows('● connected'), bob.shows('● connected')]);
    // After the id, or the name, which comes from the source of profiles a moment later.
    alice.write('hi bob');
    await bob.shows(': hi bob');
    bob.write('hi alice');
    await alice.shows(': hi alice');
    alice.write('badword');
    await alice.shows('✗');
    expect([await alice.close(), await bob.close()]).toEqual([1, 0]);
  });

  it('let an operator look, export, and read the archive', async () => {
    const [top] = onPage('README.md', 'admin top');
    const [[, , , , out = ''] = []] = onPage('README.md', 'admin export');
    const [archive] = onPage('docs/operations.md', 'admin archive --conversation');
    const here = ['--data', data];
    const file = join(temporaryFolder(), out);
    const [shown, exported, archived] = await Promise.all([
      run(...(top ?? []), '--once', ...here),
      run('admin', 'export', 'alice', '--out', file, ...here),
      run(...(archive ?? []), ...here),
    ]);
    expect(shown.stdout).toMatch(/dollars/);
    expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining(file) });
    expect(readFileSync(file, 'utf8')).toContain('hi bob');
    expect(archived).toMatchObject({ code: 0, stdout: '' });
  });

  it('print a token that the API takes', async () => {
    const [args] = onPage('examples/cdk-app/README.md', 'token');
    const { stdout } = await run(...(args ?? []), '--data', data);
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    const answer = await fetch(`http://127.0.0.1:${port}/session`, { headers });
    expect(await answer.json()).toMatchObject({ userId: 'alice' });
  });
});
