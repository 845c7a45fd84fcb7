/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupsOf, say } from './setup/groups.ts';
import { createTestProxy } from './setup/proxy.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/** Latencies of a Region, except for the fan-out workers, which are overloaded. */
const proxy = createTestProxy({
  latency: [
    { function: 'FanOut', service: 'dynamodb', ms: 1_500 },
    { service: 'dynamodb', p50Ms: 4, p99Ms: 20 },
    { service: 'sqs', p50Ms: 8, p99Ms: 40 },
    { operation: 'PostToConnection', p50Ms: 10, p99Ms: 60 },
  ],
});
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
  });
});
afterAll(() => stack?.stop());

const { newGroup } = groupsOf(() => stack);

/** A group large enough for the fan-out workers, its admin, and one member. */
async function hugeGroup() {
  const a = newUser('alice');
  const members = Array.from({ length: 60 }, (_, n) => `${a}-m${n}`);
  const id = await newGroup(a, members);
  const [alice, member] = [await stack.join(a), await stack.join(members[0] ?? '')];
  return { id, alice, member };
}

const direct = (from: TestSocket, to: string) =>
  from.request({ action: 'sendMessage', clientMsgId: to, to, content: { type: 'text', text: 'direct' } });
const has = (socket: TestSocket, text: string) =>
  socket.messages().some(({ content }) => content.text === text);

describe('a huge group does not delay direct messages (fairness)', () => {
  it('while its workers are slow: a direct message overtakes an earlier burst (IM-FAULT-17)', async () => {
    const { id, alice, member } = await hugeGroup();
    const b = newUser('bob');
    const bob = await stack.join(b);
    const burst = ['1', '2', '3', '4', '5', '6'];
    await Promise.all(burst.map((text) => say(alice, id, text)));
    expect(await direct(alice, b)).toMatchObject({ type: 'sent' });
    await bob.message('direct');
    expect(burst.filter((text) => has(member, text)).length).toBeLessThan(burst.length);
    await Promise.all(burst.map((text) => member.message(text)));
  });

  it('while its workers are stopped', async () => {
    const { id, alice, member } = await hugeGroup();
    const [b, c] = [newUser('bob'), newUser('carol')];
    const bob = await stack.join(b);
    // On every try: the workers time out after 2 s and try again.
    const stuck = proxy.inject({
      fault: 'hang',
      function: 'FanOut',
      operation: 'BatchGetItem',
      table: 'Routes',
    });
    await say(alice, id, 'to all');
    await expect.poll(() => stuck.fired).toBeGreaterThan(0);
    for (const to of [b, c]) expect(await direct(alice, to)).toMatchObject({ type: 'sent' });
    await bob.message('direct');
    await stack.inboxHolds(c, 1);
    expect(has(member, 'to all')).toBe(false);
    stuck.remove();
    await member.message('to all');
  });
});
