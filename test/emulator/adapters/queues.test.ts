import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDeskEvents } from '../../../lambdas/adapters/desk-events.ts';
import { createFanOutQueue } from '../../../lambdas/adapters/fan-out-queue.ts';
import { createOfflineQueue } from '../../../lambdas/adapters/offline-queue.ts';
import type { FanOutQueue } from '../../../lambdas/domain/model/fan-out-job.ts';
import { sqsClient } from '../../../local/emulators/clients.ts';
import type { Emulator } from '../../../local/emulators/emulator.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';
import { localQueueUrl } from '../../../local/emulators/queues.ts';
import {
  inMemoryDeskEvents,
  inMemoryFanOutQueue,
  inMemoryOfflineQueue,
} from '../../adapters/memory/queues.ts';
import { NOON } from '../../adapters/memory/world.ts';

/** Some jobs of a queue: what was enqueued, and what a worker gets of it. */
interface Queue {
  enqueue(numbers: readonly number[], delaySeconds: number): Promise<void>;
  /** The numbers of the jobs that a worker can have now, in order. */
  ready(): Promise<number[]>;
  /** How many jobs are delayed. */
  delayed(): Promise<number>;
}

let sqs: Emulator;
let client: SQSClient;
beforeAll(async () => {
  sqs = await startSqs();
  client = sqsClient(sqs.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', sqs.endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  client?.destroy();
  await sqs?.stop();
});

const byNumber = (a: number, b: number) => a - b;
const numberIn = (body: string | undefined) => Number(/"user-(\d+)"/.exec(body ?? '')?.[1]);

async function inSqs(connect: (queueUrl: string) => Queue['enqueue']): Promise<Queue> {
  const QueueName = crypto.randomUUID();
  await client.send(new CreateQueueCommand({ QueueName }));
  const QueueUrl = localQueueUrl(sqs.endpoint, QueueName);
  return {
    enqueue: connect(QueueUrl),
    async ready() {
      const numbers: number[] = [];
      for (;;) {
        const request = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 };
        const { Messages = [] } = await client.send(new ReceiveMessageCommand(request));
        if (Messages.length === 0) return numbers.sort(byNumber);
        for (const { Body, ReceiptHandle } of Messages) {
          numbers.push(numberIn(Body));
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
    },
    async delayed() {
      const name = 'ApproximateNumberOfMessagesDelayed';
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }),
      );
      return Number(Attributes?.[name]);
    },
  };
}

function inMemory<Job extends object>(jobs: Job[], enqueue: Queue['enqueue']): Queue {
  const delayOf = (job: Job) => ('delaySeconds' in job ? Number(job.delaySeconds) : 0);
  return {
    enqueue,
    async ready() {
      const now = jobs.filter((job) => delayOf(job) === 0);
      for (const job of now) jobs.splice(jobs.indexOf(job), 1);
      return now.map((job) => numberIn(JSON.stringify(job))).sort(byNumber);
    },
    delayed: async () => jobs.filter((job) => delayOf(job) > 0).length,
  };
}

const userId = (n: number) => `user-${n}`;
const reference = {
  conversationId: 'dm:alice:bob',
  from: 'alice',
  clientMsgId: 'c1',
  seq: 1,
  messageId: '0'.repeat(26),
  sentAt: NOON,
  bytes: 100,
};
const offlineJob = (n: number, delaySeconds: number) => {
  return { job: { kind: 'store', userId: userId(n), reference, round: 0 }, delaySeconds } as const;
};
const deskEvent = (n: number, delaySeconds: number) => {
  return { event: { kind: 'check-agent', userId: userId(n), sinceMs: NOON }, delaySeconds } as const;
};
const fanOutJob = (n: number) => {
  return { conversationId: 'g:1', memberCount: 600, what: { reference }, users: [userId(n)] };
};
const watching =
  (queue: FanOutQueue): Queue['enqueue'] =>
  async (ns, delay) => {
    await Promise.all(ns.map((n) => queue.watch({ watchdogOf: userId(n) }, delay)));
  };

