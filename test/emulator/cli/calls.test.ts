/** @module-tag long */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { lookText } from '../../../cli/admin/users.ts';
import { temporaryFolder } from '../runtime/bundle.ts';

/** `npm run admin` on a machine without a key of AWS. */
const admin = (...args: string[]) => run('admin', ...args);

function run(script: 'admin' | 'keys', ...args: string[]) {
  const home = temporaryFolder();
  const env = {
    ...{ PATH: process.env['PATH'], HOME: home, AWS_REGION: 'eu-central-1' },
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return spawn(process.execPath, ['cli/main.ts', script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('says in one line that it has no credentials for a deployment', async () => {
  const child = admin('look', 'alice', '--http', 'https://api.invalid');
  const [[code], said] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  expect({ code, said }).toEqual({
    code: 1,
    said: 'serverless-im: No credentials for the deployment: Could not load credentials from any providers\n',
  });
});

test('ends without a word once nobody reads what it prints, as before head', async () => {
  const activity = { nodes: [], queues: [], names: {}, megabytes: {} };
  const stack = createServer((_, response) => response.end(JSON.stringify(activity))).listen(0, '127.0.0.1');
  onTestFinished(() => void stack.close());
  await once(stack, 'listening');
  const { port } = stack.address() as AddressInfo;
  const data = temporaryFolder();
  const facts = { ready: true, pid: process.pid, httpUrl: `http://127.0.0.1:${port}` };
  writeFileSync(join(data, 'runtime.json'), JSON.stringify(facts));
  const child = admin('top', '--json', '--data', data);
  const end = Promise.all([once(child, 'close'), text(child.stderr)]);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [[code], said] = await end;
  expect({ code, said }).toEqual({ code: 0, said: '' });
});

test.each([
  [['--help'], 0, /^Makes the keys of Web Push(.*\n)+.*--replace/, /^$/],
  [['--bogus'], 2, /^$/, /^serverless-im: There is no option --bogus\. Help: npm run keys -- --help\n$/],
  [['now'], 2, /^$/, /^serverless-im: It takes no operand, such as "now"\. Help: .*\n$/],
  [['--folder', 'keys'], 2, /^$/, /^serverless-im: --folder takes a path like .*, not "keys"\. Help: .*\n$/],
  [[], 1, /^$/, /^serverless-im: Can't make the keys in .*\n$/],
])('npm run keys says how it is used, and a mistake in one line: %j', async (args, code, said, refused) => {
  const child = run('keys', ...args);
  const [[ended], out, err] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  expect(ended).toBe(code);
  expect(out).toMatch(said);
  expect(err).toMatch(refused);
});

const UNKNOWN = '  nothing is known of this user: no session so far, no ban, no profile';

test.each([
  [undefined, `erin\n${UNKNOWN}`],
  [0, `erin\n${UNKNOWN}\n  notifications on no device`],
  [1, 'erin\n  no session\n  notifications on 1 device'],
  [2, 'erin\n  no session\n  notifications on 2 devices'],
])('look says how many devices get notifications: %s', (pushDevices, said) => {
  const user = { userId: 'erin', sessions: [], ...(pushDevices !== undefined && { pushDevices }) };
  expect(lookText(user)).toBe(said);
});

const BUDGET = { perMinute: 600, burst: 3000 };

test.each([
  ['was there', { lastSeenAt: 1 }, false],
  ['is banned', { ban: { at: 1 } }, false],
  ['has a profile', { profile: { userId: 'erin', version: 1 } }, false],
  ['has asked for something', { budget: { left: 2_999, ...BUDGET } }, false],
  ['has done nothing', { budget: { left: 3_000, ...BUDGET } }, true],
])('look says whether anything is known of a user who %s', (_, facts, unknown) => {
  expect(lookText({ userId: 'erin', sessions: [], ...facts }).includes(UNKNOWN)).toBe(unknown);
});
