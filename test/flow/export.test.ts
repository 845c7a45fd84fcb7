import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminCommand } from './setup/admin-command.ts';
import { createTestProxy } from './setup/proxy.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { whileTimePasses } from './setup/time.ts';

const proxy = createTestProxy();
let stack: Stack;
let admin: ReturnType<typeof adminCommand>;
beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
  admin = adminCommand(stack);
});
afterAll(() => stack?.stop());

const passing = <Wanted>(wanted: Promise<Wanted>) =>
  whileTimePasses({ proxy, advance: (seconds) => stack.advanceQueues(seconds) }, wanted);

describe('npm run admin', () => {
  it('erases after --yes alone, and follows the task to its end (IM-ERASE-1)', async () => {
    const a = newUser('alice');
    expect(await admin('erase', a)).toBe('admin: erase without a terminal needs --yes.');
    expect(await stack.http(a, '/session')).toMatchObject({ status: 200 });
    expect(await passing(admin('erase', a, '--yes'))).toMatch(
      new RegExp(`^Erasure of ${a}: done.* \\(task [0-9A-Z]{26}\\)$`),
    );
    expect(await stack.http(a, '/session')).toMatchObject({ status: 403 });
  }, 60_000);

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
  }, 60_000);

  it("says an operator's mistake in one line", async () => {
    expect(await admin('export', 'alice', '--out', 'x', '--no-wait')).toBe(
      'admin: --out waits for the file: leave out --no-wait.',
    );
    expect(await admin('export', 'alice', '--out', 'package.json')).toBe(
      'admin: package.json is there already.',
    );
    expect(await admin('task', '01ARZ3NDEKTSV4RRFFQ69G5FAV')).toMatch(/^admin: not_found: /);
  });
});
