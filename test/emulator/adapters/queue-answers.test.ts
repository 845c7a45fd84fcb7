import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDeskEvents } from '../../../lambdas/adapters/desk-events.ts';
import { createFanOutQueue } from '../../../lambdas/adapters/fan-out-queue.ts';
import { createOfflineQueue } from '../../../lambdas/adapters/offline-queue.ts';
import { createWorkQueue } from '../../../lambdas/adapters/work-queue.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { closeServer, listenOn } from '../../../local/listening.ts';
import { NOON } from '../../adapters/memory/world.ts';

/** What the emulator never answers, and what it doesn't show: an SQS whose answers the test chooses. */

interface Request {
  readonly QueueUrl: string;
  readonly Entries: readonly Readonly<Record<string, unknown>>[];
}

const OK = { Successful: [] };
const PARTIAL = { Successful: [], Failed: [{ Id: '0', Code: 'InternalError', SenderFault: false }] };

async function answering(answer: object | 'broken') {
  const requests: Request[] = [];
  const server = createServer(async (request, response) => {
    requests.push(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    if (answer === 'broken') response.writeHead(403).end('{"__type":"AccessDenied"}');
    else response.end(JSON.stringify(answer));
  });
  const queueUrl = `http://127.0.0.1:${await listenOn(server, 0)}/000000000000/queue`;
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await closeServer(server);
  });
  return { requests, queueUrl };
}

const referenceIn = (conversationId: string) => ({
  conversationId,
  from: 'alice',
  clientMsgId: 'c1',
  seq: 1,
  messageId: '0'.repeat(26),
  sentAt: NOON,
  bytes: 100,
});
const store = (conversationId: string) =>
  ({
    job: { kind: 'store', userId: 'bob', reference: referenceIn(conversationId), round: 0 },
    delaySeconds: 3,
  }) as const;
const drain = (userId: string) =>
  ({ job: { kind: 'drain', userId, deviceId: 'd', connectionId: 'c', round: 0 }, delaySeconds: 0 }) as const;
const fanOut = (conversationId: string) => ({
  conversationId,
  memberCount: 600,
  what: { reference: referenceIn(conversationId) },
});
const match = (queue: string) =>
  ({ event: { kind: 'match', queue, moved: false, watchdog: false }, delaySeconds: 0 }) as const;
const check = (userId: string) =>
  ({ event: { kind: 'check-agent', userId, sinceMs: NOON }, delaySeconds: 9 }) as const;

/** Enqueues two jobs of the same tenant, and one of another. */
const SENDERS = [
  [
    'messages to store',
    (url: string) => createOfflineQueue(url).enqueue([store('g:1'), store('g:1'), store('g:2')]),
  ],
  [
    'inboxes to drain',
    (url: string) => createOfflineQueue(url).enqueue([drain('bob'), drain('bob'), drain('zoe')]),
  ],
  [
    'fan-out jobs',
    (url: string) => createFanOutQueue(url).enqueue([fanOut('g:1'), fanOut('g:1'), fanOut('g:2')]),
  ],
  ['queues to match', (url: string) => createDeskEvents(url).enqueue([match('a'), match('a'), match('b')])],
  [
    'agents to check',
    (url: string) => createDeskEvents(url).enqueue([check('ann'), check('ann'), check('zoe')]),
  ],
] as const;

describe('jobs for a queue', () => {
  it.each(SENDERS)('are of the same fair group if they are of the same tenant: %s', async (_, send) => {
    const { requests, queueUrl } = await answering(OK);
    await send(queueUrl);
    const [first, second, other] = requests[0]?.Entries.map((entry) => entry['MessageGroupId']) ?? [];
    expect(first).toMatch(/^[\w-]{43}$/);
    expect([second === first, other === first]).toEqual([true, false]);
    expect(requests[0]?.Entries.map((entry) => entry['Id'])).toEqual(['0', '1', '2']);
  });

  it('go ten to a request', async () => {
    const { requests, queueUrl } = await answering(OK);
    await createOfflineQueue(queueUrl).enqueue(Array.from({ length: 23 }, (_, n) => store(`g:${n}`)));
    expect(requests.map(({ Entries }) => Entries.length).sort()).toEqual([10, 10, 3]);
    expect(requests[0]?.Entries[0]).toMatchObject({ DelaySeconds: 3 });
  });

  it('of a watchdog are of the fair group of their conversation, like its messages', async () => {
    const { requests, queueUrl } = await answering(OK);
    const queue = createFanOutQueue(queueUrl);
    await queue.watch({ watchdogOf: 'g:1' }, 12);
    await queue.enqueue([fanOut('g:1')]);
    const [watchdog, job] = requests.map(({ Entries }) => Entries[0]);
    expect(watchdog).toMatchObject({ DelaySeconds: 12, MessageGroupId: job?.['MessageGroupId'] });
  });

  it.each([
    ...SENDERS,
    ['watchdogs', (url: string) => createFanOutQueue(url).watch({ watchdogOf: 'g:1' }, 12)] as const,
  ])('are unavailable if SQS takes only some of them: %s (IM-FAULT-5)', async (_, send) => {
    const { queueUrl } = await answering(PARTIAL);
    await expect(send(queueUrl)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('failed records', () => {
  const records = [
    { receiptHandle: 'r1', delaySeconds: 4 },
    { receiptHandle: 'r2', delaySeconds: 8 },
  ];

  it('return to their queue after their delays', async () => {
    const { requests, queueUrl } = await answering(OK);
    const warn = vi.spyOn(logger, 'warn');
    await createWorkQueue(queueUrl).returnLater(records);
    expect(requests).toEqual([
      {
        QueueUrl: queueUrl,
        Entries: [
          { Id: '0', ReceiptHandle: 'r1', VisibilityTimeout: 4 },
          { Id: '1', ReceiptHandle: 'r2', VisibilityTimeout: 8 },
        ],
      },
    ]);
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    ['takes only some', PARTIAL, { code: 'InternalError' }],
    ['refuses', 'broken', { error: expect.objectContaining({ name: 'AccessDenied' }) }],
  ] as const)('are left to the visibility time-out, with a log line, if SQS %s', async (_, answer, facts) => {
    const { queueUrl } = await answering(answer);
    const warn = vi.spyOn(logger, 'warn').mockImplementation(() => {});
    await createWorkQueue(queueUrl).returnLater(records);
    expect(warn.mock.calls).toEqual([['records not returned', facts]]);
  });
});
