/** @module-tag long */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { s3Client } from '../../local/emulators/clients.ts';
import { platformAssembly } from '../setup/assembly.ts';
import { asAdmin } from './setup/admin.ts';
import { adminCommand } from './setup/admin-command.ts';
import {
  directLines,
  importLines,
  messageLine,
  newGroupId,
  reportOf,
  startImport,
  textOf,
  uploadImport,
} from './setup/imports.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { type Subscriber, subscribeTo } from './setup/subscriber.ts';
import { untilTask } from './setup/tasks.ts';
import { whileTimePasses } from './setup/time.ts';

/** A stack with events, and a history of 30 days. */
const proxy = createTestProxy();
let stack: Stack;
let events: Subscriber;
const logs: string[] = [];
beforeAll(async () => {
  stack = await startStack({
    cdkOut: await platformAssembly(),
    awsProxy: proxy.attach,
    onWarning: () => undefined,
    onLogLine: (_, line) => void logs.push(line),
  });
  events = await subscribeTo(stack);
});
afterAll(async () => {
  events?.stop();
  await stack?.stop();
});

const pair = (): [string, string] => [newUser('alice'), newUser('bob')].toSorted() as [string, string];
const idOf = ([a, b]: readonly [string, string]) => `dm:${a}:${b}`;
const DAY_MS = 86_400_000;
const recent = { sentAt: Date.now() - DAY_MS };
const recently = (users: [string, string], count: number) =>
  directLines(users, count).map((line) => (line.kind === 'message' ? { ...line, ...recent } : line));

/** Whether the bucket still has the file of an import. */
async function hasFile(importId: string): Promise<boolean> {
  const client = s3Client(stack.endpoints.s3);
  onTestFinished(() => client.destroy());
  const Bucket = stack.outputs['ExportBucketName'];
  const command = new GetObjectCommand({ Bucket, Key: `imports/${importId}.jsonl` });
  return client.send(command).then(
    () => true,
    () => false,
  );
}

