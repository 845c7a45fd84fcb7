/** @module-tag long */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { pathOf } from '../../cli/admin/export-files.ts';
import { createPushDeviceReader, createPushDeviceWriter } from '../../lambdas/adapters/push-table.ts';
import { steps } from '../../local/aws-proxy/index.ts';
import { dynamoDbClient } from '../../local/emulators/clients.ts';
import { asAdmin } from './setup/admin.ts';
import { adminCommand } from './setup/admin-command.ts';
import { BYTES, filesOn, sendingFiles } from './setup/files.ts';
import { groupsOf, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { sending } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { whileTimePasses } from './setup/time.ts';
import { killWorker } from './setup/worker-death.ts';

const proxy = createTestProxy();
let stack: Stack;
let admin: ReturnType<typeof adminCommand>;
const { call, newGroup, send } = groupsOf(() => stack);
const { upload } = filesOn(() => stack);
const logs: string[] = [];
const warnings: string[] = [];
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: (warning) => void warnings.push(warning),
    onLogLine: (_, line) => void logs.push(line),
  });
  admin = adminCommand(stack);
});
afterAll(() => stack?.stop());

const passing = <Wanted>(wanted: Promise<Wanted>) =>
  whileTimePasses({ proxy, advance: (seconds) => stack.advanceQueues(seconds) }, wanted);

/** Alice has written to Bob, in a group, and in one that she left, and keeps this and that. */
async function newAlice() {
  const [a, b] = [newUser('alice'), newUser('bob')];
  const [alice, bob] = [await stack.join(a), await stack.join(b)];
  await alice.request(sending(b, 'hers'));
  await bob.request(sending(a, 'his'));
  await call(a, 'PUT', '/profile', { name: 'Älice 👩‍🚀' });
  await call(a, 'PUT', `/contacts/${b}`, { alias: 'my Bob' });
  await send(a, 'PUT', `/blocks/${newUser('mallory')}`);
  const conversationId = `dm:${a}:${b}`;
  await alice.request({ action: 'react', conversationId, seq: 2, name: '👍', on: true });
  const [kept, left] = [await newGroup(a, [b]), await newGroup(b, [a])];
  await say(alice, kept, 'in the group');
  await say(alice, left, 'in the one that she left');
  await send(a, 'DELETE', `/groups/${left}/members/${a}`);
  return { a, b, conversationId, kept, left };
}

