/** @module-tag long */
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { COMMANDS } from '../../../cli/commands.ts';
import manifest from '../../../package.json' with { type: 'json' };

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = resolve('cli/main.ts');

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<Ended> {
  const { SERVERLESS_IM_DEBUG: _, ...own } = process.env;
  return new Promise((resolve) => {
    const options = { env: { ...own, ...env }, cwd };
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('serverless-im', () => {
  it('lists its commands, by --help and without an argument', async () => {
    const [named, bare] = await Promise.all([run(['--help']), run([])]);
    expect(named).toEqual({ code: 0, stdout: bare.stdout, stderr: '' });
    for (const [name, { summary }] of Object.entries(COMMANDS)) {
      expect(named.stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
      expect(named.stdout).toContain(summary);
    }
  });

  it('prints its version', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  it.each(Object.keys(COMMANDS))('%s --help says what it does and how it is called here', async (name) => {
    const { code, stdout, stderr } = await run([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(name === 'start' ? 'npm start -- ' : `npm run ${name} -- `);
    // No colours in a pipe.
    expect(stdout).not.toContain('\x1b');
  });

  it('verify --help says which call has the contract, also where another is typed', async () => {
    const { stdout } = await run(['verify', '--help']);
    expect(stdout.replaceAll('\n', ' ')).toContain(
      'In a checkout of the repository, `npm run verify` goes on with the cases of the whole contract.',
    );
  });

  it.each([
    [['strat'], 'There is no command strat; did you mean start? Help: serverless-im --help'],
    [['zzz'], 'There is no command zzz. Help: serverless-im --help'],
    [['--wat'], 'There is no option --wat. Help: serverless-im --help'],
    [['admin', 'bam', 'x'], 'There is no command bam; did you mean ban? Help: npm run admin -- --help'],
    [
      ['admin', '--json', 'bam', 'x'],
      'There is no command bam; did you mean ban? Help: npm run admin -- --help',
    ],
    [['admin', '--json'], '--json is an option; name a command, too. Help: npm run admin -- --help'],
    [
      ['admin', '--http', 'h', 'ban', 'bob'],
      '--http takes the output HttpUrl, not "h". Help: npm run admin -- ban --help',
    ],
    [['start', '--prot=1'], 'There is no option --prot; did you mean --port? Help: npm start -- --help'],
    [['start', '--port'], '--port takes a value. Help: npm start -- --help'],
    [['start', '--fresh=1'], '--fresh takes no value. Help: npm start -- --help'],
    [['token'], 'It takes USER. Help: npm run token -- --help'],
    [['cost', '--users', '-5'], '--users must be a number above 0, not "-5". Help: npm run cost -- --help'],
    [
      ['start', '--json', '--port', '-1'],
      '--port takes a number from 0 to 65535, not "-1". Help: npm start -- --help',
    ],
    [['cost', '--users', 'x'], '--users must be a number above 0, not "x". Help: npm run cost -- --help'],
    [
      ['verify', '--stack', 'S', '--http', 'h'],
      '--stack finds URLs and user pool by itself: leave out the others. Help: npm run verify -- --help',
    ],
  ])('%j is a wrong call: one line, and status 2', async (args, line) => {
    expect(await run(args)).toEqual({ code: 2, stdout: '', stderr: `serverless-im: ${line}\n` });
  });
});

/** The stack's activity, as no runtime answers it: the command trips over it. */
async function brokenStack(): Promise<string> {
  const stack = createServer((_, response) => response.end('{"nodes":[{}]}')).listen(0, '127.0.0.1');
  onTestFinished(() => void stack.close());
  await once(stack, 'listening');
  const { port } = stack.address() as AddressInfo;
  const data = mkdtempSync(join(tmpdir(), 'im-cli-'));
  const facts = { ready: true, pid: process.pid, httpUrl: `http://127.0.0.1:${port}` };
  writeFileSync(join(data, 'runtime.json'), JSON.stringify(facts));
  return data;
}

describe('an unexpected fault', () => {
  it('is one line that says how to see more', async () => {
    const { code, stdout, stderr } = await run(['admin', 'top', '--once', '--data', await brokenStack()]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^serverless-im: unexpected fault: TypeError: [^\n]+ \(SERVERLESS_IM_DEBUG=1 prints the details\)\n$/,
    );
  });

  it('has its stack with SERVERLESS_IM_DEBUG', async () => {
    const args = ['admin', 'top', '--once', '--data', await brokenStack()];
    const { stderr } = await run(args, { SERVERLESS_IM_DEBUG: '1' });
    expect(stderr).toMatch(/\n {4}at .*cli\/admin\/summary\.ts/);
  });
});

it('an older Node is refused in one line', async () => {
  const old = join(mkdtempSync(join(tmpdir(), 'im-cli-')), 'old.mjs');
  writeFileSync(
    old,
    "Object.defineProperty(process.versions, 'node', { value: '18.20.0' });\n" +
      "Object.defineProperty(process, 'version', { value: 'v18.20.0' });\n",
  );
  expect(await run(['start'], { NODE_OPTIONS: `--import=${old}` })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'serverless-im needs Node 24 or later, but this is v18.20.0. Use the npm scripts, such as `npm start`, which bring their own.\n',
  });
});

describe.each([
  ['chat alice bob'],
  ['token alice'],
  ['verify --quick'],
  ['admin look alice'],
  ['admin top --once'],
])('%s, where no stack has the data folder,', (line) => {
  /** With a network of this answer. Leaves nothing in an empty folder. */
  const runWith = async (answer: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'im-cli-'));
    const network = join(mkdtempSync(join(tmpdir(), 'im-cli-')), 'network.mjs');
    writeFileSync(
      network,
      `globalThis.fetch = async (url) => { console.error('asked', String(url)); ${answer} };`,
    );
    const ended = await run(line.split(' '), { NODE_OPTIONS: `--import=${network}` }, folder);
    expect(readdirSync(folder)).toEqual([]);
    return ended;
  };

  it('asks the stack at the usual port', async () => {
    const { stderr } = await runWith('return Response.json({ nodes: [], queues: [], names: {} });');
    expect(stderr).not.toContain('No stack runs');
    const asked = stderr.match(/(?<=^asked ).*$/gm) ?? [];
    expect(asked.length).toBeGreaterThan(1);
    for (const url of asked) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:8787\//);
  });

  it('says how to name it, if nothing is there', async () => {
    const { code, stderr } = await runWith("throw new TypeError('fetch failed');");
    expect(code).toBe(1);
    expect(stderr.replaceAll(/^asked .*\n/gm, '')).toBe(
      'serverless-im: No stack runs with the data folder .local, or at http://127.0.0.1:8787: start one by npm start, name its folder by --data, or name a deployment (--help has the options).\n',
    );
  });
});

it('ends quietly when its reader has', () => {
  const shell = `"${process.execPath}" cli/main.ts admin --help | head -n 1`;
  expect(execFileSync('bash', ['-o', 'pipefail', '-c', shell], { encoding: 'utf8' })).toMatch(/^[^\n]+\n$/);
});
