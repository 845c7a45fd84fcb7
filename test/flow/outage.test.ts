import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAwsProxy, type FaultRule } from '../../local/aws-proxy/index.ts';
import { recordOf } from '../../local/json.ts';
import { groupsOf, say } from './setup/groups.ts';
import { sending } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const OUTAGE_SECONDS = 30 * 60;

const proxy = createAwsProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
});
afterAll(() => stack?.stop());

/** The wait of each failed record, as the function asks SQS for it. */
const waits: number[] = [];
proxy.inject({
  fault: 'error',
  times: 0,
  operation: 'ChangeMessageVisibilityBatch',
  where: (_, input) => {
    const entries = recordOf(input)['Entries'] as readonly { readonly VisibilityTimeout: number }[];
    waits.push(...entries.map(({ VisibilityTimeout }) => VisibilityTimeout));
    return false;
  },
});

/** Breaks the function's calls until half an hour of the queues' time has passed, then mends them. */
async function outage(rule: FaultRule & { readonly function: string }, send: () => Promise<unknown>) {
  const broken = proxy.inject(rule);
  let failure = proxy.nextEnd(rule);
  await send();
  let tries = 0;
  for (let elapsed = 0; elapsed < OUTAGE_SECONDS; tries += 1) {
    await failure;
    failure = proxy.nextEnd(rule);
    const [wait = 0] = waits.splice(0);
    expect(wait).toBeGreaterThan(0);
    elapsed += wait;
    if (elapsed >= OUTAGE_SECONDS) broken.remove();
    stack.advanceQueues(wait);
  }
  await failure;
  return tries;
}

describe('a job', () => {
  it('survives half an hour in which its table is down, and is done five minutes later at most (IM-PUSH-2, IM-FAULT-10)', async () => {
    const [a, bob] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    const tries = await outage(
      { function: 'StoreOffline', operation: 'BatchWriteItem', table: 'Inbox', fault: 'error' },
      () => alice.request(sending(bob, 'hi')),
    );
    expect(tries).toBeGreaterThan(10);
    await stack.inboxHolds(bob, 1);
  });

  it('of a fan-out comes back in seconds when all of its parts failed (IM-DESIGN-9)', async () => {
    const a = newUser('alice');
    const members = Array.from({ length: 60 }, (_, n) => `${a}-m${n}`);
    const id = await groupsOf(() => stack).newGroup(a, members);
    const [alice, member] = [await stack.join(a), await stack.join(members[0] ?? '')];
    const rule = { function: 'FanOut', operation: 'BatchGetItem', table: 'Routes' };
    proxy.inject({ ...rule, fault: 'error', where: () => waits.length === 0 });
    await say(alice, id, 'to all');
    await member.message('to all');
    expect(waits.length).toBeGreaterThan(0);
    expect(Math.max(...waits.splice(0))).toBeLessThanOrEqual(2);
  });
});