const post = async (user: string, path: string, body: object) =>
  fetch(stack.httpUrl + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${await stack.token(user)}` },
    body: JSON.stringify(body),
  });

/** Starts an export, and follows it. */
async function exported(userId: string, follow = passing): Promise<Json> {
  const { status, body } = await asAdmin(stack, `POST /admin/users/${userId}/export`);
  expect(status).toBe(202);
  const task = async () => (await asAdmin(stack, `GET /admin/tasks/${body.taskId}`)).body;
  await follow(expect.poll(async () => (await task()).state, { interval: 50 }).toBe('done'));
  return task();
}

async function linesAt(link: string): Promise<Json[]> {
  const response = await fetch(link);
  expect(response.status).toBe(200);
  return linesIn(await response.text());
}

const linesIn = (text: string): Json[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

function expectAll(
  lines: readonly Json[],
  { a, b, conversationId, kept, left }: Awaited<ReturnType<typeof newAlice>>,
) {
  const ofKind = (wanted: string) => lines.filter(({ kind }) => kind === wanted);
  expect(lines[0]).toMatchObject({ kind: 'account', userId: a });
  expect(ofKind('profile')).toEqual([{ kind: 'profile', userId: a, name: 'Älice 👩‍🚀', version: 1 }]);
  expect(ofKind('contact')).toEqual([{ kind: 'contact', userId: b, alias: 'my Bob' }]);
  expect(ofKind('block')).toMatchObject([{ userId: expect.stringContaining('mallory') }]);
  expect(ofKind('reaction')).toEqual([{ kind: 'reaction', conversationId, seq: 2, name: '👍' }]);
  const ids = ofKind('conversation').map((line) => line.conversationId);
  expect(ids.toSorted()).toEqual([conversationId, kept, left].toSorted());
  expect(ofKind('conversation').find((line) => line.conversationId === left)).toMatchObject({
    leftAt: expect.any(Number),
  });
  const texts = ofKind('message').flatMap(({ content }) => (content.type === 'text' ? [content.text] : []));
  expect(texts.toSorted()).toEqual(['hers', 'in the group', 'in the one that she left']);
  expect(JSON.stringify(lines)).not.toContain('"his"');
}

describe('an export (IM-ERASE-3)', () => {
  it('has all that the server has of the user, behind a link for whoever has it', async () => {
    const alice = await newAlice();
    const task = await exported(alice.a);
    expect(task).toMatchObject({
      kind: 'export',
      userId: alice.a,
      state: 'done',
      counts: { account: 1, profile: 1, contact: 1, conversation: 3 },
    });
    expect(task.expiresAt).toBeGreaterThan(Date.now() + 3_500_000);
    expectAll(await linesAt(task.link), alice);
    expect((await fetch(task.link.replace(/\?.*/, ''))).status).toBe(403);
    for (const secret of ['X-Amz-Signature', 'in the group', 'my Bob'])
      expect(logs.filter((line) => line.includes(secret))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('is whole, whatever AWS call its worker dies at', async () => {
    const alice = await newAlice();
    const operations = new Set<string>();
    const run = () => exported(alice.a);
    for (const when of ['before', 'after'] as const) {
      let runs = 0;
      // After a read it is as before the next call.
      const isTried = (operation: string) =>
        operation !== 'ReceiveMessage' && (when === 'before' || !/^(Batch)?Get|^Query/.test(operation));
      const where = (call: { readonly operation: string }) => isTried(call.operation);
      for await (const step of steps(proxy, { function: 'RunTasks', when, where, run })) {
        operations.add(step.call.operation);
        await killWorker({ proxy, stack }, step, when);
        expectAll(await linesAt((await step.finished).link), alice);
        runs += 1;
      }
      expect(runs).toBeGreaterThan(when === 'before' ? 15 : 3);
    }
    expect([...operations]).toEqual(
      expect.arrayContaining(['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'PutItem']),
    );
  }, 300_000);
});

describe('an erasure (IM-ERASE-4)', () => {
  it('leaves an export of the user with nothing but ids', async () => {
    const alice = await newAlice();
    const { a, conversationId } = alice;
    const b = alice.b;
    const report = { conversationId, seq: 2, reason: 'CANARY reason' };
    expect((await post(a, '/reports', report)).status).toBeLessThan(300);
    expect((await post(b, '/reports', { ...report, seq: 1, reason: 'his words' })).status).toBeLessThan(300);
    const { taskId } = (await asAdmin(stack, `DELETE /admin/users/${a}`)).body;
    const state = async () => (await asAdmin(stack, `GET /admin/tasks/${taskId}`)).body.state;
    await passing(expect.poll(state, { interval: 50 }).toBe('done'));
    const { link } = await exported(a);
    const lines = await linesAt(link);
    expect(lines[0]).toMatchObject({
      kind: 'account',
      userId: a,
      sessions: [],
      ban: { at: expect.any(Number) },
    });
    expect(lines[0]).not.toHaveProperty('lastSeenAt');
    const others = lines.slice(1).filter(({ kind }) => kind !== 'message' && kind !== 'conversation');
    expect(others).toEqual([]);
    for (const { content } of lines.filter(({ kind }) => kind === 'message'))
      expect(['erased', 'system']).toContain(content.type);
    expect(JSON.stringify(lines)).not.toMatch(/CANARY|my Bob|Älice|in the group|hers/);
    expect(warnings).toEqual([]);
  });
});

it('devices that are registered from when the deployment had notifications are in an export, and are erased (IM-ERASE-4)', async () => {
  const a = newUser('alice');
  await stack.join(a);
  const client = dynamoDbClient(stack.endpoints.dynamodb);
  onTestFinished(() => client.destroy());
  const documents = DynamoDBDocumentClient.from(client);
  const table = stack.stack.tables.find(({ logicalId }) => logicalId.includes('Conversations'));
  const { tableName = '' } = table ?? {};
  const writer = createPushDeviceWriter(documents, { tableName, clock: Date.now });
  const target = { provider: 'fcm', token: `token of ${a}` } as const;
  await writer.register(a, 'phone', target, 20);
  const [device] = (await linesAt((await exported(a)).link)).filter(({ kind }) => kind === 'device');
  expect(device).toMatchObject({ deviceId: 'phone', provider: 'fcm' });
  const { taskId } = (await asAdmin(stack, `DELETE /admin/users/${a}`)).body;
  const state = async () => (await asAdmin(stack, `GET /admin/tasks/${taskId}`)).body.state;
  await passing(expect.poll(state, { interval: 50 }).toBe('done'));
  expect(await createPushDeviceReader(documents, tableName).devicesOf([a])).toEqual(new Map());
});

describe('npm run admin', () => {
  it('erases after --yes alone, and follows the task to its end (IM-ERASE-1)', async () => {
    const a = newUser('alice');
    expect(await admin('erase', a)).toBe(
      'serverless-im: erase without a terminal needs --yes. Help: npm run admin -- erase --help',
    );
    expect(await stack.http(a, '/session')).toMatchObject({ status: 200 });
    expect(await passing(admin('erase', a, '--yes'))).toMatch(
      new RegExp(`^Erasure of ${a}: done.* \\(task [0-9A-Z]{26}\\)$`),
    );
    expect(await stack.http(a, '/session')).toMatchObject({ status: 403 });
  });

  it('follows the deletion of a group to its end (IM-ADMIN-4)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b]);
    expect(await passing(admin('group', 'delete', id, '--yes'))).toMatch(
      new RegExp(`^Deletion of ${id}: done, members: 2, messages: \\d+ \\(task [0-9A-Z]{26}\\)$`),
    );
  });

  it('starts a task without waiting, and says how far it is (IM-ERASE-1)', async () => {
    const a = newUser('alice');
    const { taskId } = JSON.parse(await admin('erase', a, '--yes', '--no-wait', '--json'));
    expect(JSON.parse(await admin('task', taskId, '--no-wait', '--json'))).toMatchObject({
      taskId,
      userId: a,
    });
    expect(JSON.parse(await passing(admin('task', taskId, '--json')))).toMatchObject({
      taskId,
      state: 'done',
    });
  });

  it('exports into a new file that only its owner reads (IM-ERASE-3)', async () => {
    const alice = await newAlice();
    const out = join(mkdtempSync(join(tmpdir(), 'serverless-im-export-')), 'alice.jsonl');
    const said = await passing(admin('export', alice.a, '--out', out, '--json'));
    expect(JSON.parse(said)).toMatchObject({ state: 'done', out, bytes: statSync(out).size });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expectAll(linesIn(readFileSync(out, 'utf8')), alice);
    expect(await passing(admin('export', alice.a))).toMatch(
      /done.*\n {2}until .*, for whoever has it: http:\S+$/,
    );
    expect(await passing(admin('export', newUser('nobody')))).toMatch(
      /^Export of nobody\S+: done.*\n.*\n {2}nothing is known of this user$/,
    );
  });

  it('gets the files that an export names, again only those that are missing, and says which it could not get (IM-FILE-7)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    const ids = [await upload(a, { to: b }), await upload(a, { to: b }, { name: 'x: y?.pdf' })];
    await alice.request(sendingFiles(b, 'm1', ...ids));
    const folder = mkdtempSync(join(tmpdir(), 'serverless-im-export-'));
    const files = join(folder, 'files');
    const get = async (out: string) =>
      JSON.parse(await passing(admin('export', a, '--out', join(folder, out), '--files', files, '--json')));
    expect((await get('1.jsonl')).files).toEqual({ folder: files, fetched: 2, present: 0, failed: 0 });
    const names = readdirSync(files).toSorted();
    const conversation = `dm_${a}_${b}`.replaceAll(/[^\w-]/g, '_');
    expect(names).toEqual(
      [`${ids[0]}-Kätzchen_(1).jpg`, `${ids[1]}-x__y_.pdf`].map((end) => `${conversation}-1-${end}`),
    );
    for (const name of names) {
      expect(readFileSync(join(files, name), 'utf8')).toBe(BYTES);
      expect(statSync(join(files, name)).mode & 0o777).toBe(0o600);
    }
    const [first = '', second = ''] = names;
    rmSync(join(files, first));
    // Another run died here.
    writeFileSync(join(files, `${first}.part`), 'the by');
    writeFileSync(join(files, second), 'as it was');
    expect((await get('2.jsonl')).files).toMatchObject({ fetched: 1, present: 1, failed: 0 });
    expect(readFileSync(join(files, first), 'utf8')).toBe(BYTES);
    expect(readFileSync(join(files, second), 'utf8')).toBe('as it was');
    expect(readdirSync(files).toSorted()).toEqual(names);
    rmSync(join(files, first));
    mkdirSync(join(files, `${first}.part`));
    const said = await passing(admin('export', a, '--out', join(folder, '3.jsonl'), '--files', files));
    expect(said).toMatch(/^serverless-im: Missing files: 1\. The first: .*\.part\. Export once more/m);
  });

  it('names a file so that it stays in the folder, whatever its user has called it', () => {
    const file = { conversationId: '../a:b', seq: 7, attachmentId: 'ID', name: '../..\\x\n/y.tar.gz' };
    expect(pathOf(file)).toBe('___a_b-7-ID-.._.._x__y.tar.gz');
    const long = pathOf({ ...file, conversationId: 'c'.repeat(300), name: `${'ö'.repeat(300)}.pdf` });
    expect(Buffer.byteLength(`${long}.part`)).toBeLessThan(255);
    expect(long).toMatch(/ö\.pdf$/);
  });

  it("says an operator's mistake in one line", async () => {
    expect(await admin('export', 'alice', '--files', 'x')).toBe(
      'serverless-im: --files needs --out, which names the files. Help: npm run admin -- export --help',
    );
    expect(await admin('export', 'alice', '--out', 'x', '--no-wait')).toBe(
      'serverless-im: --out waits for the file: leave out --no-wait. Help: npm run admin -- export --help',
    );
    expect(await admin('export', 'alice', '--out', 'package.json')).toBe(
      'serverless-im: package.json is there already.',
    );
    expect(await admin('task', '01ARZ3NDEKTSV4RRFFQ69G5FAV')).toMatch(/^serverless-im: not_found: /);
  });
});
