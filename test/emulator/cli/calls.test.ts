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

const run = (...args: readonly string[]) => runWith({ AWS_REGION: 'eu-central-1' }, ...args);

/** On a machine without a configuration of AWS, but for these variables. */
function runWith(configured: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const env = {
    ...{ PATH: process.env['PATH'], HOME: temporaryFolder(), AWS_EC2_METADATA_DISABLED: 'true' },
    ...configured,
  };
  return spawn(process.execPath, ['cli/main.ts', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

const KEY = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
const NO_REGION = 'no region: set AWS_REGION, or run `aws configure set region eu-central-1`';
const REGION = { AWS_REGION: 'eu-central-1' };
const NO_CREDENTIALS = 'no credentials: run `aws configure`, or set AWS_PROFILE';

test.each([
  ['verify --stack Nope', KEY, NO_REGION],
  ['keys', KEY, NO_REGION],
  ['token alice --pool P --client C', KEY, NO_REGION],
  ['admin look alice --http https://api.invalid', KEY, NO_REGION],
  ['verify --stack Nope', REGION, NO_CREDENTIALS],
  ['admin look alice --http https://api.invalid', REGION, NO_CREDENTIALS],
  ['admin replay dm:alice:bob --function F', REGION, NO_CREDENTIALS],
  ['admin archive --bucket B', REGION, NO_CREDENTIALS],
])(
  '%s with nothing but %j says what is missing in one line, as preflight does',
  async (line, configured, said) => {
    const child = runWith(configured, ...line.split(' '));
    const [[code], err] = await Promise.all([once(child, 'close'), text(child.stderr)]);
    // A busy machine takes more than a second, and says so.
    expect({ code, err: err.replaceAll(/^… .*\n/gm, '') }).toEqual({
      code: 1,
      err: `serverless-im: ${said}\n`,
    });
  },
);

test('ends without a word once nobody reads what it prints, as before head', async () => {
  const activity = { nodes: [], queues: [], names: {}, megabytes: {} };
  const stack = createServer((_, response) => response.end(JSON.stringify(activity))).listen(0, '127.0.0.1');
  onTestFinished(() => void stack.close());
  await once(stack, 'listening');
  const { port } = stack.address() as AddressInfo;
  const data = temporaryFolder();
  const facts = { ready: true, pid: process.pid, httpUrl: `http://127.0.0.1:${port}` };
  writeFileSync(join(data, 'runtime.json'), JSON.stringify(facts));
  const child = run('admin', 'top', '--json', '--data', data);
  const end = Promise.all([once(child, 'close'), text(child.stderr)]);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [[code], said] = await end;
  expect({ code, said }).toEqual({ code: 0, said: '' });
});

test.each([
  [['--help'], 0, /^Makes the keys of Web Push(.*\n)+.*--replace/, /^$/],
  [['--bogus'], 2, /^$/, /^serverless-im: There is no option --bogus\. Help: npm run keys -- --help\n$/],
  [['now'], 2, /^$/, /^serverless-im: "now" is one word too many: [^\n]*\. Help: .*\n$/],
  [['--folder', 'keys'], 2, /^$/, /^serverless-im: --folder takes a path like .*, not "keys"\. Help: .*\n$/],
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
