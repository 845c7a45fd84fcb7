import {
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { expect, it, onTestFinished } from 'vitest';
import type { FaultRule } from '../../../local/aws-proxy/index.ts';
import { EventSource } from '../../../local/event-source/event-source.ts';
import type { InvokeResult } from '../../../local/model.ts';
import { useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();

/** A queue with these bodies, and the batches that a poller receives. */
async function queueOf(bodies: readonly string[], faults: readonly FaultRule[]) {
  const fixture = await startProxy({ faults });
  const QueueUrl = await fixture.queue();
  const send = (body: string) =>
    fixture.outside.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  if (Entries.length > 0) await fixture.outside.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  const receive = async (seconds = 5, most = 10): Promise<readonly Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: most,
      WaitTimeSeconds: seconds,
      MessageSystemAttributeNames: ['All'],
    });
    return (await fixture.poller.send(command)).Messages ?? [];
  };
  const bodiesOf = (messages: readonly Message[]) => messages.map(({ Body }) => Body);
  return {
    ...fixture,
    QueueUrl,
    send,
    receive,
    bodies: async (seconds?: number) => bodiesOf(await receive(seconds)),
  };
}

it('a duplicate record comes in the next batch, with a higher receive count', async () => {
  const { receive, proxy } = await queueOf(['a', 'b'], [{ fault: 'duplicate', nth: 2 }]);
  const first = await receive();
  const second = await receive();
  expect(first.map(({ Body }) => Body)).toEqual(['a', 'b']);
  expect(second).toMatchObject([{ Body: 'b', MessageId: first[1]?.MessageId }]);
  expect(second[0]?.Attributes?.ApproximateReceiveCount).toBe('2');
  expect(proxy.calls.map(({ operation, fault }) => [operation, fault])).toEqual([
    ['ReceiveMessage', 'duplicate'],
    ['ReceiveMessage', undefined],
  ]);
});

it('a late duplicate record comes after the first was deleted, also to a poller that already waits', async () => {
  const { proxy, QueueUrl, endpoints, poller } = await queueOf(
    ['a'],
    [{ fault: 'duplicate-late', times: 1 }],
  );
  const batches: unknown[] = [];
  const seenTwice = Promise.withResolvers<void>();
  const source = new EventSource({
    model: {
      logicalId: 'Source',
      functionId: 'Fn',
      queueName: QueueUrl.split('/').at(-1) ?? '',
      batchSize: 10,
      maximumConcurrency: 2,
      visibilitySeconds: 30,
      reportBatchItemFailures: true,
    },
    client: poller,
    endpoint: endpoints.sqs,
    invoker: {
      async invoke(_, event): Promise<InvokeResult> {
        batches.push((event as { Records: { body: string }[] }).Records.map(({ body }) => body));
        if (batches.length === 2) seenTwice.resolve();
        return { ok: true, payload: { batchItemFailures: [] } };
      },
    },
  });
  onTestFinished(() => source.stop());
  source.start();
  await seenTwice.promise;
  expect(batches).toEqual([['a'], ['a']]);
  const order = proxy.calls
    .filter(({ endMs }) => endMs !== undefined)
    .toSorted((a, b) => (a.endMs ?? 0) - (b.endMs ?? 0));
  expect(order.slice(0, 2).map(({ operation }) => operation)).toEqual([
    'ReceiveMessage',
    'DeleteMessageBatch',
  ]);
});

it('a reordered batch comes in reverse, in two parts', async () => {
  const { bodies } = await queueOf(['a', 'b', 'c', 'd', 'e'], [{ fault: 'reorder' }]);
  expect(await bodies()).toEqual(['e', 'd', 'c']);
  expect(await bodies()).toEqual(['b', 'a']);
});

it('a reordered record that arrived alone is overtaken by the next', async () => {
  const { bodies, send, proxy } = await queueOf(['a'], [{ fault: 'reorder', nth: 1 }]);
  // As long as AWS permits, since it ends when the next record comes.
  const receiving = bodies(20);
  await expect.poll(() => proxy.calls[0]?.fault).toBe('reorder');
  await send('b');
  expect(await receiving).toEqual(['b']);
  expect(await bodies()).toEqual(['a']);
});

it('a reordered record is not lost when nothing follows it', async () => {
  const { bodies } = await queueOf(['a'], [{ fault: 'reorder', nth: 1 }]);
  expect(await bodies()).toEqual(['a']);
});

it('no batch exceeds the requested size, and no record is lost', async () => {
  const all = ['a', 'b', 'c', 'd', 'e', 'f'];
  const { receive } = await queueOf(all, [{ fault: 'duplicate' }, { fault: 'reorder', every: 2 }]);
  const seen: (string | undefined)[] = [];
  while (seen.length < all.length * 2) {
    const batch = await receive(5, 2);
    expect(batch.length).toBeLessThanOrEqual(2);
    seen.push(...batch.map(({ Body }) => Body));
  }
  expect(seen.sort()).toEqual([...all, ...all].sort());
});

it("the poller's faults apply to event-source only", async () => {
  const { receive, proxy } = await queueOf(
    ['a'],
    [{ fault: 'throttle', function: 'event-source', times: 1 }],
  );
  await expect(receive()).rejects.toMatchObject({ name: 'RequestThrottled' });
  expect(await receive()).toMatchObject([{ Body: 'a' }]);
  expect(proxy.counts({ function: 'event-source' })).toMatchObject({ calls: 2, failed: 1 });
});