describe('lines of an import (IM-IMPORT-2)', () => {
  it('are refused alone, with their numbers and reasons, and without what they say', async () => {
    const users = pair();
    const [a, b] = users;
    const id = idOf(users);
    const other = newGroupId();
    const good = (seq: number) => messageLine(id, seq, a, recent);
    const lines = [
      messageLine(id, 1, a, recent),
      JSON.stringify({ kind: 'conversation', conversationId: id, lastSeq: 9 }),
      '',
      '  \r',
      JSON.stringify(good(1)),
      '{"CANARY',
      '"CANARY"',
      '[]',
      'null',
      JSON.stringify({ ...good(2), kind: 'CANARY' }),
      JSON.stringify(good(1)),
      JSON.stringify({ ...good(2), from: newUser('mallory') }),
      JSON.stringify({ ...good(3), content: { type: 'file', attachments: [] } }),
      JSON.stringify({ ...good(4), content: { type: 'text', text: ' ' } }),
      JSON.stringify({ ...good(5), content: { type: 'text', text: 'CANARY'.repeat(3_000) } }),
      JSON.stringify({ ...good(6), content: { type: 'custom', data: deep(40) } }),
      JSON.stringify({ ...good(6), content: { type: 'text', text: 'x'.repeat(200_000) } }),
      JSON.stringify({ ...good(6), sentAt: Date.now() + DAY_MS }),
      JSON.stringify({ ...good(7), replyTo: 7 }),
      JSON.stringify(good(10)),
      JSON.stringify({ ...good(11), content: { type: 'system', event: 'renamed', by: 'CANARY' } }),
      '{"kind":"message","__proto__":{"conversationId":"x"},"constructor":1}',
      JSON.stringify({ kind: 'conversation', conversationId: `dm:${users[1]}:${a}`, lastSeq: 1 }),
      JSON.stringify({ kind: 'conversation', conversationId: 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV', lastSeq: 1 }),
      JSON.stringify({ kind: 'conversation', conversationId: other, lastSeq: 1e12 }),
      JSON.stringify({ kind: 'conversation', conversationId: other, lastSeq: 1 }),
      JSON.stringify({ kind: 'member', conversationId: other, userId: a }),
      Buffer.from([0x22, 0xff, 0xfe, 0x22]).toString('latin1'),
    ];
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    const { task, refused } = await importLines(stack, `${text}\n${JSON.stringify(good(8))}`);
    expect(task.counts).toMatchObject({ conversations: 1, messages: 1, refused: 25 });
    expect(refused.map(({ line }: Json) => line)).toEqual([
      1,
      ...Array.from({ length: lines.length - 5 }, (_, n) => n + 6),
      lines.length + 1,
    ]);
    const said = JSON.stringify(refused);
    for (const reason of [
      'must follow the line of its conversation',
      'Not JSON.',
      'seq must be above 1',
      'from is not in this conversation',
      'is longer than 128 KB',
      'Nested deeper than 32.',
      'sentAt is in the future',
      'replyTo must be below',
      'above the lastSeq',
      'group is required',
    ])
      expect(said).toContain(reason);
    expect(said + logs.join()).not.toContain('CANARY');
    expect((await historyOf(stack, a, b)).map(({ seq }) => seq)).toEqual([1]);
  });

  it('that have expired are counted, in a dry run, too, which writes nothing and keeps the file (IM-IMPORT-1)', async () => {
    const users = pair();
    const [a, b] = users;
    const id = idOf(users);
    const importId = await uploadImport(
      stack,
      textOf([
        { kind: 'user', userId: a, name: 'Alice' },
        { kind: 'conversation', conversationId: id, lastSeq: 2 },
        messageLine(id, 1, a),
        messageLine(id, 2, a, recent),
      ]),
    );
    const dry = await untilTask(stack, await startImport(stack, importId, { dryRun: true }));
    // Another system keeps the profiles.
    const counts = { conversations: 1, messages: 1, refused: 2, expired: 1 };
    expect(dry).toMatchObject({ dryRun: true, importId, counts });
    expect((await stack.http(a, '/conversations')).body.conversations).toEqual([]);
    expect(await historyOf(stack, a, b)).toEqual([]);
    expect(await hasFile(importId)).toBe(true);
    const done = await untilTask(stack, await startImport(stack, importId));
    expect(done.counts).toEqual(counts);
    expect((await historyOf(stack, a, b)).map(({ seq }) => seq)).toEqual([2]);
    expect(await hasFile(importId)).toBe(false);
    const late = await untilTask(stack, await startImport(stack, importId));
    expect((await reportOf(late)).refused).toMatchObject([
      { line: 0, reason: expect.stringContaining('upload') },
    ]);
  });

  it('are 1 GiB at most, of a file of the size that was said (IM-IMPORT-1)', async () => {
    for (const size of [0, 2 ** 30 + 1, 1.5, 'x'])
      expect(await asAdmin(stack, 'POST /admin/imports', { size })).toMatchObject({ status: 400 });
    expect(await asAdmin(stack, 'POST /admin/imports/x/tasks')).toMatchObject({ status: 400 });
    const { body } = await asAdmin(stack, 'POST /admin/imports', { size: 5 });
    const form = new FormData();
    for (const [name, value] of Object.entries(body.upload.fields)) form.set(name, String(value));
    form.set('file', new Blob(['123456']));
    expect((await fetch(body.upload.url, { method: 'POST', body: form })).ok).toBe(false);
  });
});

describe('an import', () => {
  it('tells nobody, and no event, but of later changes (IM-IMPORT-6)', async () => {
    const users = pair();
    const [a, b] = users;
    const id = idOf(users);
    const bob = await stack.join(b);
    await importLines(stack, recently(users, 2));
    const alice = await stack.join(a);
    await alice.request({ action: 'react', conversationId: id, seq: 1, name: '👍', on: true });
    const { messageId } = await alice.request(sending(b, 'live'));
    await stack.untilStreamsRead();
    await events.event((event) => event.id === `${messageId}-0`);
    const ofIt = (await events.all()).filter((event) => event.conversationId === id);
    expect(ofIt.map(({ type, seq }) => [type, seq])).toEqual([
      ['message.changed', 1],
      ['message.created', 3],
    ]);
    expect(bob.messages().map(({ seq }) => seq)).toEqual([3]);
  });

  it('by npm run admin, of a .gz too, fails if a line is refused (IM-IMPORT-2)', async () => {
    const admin = adminCommand(stack);
    const passing = <Wanted>(wanted: Promise<Wanted>) =>
      whileTimePasses({ proxy, advance: (seconds) => stack.advanceQueues(seconds) }, wanted);
    const folder = mkdtempSync(join(tmpdir(), 'serverless-im-import-'));
    const users = pair();
    const [plain, packed, wrong] = ['a.jsonl', 'b.jsonl.gz', 'c.jsonl'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(plain, textOf(recently(users, 3)));
    writeFileSync(packed, gzipSync(textOf(recently(users, 4))));
    writeFileSync(wrong, 'nonsense\n');
    expect(await passing(admin('import', '--file', plain, '--dry-run'))).toMatch(
      /^Import of .*: done, conversations: 1, messages: 3 /,
    );
    expect(await passing(admin('import', '--file', plain))).toMatch(
      /^Import of .*: done, conversations: 1, messages: 3 /,
    );
    expect(JSON.parse(await passing(admin('import', '--file', packed, '--json')))).toMatchObject({
      state: 'done',
      counts: { already: 3, messages: 1 },
      refusals: [],
    });
    expect(await passing(admin('import', '--file', join(folder, 'missing')))).toMatch(
      /Could not read .*missing/,
    );
    expect(await passing(admin('import'))).toMatch(/import needs --file/);
    expect(await passing(admin('import', '--file', wrong))).toMatch(
      /Refused lines: 1\. Correct them, and import the whole file again\.$/,
    );
    const { taskId } = JSON.parse(await passing(admin('import', '--file', plain, '--no-wait', '--json')));
    expect(await passing(admin('task', taskId))).toMatch(/^Import of .*: done.*already: 3/);
  }, 90_000);
});

function deep(levels: number): unknown {
  return levels === 0 ? 1 : [deep(levels - 1)];
}