function memoryOffline(): Queue {
  const queue = inMemoryOfflineQueue();
  return inMemory(queue.jobs, (ns, delay) => queue.enqueue(ns.map((n) => offlineJob(n, delay))));
}
function memoryDesk(): Queue {
  const queue = inMemoryDeskEvents();
  return inMemory(queue.events, (ns, delay) => queue.enqueue(ns.map((n) => deskEvent(n, delay))));
}
function memoryFanOut(): Queue {
  const queue = inMemoryFanOutQueue();
  return inMemory(queue.jobs, (ns) => queue.enqueue(ns.map(fanOutJob)));
}
function memoryWatchdogs(): Queue {
  const queue = inMemoryFanOutQueue();
  return inMemory(queue.watchdogs, watching(queue));
}
const sqsOffline = () =>
  inSqs((url) => {
    const queue = createOfflineQueue(url);
    return (ns, delay) => queue.enqueue(ns.map((n) => offlineJob(n, delay)));
  });
const sqsDesk = () =>
  inSqs((url) => {
    const queue = createDeskEvents(url);
    return (ns, delay) => queue.enqueue(ns.map((n) => deskEvent(n, delay)));
  });
const sqsFanOut = () =>
  inSqs((url) => {
    const queue = createFanOutQueue(url);
    return (ns) => queue.enqueue(ns.map(fanOutJob));
  });
const sqsWatchdogs = () => inSqs((url) => watching(createFanOutQueue(url)));

describe.each<readonly [string, () => Queue | Promise<Queue>]>([
  ['the offline queue in memory', memoryOffline],
  ['the offline queue in SQS', sqsOffline],
  ['the fan-out queue in memory', memoryFanOut],
  ['the fan-out queue in SQS', sqsFanOut],
  ['the desk queue in memory', memoryDesk],
  ['the desk queue in SQS', sqsDesk],
  ["the fan-out queue's watchdogs in memory", memoryWatchdogs],
  ["the fan-out queue's watchdogs in SQS", sqsWatchdogs],
])('%s', (_, make) => {
  it('gives a worker each job once, also more jobs than one request takes', async () => {
    const queue = await make();
    const numbers = Array.from({ length: 23 }, (_, n) => n);
    await queue.enqueue(numbers, 0);
    expect(await queue.ready()).toEqual(numbers);
  });

  it('takes an empty list', async () => {
    const queue = await make();
    await queue.enqueue([], 0);
    expect(await queue.ready()).toEqual([]);
  });
});

describe.each<readonly [string, () => Queue | Promise<Queue>]>([
  ['the offline queue in memory', memoryOffline],
  ['the offline queue in SQS', sqsOffline],
  ['the desk queue in memory', memoryDesk],
  ['the desk queue in SQS', sqsDesk],
  ["the fan-out queue's watchdogs in memory", memoryWatchdogs],
  ["the fan-out queue's watchdogs in SQS", sqsWatchdogs],
])('%s', (_, make) => {
  it('keeps a delayed job from the worker', async () => {
    const queue = await make();
    await queue.enqueue([1], 900);
    await queue.enqueue([2], 0);
    expect(await queue.ready()).toEqual([2]);
    expect(await queue.delayed()).toBe(1);
  });
});

describe('a queue that is not there', () => {
  it.each(
    [createOfflineQueue, createFanOutQueue, createDeskEvents].map((create) => ({
      name: create.name,
      create,
    })),
  )('is unavailable to $name', async ({ create }) => {
    const enqueue = create(localQueueUrl(sqs.endpoint, 'missing')).enqueue as (
      jobs: readonly object[],
    ) => Promise<void>;
    const job = { ...offlineJob(1, 0), ...deskEvent(1, 0), ...fanOutJob(1) };
    await expect(enqueue([job])).rejects.toMatchObject({ code: 'unavailable' });
  });
});

it('the fan-out queue takes a pushed frame with any character, such as an edit with an emoji', async () => {
  const QueueName = crypto.randomUUID();
  await client.send(new CreateQueueCommand({ QueueName }));
  const QueueUrl = localQueueUrl(sqs.endpoint, QueueName);
  const what = { frame: JSON.stringify({ text: '👍 \uffff' }) };
  await createFanOutQueue(QueueUrl).enqueue([{ conversationId: 'g:1', memberCount: 26, what }]);
  const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(Messages.map(({ Body }) => JSON.parse(Body ?? '').what)).toEqual([what]);
});
