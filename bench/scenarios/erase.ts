import { randomUUID } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { BenchStack } from '../stack/bench-stack.ts';
import { type Bench, type Scenario, sending } from './scenario.ts';

/** Each is a write or two, at the rate of a task: few enough that all come after the same mark of their conversation. */
const MANY = 20;
/** Each round writes for a second. */
const MOST_ROUNDS = 3;
/** Of the queue, before the second pass. */
const SETTLE_SECONDS = 15;

/** Users are erased: one who has ten conversations and wrote nothing, one with messages, and one with reactions. */
export const erase: Scenario = {
  name: 'erase',
  isChecked: true,
  async run({ stack, rounds, measure, user }) {
    for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round += 1) {
      const quiet = user();
      await converse(stack, user, quiet, { conversations: 10 });
      await measure('erase a user, who has ten conversations and wrote nothing', () =>
        eraseUser(stack, quiet),
      );

      const writer = user();
      await converse(stack, user, writer, { messages: MANY });
      await measure(`… who has one conversation, and wrote ${MANY} messages`, () => eraseUser(stack, writer));

      const reader = user();
      await converse(stack, user, reader, { reactions: MANY });
      await measure(`… who has one, and reacted to ${MANY} messages`, () => eraseUser(stack, reader));
    }
  },
};

/** What a user and others do before the user is erased; all have gone then. */
export async function converse(
  stack: BenchStack,
  user: Bench['user'],
  one: string,
  { conversations = 1, messages = 0, reactions = 0 },
): Promise<void> {
  const own = await stack.join(one);
  for (let n = 0; n < conversations; n += 1) {
    const other = user();
    const peer = await stack.join(other);
    await peer.request(sending(one));
    for (let sent = 0; sent < messages; sent += 1) await own.request(sending(other));
    for (let seq = 2; seq < reactions + 2; seq += 1) {
      await peer.request(sending(one));
      await own.request({ action: 'react', to: other, seq, name: 'ok', on: true });
    }
    await stack.leave(peer);
  }
  await stack.leave(own);
  await stack.settle();
}

/** Runs the task to its end. */
async function eraseUser(stack: BenchStack, userId: string): Promise<void> {
  await startTask(stack, 'erase', { userId });
  const second = stack.ends({ function: 'RunTasks' });
  stack.runtime.advanceQueues(SETTLE_SECONDS);
  await second;
}

/** Starts a task as the admin API does, and waits for its first worker's end. */
export async function startTask(
  stack: BenchStack,
  kind: 'erase' | 'export' | 'import',
  facts: { readonly userId: string } | { readonly importId: string },
): Promise<void> {
  const taskId = randomUUID();
  const atMs = Date.now();
  await stack.documents.send(
    new PutCommand({
      TableName: stack.table('Conversations'),
      Item: {
        ...{ pk: `task#${taskId}`, sk: 'task', kind, ...facts, step: 'begin' },
        ...{ startedAt: atMs, updatedAt: atMs, counts: {}, version: 1 },
      },
    }),
  );
  const first = stack.ends({ function: 'RunTasks' });
  await stack.enqueue('Tasks', { taskId });
  await first;
}
