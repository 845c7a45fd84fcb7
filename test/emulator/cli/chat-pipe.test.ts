/** @module-tag long */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeFiles } from '../../../client/test/support/fake-files.ts';
import { ScriptedServer } from '../../../client/test/support/scripted-server.ts';

describe('npm run chat', () => {
  it('sends the lines of a pipe, waits for their acks, and exits with 0', async () => {
    const server = await ScriptedServer.start();
    const { code, output } = await run(
      ['bob', '--http', server.httpUrl, '--token', 'T'],
      'one\n\ntwo 👍\nlast without end',
    );
    expect(server.history.map(({ content }) => content)).toEqual(
      ['one', 'two 👍', 'last without end'].map((text) => ({ type: 'text', text })),
    );
    expect(output).toContain('you: last without end ✓');
    expect(code).toBe(0);
    await server.stop();
  });

  it('does what a line of a pipe commands, and waits for it', async () => {
    const server = await ScriptedServer.start();
    onTestFinished(() => server.stop());
    const files = await FakeFiles.of({ server });
    const file = join(await mkdtemp(join(tmpdir(), 'im-chat-')), 'cat.png');
    await writeFile(file, 'miaow');
    const args = ['bob', '--http', server.httpUrl, '--token', 'T'];
    const [done, failed] = await Promise.all([
      run(args, `/help\n/file ${file}\n`),
      run([...args.slice(0, 4), 'T2'], `/file ${file}.gone\n/flie\nhi\n`),
    ]);
    expect(done).toMatchObject({ code: 0, errors: '' });
    expect(done.output).toMatch(/^· Commands: \/file PATH/m);
    expect(done.output).toContain('cat.png (5 bytes) ✓');
    expect(files.asked).toMatchObject([{ name: 'cat.png' }]);
    expect(failed).toMatchObject({ code: 1, errors: 'serverless-im: 2 commands failed.\n' });
    expect(failed.output).toMatch(/^· ENOENT/m);
    expect(failed.output).toContain('you: hi ✓');
    expect(server.history.map(({ content }) => content.type).toSorted()).toEqual(['file', 'text']);
  });

  it('connects to the local stack, not to the node of it that the session names', async () => {
    const server = await ScriptedServer.start();
    const { port } = new URL(server.httpUrl);
    server.httpAnswers.set('/token', { status: 200, body: { token: 'T' } });
    const wsUrl = `ws://127.0.0.1:1${new URL(server.wsUrl).pathname}`;
    server.httpAnswers.set('/session', { status: 200, body: { userId: 'alice', wsUrl } });
    const { code } = await run(['alice', 'bob', '--port', port], 'one');
    expect(server.history).toMatchObject([{ content: { text: 'one' } }]);
    expect(code).toBe(0);
    await server.stop();
  });

  it('reports an error in one line', async () => {
    const server = await ScriptedServer.start();
    const url = server.httpUrl;
    server.httpAnswers.set('/session', { status: 401, body: { message: 'Unauthorized' } });
    const refused = await run(['bob', '--http', url, '--token', 'T'], 'x');
    await server.stop();
    const [absent, wrong] = await Promise.all([
      run(['alice', 'bob', '--port', new URL(url).port], 'x'),
      run(['alice'], ''),
    ]);
    expect(refused).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^serverless-im: The token was refused[^\n]*\n$/),
    });
    expect(absent).toMatchObject({
      code: 1,
      errors: `serverless-im: No server at ${url}; start one with: npm start -- --port ${new URL(url).port}\n`,
    });
    expect(wrong).toMatchObject({
      code: 2,
      errors: 'serverless-im: Give two names: yours and your peer’s. Help: npm run chat -- --help\n',
    });
  });
});

async function run(args: string[], input: string): Promise<{ code: number; output: string; errors: string }> {
  const main = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'chat', ...args]);
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (errors += data));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, output, errors };
}
