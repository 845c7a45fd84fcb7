/** @module-tag long */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readSummary } from '../../../cli/admin/top.ts';
import { banner } from '../../../cli/start/banner.ts';
import { parseStartOptions } from '../../../cli/start/options.ts';
import { UsageError } from '../../../cli/usage-error.ts';
import { OperatorError } from '../../../local/operator-error.ts';
import { readyAssembly, synthesizeApp } from '../../../local/stack/own-app.ts';
import { temporaryFolder } from '../runtime/bundle.ts';
import { eventually } from '../runtime/eventually.ts';

interface Cli {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exit: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function cli(...args: string[]): Cli {
  const child = spawn(process.execPath, ['cli/main.ts', 'start', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text;
    });
  }
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr, exit };
}

/** Without the steps of a start that take long. */
function withoutSteps(stderr: string): string {
  return stderr.replaceAll(/^… .*\n/gm, '');
}

interface Ready {
  readonly ready: true;
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly tokenUrl: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string; readonly lambda: string };
  /** Missing for one node. */
  readonly nodes?: readonly { readonly pid: number }[];
}

async function ready(started: Cli): Promise<Ready> {
  await Promise.race([
    eventually(started.stdout).toContain('\n'),
    started.exit.then(({ stderr }) => expect.fail(`It ended: ${stderr}`)),
  ]);
  return JSON.parse(started.stdout());
}

