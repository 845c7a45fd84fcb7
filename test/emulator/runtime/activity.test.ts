import { createServer, request } from 'node:http';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { activityOf, type NodeSources } from '../../../local/activity/activity.ts';
import { ACTIVITY_PATH, ActivityRoute } from '../../../local/activity/activity-route.ts';
import { LoggedLines } from '../../../local/activity/logged-lines.ts';
import { queueStates } from '../../../local/activity/queue-states.ts';
import type { Invocation } from '../../../local/aws-proxy/index.ts';
import { sqsClient } from '../../../local/emulators/clients.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';
import { closeServer, listenOn } from '../../../local/listening.ts';

const endedAt = (endMs: number | undefined): Invocation => ({
  requestId: `r-${endMs}`,
  function: 'f',
  trigger: { kind: 'other', name: 'event' },
  calls: [],
  startMs: 0,
  ...(endMs !== undefined && { endMs }),
});
const sources = (ends: readonly (number | undefined)[], startedMs = 0): NodeSources => ({
  invocations: () => ends.map(endedAt),
  lines: () => [],
  connections: () => 3,
  startedMs,
});

describe('the activity of a node', () => {
  it('is that of the last minute, without what still runs', () => {
    const { invocations, seconds, connections } = activityOf(
      sources([30_000, 40_001, undefined, 99_000]),
      100_000,
    );
    expect(invocations.map(({ endMs }) => endMs)).toEqual([40_001, 99_000]);
    expect({ seconds, connections }).toEqual({ seconds: 60, connections: 3 });
  });

  it('covers only the time since the start', () => {
    expect(activityOf(sources([95_000], 90_000), 100_000).seconds).toBe(10);
    expect(activityOf(sources([], 100_000), 100_000).seconds).toBe(1);
  });

  it('covers less if more happened than it tells, so that rates stay true', () => {
    const ends = Array.from({ length: 5_000 }, (_, index) => 50_000 + index * 10);
    const { invocations, seconds } = activityOf(sources(ends), 100_000);
    expect(invocations).toHaveLength(2_000);
    expect(seconds).toBeCloseTo(20, 0);
    expect(invocations.length / seconds).toBeCloseTo(100, 0);
  });
});

describe('the kept lines', () => {
  it('are refusals and faults of our code, with no other field than what is counted', () => {
    const lines = new LoggedLines();
    const own = { level: 'INFO', service: 'serverless-im', timestamp: '…' };
    for (const line of [
      { ...own, message: 'refused', code: 'bad_frame', times: 3 },
      { ...own, message: 'user over budget', userHash: 'a1', retryAfterMs: 5 },
      { ...own, level: 'ERROR', message: 'frame failed', error: { message: 'x' } },
      { ...own, message: 'admin call', caller: 'arn' },
      { level: 'ERROR', message: 'of a hook, without a service' },
    ])
      lines.add('Socket', JSON.stringify(line));
    lines.add('Socket', 'no JSON');
    lines.add('Socket', '{broken');
    const at = { atMs: expect.any(Number), function: 'Socket' };
    expect(lines.since(0)).toEqual([
      { ...at, level: 'INFO', message: 'refused', code: 'bad_frame', times: 3 },
      { ...at, level: 'INFO', message: 'user over budget', userHash: 'a1' },
      { ...at, level: 'ERROR', message: 'frame failed' },
    ]);
    expect(lines.since(performance.now())).toEqual([]);
  });
});

describe('the local endpoint', () => {
  const NOTHING = { nodes: [], queues: [], names: {}, megabytes: {} };
  async function startRoute() {
    const route = new ActivityRoute();
    const server = createServer((asked, response) => {
      void route.route(asked, response).then((isIts) => isIts || response.writeHead(404).end());
    });
    const port = await listenOn(server, 0);
    onTestFinished(() => closeServer(server));
    const statusOf = (headers: Readonly<Record<string, string>> = {}, method = 'GET', path = ACTIVITY_PATH) =>
      new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject).end();
      });
    return { route, statusOf };
  }

  it('answers programs of this machine, and no web page, under whatever name', async () => {
    const { route, statusOf } = await startRoute();
    route.serve(async () => NOTHING);
    expect(await statusOf()).toBe(200);
    expect(await statusOf({ host: 'localhost:8787' })).toBe(200);
    expect(await statusOf({ origin: 'http://127.0.0.1:8788' })).toBe(403);
    expect(await statusOf({ host: 'evil.example' })).toBe(403);
  });

  it('has one path and one method, and waits for the stack', async () => {
    const { route, statusOf } = await startRoute();
    expect(await statusOf()).toBe(503);
    route.serve(async () => NOTHING);
    expect(await statusOf({}, 'POST')).toBe(405);
    expect(await statusOf({}, 'GET', '/messages')).toBe(404);
  });
});

describe('the states of queues', () => {
  it('have depth and age, and reading them receives nothing', async () => {
    const sqs = await startSqs();
    const client = sqsClient(sqs.endpoint, 'test');
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'jobs' }));
    for (const DelaySeconds of [0, 0, 60])
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'job', DelaySeconds }));
    await client.send(new ReceiveMessageCommand({ QueueUrl }));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 90_000 });
    const [state] = await queueStates(sqs.endpoint, [
      { logicalId: 'Jobs', queueName: 'jobs', attributes: {} },
    ]);
    vi.useRealTimers();
    expect(state).toMatchObject({ queue: 'jobs', waiting: 1, delayed: 1, inFlight: 1 });
    expect(state?.oldestSeconds).toBeGreaterThan(89);
    expect(state?.oldestSeconds).toBeLessThan(120);
    client.destroy();
    await sqs.stop();
  });

  it('of a queue that does not exist are empty', async () => {
    const sqs = await startSqs();
    const none = { logicalId: 'None', queueName: 'none', attributes: {} };
    expect(await queueStates(sqs.endpoint, [none])).toEqual([
      { queue: 'none', waiting: 0, delayed: 0, inFlight: 0 },
    ]);
    await sqs.stop();
  });
});
