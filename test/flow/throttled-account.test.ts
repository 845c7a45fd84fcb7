/** @module-tag long */
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAwsProxy } from '../../local/aws-proxy/index.ts';
import { sqsClient } from '../../local/emulators/clients.ts';
import { sending } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { whileTimePasses } from './setup/time.ts';

/**
 * The account's other APIs leave it three posts a second of the queues' time; the test needs 54 at once. By this machine's time
 * hardly any come back, however long the storm takes.
 */
const SLOWNESS = 1_000;
const POSTS = 3;
const proxy = createAwsProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    limits: { callbacksPerSecond: POSTS / SLOWNESS, callbackBurst: POSTS },
    onWarning: () => undefined,
  });
});
afterAll(() => stack?.stop());

async function waitingIn(queue: 'OfflineQueueUrl' | 'OfflineDeadLetterQueueUrl'): Promise<number> {
  const sqs = sqsClient(stack.endpoints.sqs);
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: stack.outputs[queue], AttributeNames: ['All'] }),
  );
  sqs.destroy();
  const states = ['', 'Delayed', 'NotVisible'] as const;
  return states.reduce((sum, state) => sum + Number(Attributes[`ApproximateNumberOfMessages${state}`]), 0);
}

it('a storm of pushes against a throttled account ends by itself: all messages arrive, nobody is disconnected, and no job is a dead letter (IM-PUSH-2, IM-FAULT-20)', async () => {
  const [managed, plain] = [newUser('bob'), newUser('carol')];
  const devices = await Promise.all([
    stack.join(managed, { deviceId: 'phone' }),
    stack.join(managed, { deviceId: 'tablet' }),
    stack.open(plain, { mode: 'plain' }),
  ]);
  const senders = await Promise.all([1, 2, 3].map((n) => stack.join(newUser(`alice${n}`))));
  const texts = Array.from({ length: 6 }, (_, n) => `m${n}`);
  const storm = senders.flatMap((sender, n) =>
    texts.flatMap((text) =>
      [managed, plain].map((to) => sender.request(sending(to, `${n}${text}`, `${to}${text}`))),
    ),
  );
  for (const answer of await Promise.all(storm)) expect(answer).toMatchObject({ type: 'sent' });
  const refused = () => proxy.calls.filter(({ status }) => status === 429).length;
  expect(refused()).toBeGreaterThan(15);

  const missing = () =>
    devices.map((device) => {
      const seen = new Set(device.messages().map(({ conversationId, seq }) => `${conversationId} ${seq}`));
      return senders.length * texts.length - seen.size;
    });
  const advance = (seconds: number) => {
    stack.advanceQueues(seconds);
    stack.gateway.advanceQuotas(seconds * SLOWNESS);
  };
  await whileTimePasses({ proxy, advance }, expect.poll(missing).toEqual([0, 0, 0]));
  expect(devices.map(({ raw }) => raw.readyState)).toEqual(devices.map(({ raw }) => raw.OPEN));
  expect(proxy.calls.filter(({ operation }) => operation === 'DeleteConnection')).toEqual([]);
  await expect.poll(() => waitingIn('OfflineQueueUrl')).toBe(0);
  expect(await waitingIn('OfflineDeadLetterQueueUrl')).toBe(0);
  for (const userId of [managed, plain]) await stack.inboxHolds(userId, 0);
});