/** Processes with this data folder in their arguments. */
function processesOf(folder: string): string[] {
  try {
    const found = execFileSync('pgrep', ['-a', '-f', folder], { encoding: 'utf8' }).trim().split('\n');
    return found.filter((line) => !line.includes('pgrep'));
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function tokenOf({ tokenUrl }: Ready): Promise<string> {
  const response = await fetch(tokenUrl, { method: 'POST', body: JSON.stringify({ userId: 'alice' }) });
  return (await response.json()).token;
}

describe('a mistake is one line on stderr, and status 2 if it is in the call:', () => {
  test('an unknown option', async () => {
    const { code, stdout, stderr } = await cli('--prot', '1').exit;
    expect(stderr).toMatch(
      /^serverless-im: There is no option --prot; did you mean --port\? Help: npm start -- --help\n$/,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test.each([
    ['a port that is not a number', ['--port', 'x'], /^--port takes a number from 0 to 65535, not "x"\.$/],
    ['an empty port', ['--port', ''], /^--port takes a number/],
    ['a port out of range', ['--port', '65536'], /^--port takes a number/],
    ['an option of the stack without a value', ['-c', 'desk'], /^-c takes KEY=VALUE, not "desk"\.$/],
    ['an origin with a path', ['--origin', 'http://a/b/'], /^--origin takes an origin/],
    ['an origin with a query', ['--origin', 'http://a/?b'], /^--origin takes an origin/],
    ['an origin with a user', ['--origin', 'http://b@a/'], /^--origin takes .*, not "http:\/\/b@a\/"\.$/],
    ['no node', ['--nodes', '0'], /^--nodes takes a number from 1 to 9, not "0"\.$/],
    ['too many nodes', ['--nodes', '10'], /^--nodes takes a number from 1 to 9, not "10"\.$/],
    ['nodes that are no number', ['--nodes', 'two'], /^--nodes takes a number/],
    ['an empty data folder', ['--data', ''], /^--data takes a folder\.$/],
    ['an option without its value', ['--data', '--json'], /^--data takes a value\.$/],
    ['an extra argument', ['now'], /^"now" is one word too many: this command takes only options\.$/],
  ])('%s', (_, args, message) => {
    expect(() => parseStartOptions(args)).toThrow(UsageError);
    expect(() => parseStartOptions(args)).toThrow(message);
  });

  test('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const data = join(temporaryFolder(), '.local');
    const { code, stderr } = await cli('--port', String(port), '--data', data).exit;
    expect(stderr).toBe(`serverless-im: Port ${port} is taken; choose another with --port, or 0 for any.\n`);
    expect(existsSync(data)).toBe(false);
    // The synth would say it only after the port is free.
    const misspelt = await cli('--port', String(port), '--data', temporaryFolder(), '-c', 'evnts=true').exit;
    expect(misspelt.stderr).toBe('serverless-im: unknown option "evnts": did you mean "events"?\n');
    expect([code, misspelt.code]).toEqual([1, 1]);

    // The page is the last that starts.
    const page = ['--port', '0', '--web-port', String(port), '--data'];
    const refusal = `serverless-im: Port ${port}, for the web page, is taken; choose another with --web-port.\n`;
    expect((await cli(...page, data).exit).stderr).toBe(refusal);
    expect(existsSync(data)).toBe(false);
    const used = temporaryFolder();
    expect((await cli(...page, used).exit).stderr).toBe(refusal);
    expect(existsSync(join(used, 'cdk.out'))).toBe(false);
  });

  test('a data folder that cannot be used', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const { code, stderr } = await cli('--data', file).exit;
    expect(stderr).toMatch(
      /^serverless-im: Cannot use the data folder .* \(EEXIST\); choose another with --data\.\n$/,
    );
    expect(code).toBe(1);
  });

  test('an option of the stack that is wrong', async () => {
    const context = ['-c', 'beforeSend=examples/none.ts'];
    const { code, stderr } = await cli('--port', '0', '--data', temporaryFolder(), ...context).exit;
    expect(withoutSteps(stderr)).toBe('serverless-im: beforeSend: there is no file examples/none.ts\n');
    expect(code).toBe(1);
  });

  test('a data folder whose database is broken', async () => {
    const data = temporaryFolder();
    writeFileSync(
      join(data, 'dynamodb.db'),
      'this is no database, and long enough to be seen as none '.repeat(100),
    );
    const { code, stderr } = await cli('--port', '0', '--data', data).exit;
    expect(withoutSteps(stderr)).toMatch(/^serverless-im: dynoxide did not start: [^\n]*\n$/);
    expect(code).toBe(1);
  });
});

test.each(['cdk.out', 'build/cdk.out', 'cdk.out/assembly-Prod', 'empty'])(
  '--app %s is a folder of an assembly: without one it says so, and runs nothing',
  (command) => {
    const directory = temporaryFolder();
    mkdirSync(join(directory, 'empty'));
    expect(() => readyAssembly({ directory, command })).toThrow(
      new OperatorError(
        `There is no cloud assembly in ${command}: make it by \`npx cdk synth\`, or name the command of the app: --app "node app.js".`,
      ),
    );
  },
);

test('an app that fails is named by its command, which shows the same', async () => {
  const directory = temporaryFolder();
  const app = { directory, command: 'node nope.js' };
  await expect(synthesizeApp(app, { outDirectory: join(directory, 'cdk.out') })).rejects.toThrow(
    /^The CDK app failed \(1\); `node nope\.js` shows the same:\n[\s\S]*Cannot find module/,
  );
});

test.each(['node app.js', 'node cdk.out/app.js', './app'])('--app %s is a command', (command) => {
  const directory = temporaryFolder();
  writeFileSync(join(directory, 'app'), '');
  expect(readyAssembly({ directory, command })).toBeUndefined();
});

test.each(['beforeSend', 'profileSource'])(
  'the module of -c %s is found from where the command was typed',
  (option) => {
    const contextOf = (path: string) => parseStartOptions(['-c', `${option}=${path}`]).context[option];
    expect(contextOf('examples/moderation/handler.ts')).toBe(resolve('examples/moderation/handler.ts'));
    expect(contextOf('examples/none.ts')).toBe('examples/none.ts');
  },
);

test('an origin may be the address that the server of a page prints, with a slash at the end', () => {
  const { widgetOrigins } = parseStartOptions([
    '--origin',
    'http://localhost:5173/',
    '--origin',
    'https://a',
  ]);
  expect(widgetOrigins).toEqual(['http://localhost:5173', 'https://a']);
});

test('--help lists the options', async () => {
  const { code, stdout } = await cli('--help').exit;
  expect(code).toBe(0);
  for (const option of ['--port', '--data', '--fresh', '--json', '--logs']) expect(stdout).toContain(option);
});

test.each([
  [[], 'Open the page in two windows, or run'],
  [['--origin', 'http://a:5'], 'Open your page, http://a:5, in two windows, or run'],
])('with %j it ends with the page to open', (args, advice) => {
  const url = 'http://127.0.0.1:8788/';
  const endpoints = { dynamodb: url, sqs: url, sns: url, s3: url, lambda: url, ssm: url };
  const urls = { wsUrl: url, httpUrl: url, tokenUrl: url, webUrl: url };
  expect(banner({ port: 8787, ...urls, outputs: {}, endpoints }, parseStartOptions(args))).toContain(advice);
});

test('the outputs of an app are one below the other', () => {
  const url = 'http://127.0.0.1:8788/';
  const endpoints = { dynamodb: url, sqs: url, sns: url, s3: url, lambda: url, ssm: url };
  const urls = { wsUrl: url, httpUrl: url, tokenUrl: url, webUrl: url };
  const outputs = { ChatUrl: url, OrdersApiUrl: url };
  const text = banner(
    { port: 8787, ...urls, outputs, endpoints },
    parseStartOptions(['--app', 'node app.js']),
  );
  expect(text).toContain(`\n  ChatUrl       ${url}\n  OrdersApiUrl  ${url}\n`);
});

/**
 * Data that another user of this machine could open, if the data folder itself were open. The CDK opens the functions' code
 * to all, in a folder that isn't.
 */
function openToOthers(folder: string): string[] {
  const parts = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(parts.length).toBeGreaterThan(5);
  const data = parts.filter((part) => !part.startsWith('cdk.out/'));
  return data.filter((part) => (lstatSync(join(folder, part)).mode & 0o077) !== 0);
}

test('--json prints one line; a kill -9 leaves no process behind, nodes included, and the next start, with one node, finds all data, which no other user can read (IM-FAULT-18)', {
  timeout: 240_000,
}, async () => {
  const data = temporaryFolder();
  const first = cli('--json', '--nodes', '2', '--port', '0', '--data', data);
  const line = await ready(first);
  // The same for other programs of this machine, without reading the output.
  const written: unknown = JSON.parse(readFileSync(join(data, 'runtime.json'), 'utf8'));
  expect(written).toEqual({ ...line, pid: first.child.pid, port: Number(new URL(line.httpUrl).port) });
  expect(line).toEqual({
    ready: true,
    webUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
    deskUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/desk$/),
    wsUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/prod$/),
    httpUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    tokenUrl: `${line.httpUrl}/token`,
    outputs: expect.objectContaining({ WebSocketUrl: line.wsUrl, HttpUrl: line.httpUrl }),
    endpoints: {
      dynamodb: expect.stringMatching(/^http:/),
      sqs: expect.stringMatching(/^http:/),
      sns: expect.stringMatching(/^http:/),
      s3: expect.stringMatching(/^http:/),
      lambda: expect.stringMatching(/^http:/),
    },
    nodes: [1, 2].map((node) => ({
      node,
      pid: expect.any(Number),
      port: expect.any(Number),
      wsUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/prod$/),
      httpUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    })),
  });
  const { port } = new URL(line.httpUrl);
  const authorization = `Bearer ${await tokenOf(line)}`;
  const sent = await fetch(`${line.httpUrl}/messages`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ to: 'bob', clientMsgId: 'one', content: { type: 'text', text: 'still there?' } }),
  });
  expect(sent.ok).toBe(true);
  // The node that served it is one of two: the front knows what both do.
  const { routes, messagesPerMinute, queues } = await readSummary(line.httpUrl);
  expect(routes).toContainEqual(expect.objectContaining({ route: 'POST /messages', calls: 1 }));
  expect(messagesPerMinute).toBeGreaterThan(0);
  expect(queues).toContainEqual(expect.objectContaining({ queue: 'OfflineQueue' }));
  expect(openToOthers(data)).toEqual([]);

  const second = await cli('--port', '0', '--data', data).exit;
  expect(second.stderr).toMatch(
    new RegExp(
      `^serverless-im: Another runtime \\(process ${first.child.pid}, port ${port}\\) uses the data folder [^\n]*; stop it, or choose another folder with --data and another port with --port\\.\n$`,
    ),
  );
  expect(second.code).toBe(1);

  // A node that was killed is started again: the file has the processes that live.
  const [, killed] = line.nodes ?? [];
  process.kill(killed?.pid ?? 0, 'SIGKILL');
  const pids = (): number[] =>
    JSON.parse(readFileSync(join(data, 'runtime.json'), 'utf8')).nodes.map(({ pid }: { pid: number }) => pid);
  await eventually(pids).toEqual([line.nodes?.[0]?.pid, expect.toSatisfy((pid) => pid !== killed?.pid)]);

  first.child.kill('SIGKILL');
  await first.exit;
  expect(first.stdout().trim().split('\n')).toHaveLength(1);
  await eventually(() => processesOf(data)).toEqual([]);
  await eventually(() => line.nodes?.filter(({ pid }) => isAlive(pid))).toEqual([]);

  // As an earlier version left it.
  chmodSync(join(data, 'dynamodb.db'), 0o644);

  // The page's default port, the one after the gateway's, may be in use by now.
  const again = cli('--json', '--port', port, '--web-port', '0', '--data', data);
  const { httpUrl, nodes } = await ready(again);
  expect(nodes).toBeUndefined();
  const history = await fetch(`${httpUrl}/conversations/dm:alice:bob/messages`, {
    headers: { authorization },
  });
  expect(await history.json()).toMatchObject({ messages: [{ content: { text: 'still there?' } }] });
  expect(openToOthers(data)).toEqual([]);

  again.child.kill('SIGINT');
  expect(await again.exit).toMatchObject({ code: 0, stderr: '' });
  expect(again.stdout().trim().split('\n')).toHaveLength(1);
  expect(processesOf(data)).toEqual([]);
  expect(existsSync(join(data, 'runtime.json'))).toBe(false);
});

test('after Ctrl-C it says where the data stays', async () => {
  const data = temporaryFolder();
  const started = cli('--port', '0', '--data', data);
  await eventually(started.stdout).toContain('Press Ctrl-C to stop.\n');
  started.child.kill('SIGINT');
  const { code, stdout } = await started.exit;
  expect(code).toBe(0);
  expect(stdout.trim().split('\n').at(-1)).toBe(`Stopped; the data stays in ${data}.`);
});

test('a signal during the start ends it at once', async () => {
  const data = temporaryFolder();
  const starting = cli('--json', '--port', '0', '--data', data);
  await eventually(() => existsSync(join(data, 'runtime.json'))).toBe(true);
  starting.child.kill('SIGTERM');
  expect(await starting.exit).toEqual({ code: 0, stdout: '', stderr: '' });
  await eventually(() => processesOf(data)).toEqual([]);
});
