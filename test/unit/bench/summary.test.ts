import { describe, expect, it } from 'vitest';
import { readPrices } from '../../../bench/cost/prices.ts';
import { summaryOf } from '../../../cli/admin/summary.ts';
import { topText } from '../../../cli/admin/top-text.ts';
import type { Activity, NodeActivity } from '../../../local/activity/activity.ts';
import type { Invocation } from '../../../local/aws-proxy/index.ts';
import { aCall, anInvocation } from './builders.ts';

const put = (status: number, table = 'ChatMessages') =>
  aCall({ service: 'dynamodb', operation: 'PutItem', tables: [table], status, writeUnits: 2 });
const sent = (ms: number, ...calls: ReturnType<typeof aCall>[]): Invocation =>
  anInvocation({
    function: 'ChatSocket',
    trigger: { kind: 'frame', name: 'sendMessage', route: 'sendMessage' },
    calls,
    startMs: 0,
    endMs: ms,
    ok: true,
    reply: 'sent',
  });
const node = (some: Partial<NodeActivity>): NodeActivity => ({
  ...{ seconds: 60, connections: 0, invocations: [], lines: [] },
  ...some,
});
const line = { atMs: 0, function: 'ChatSocket', level: 'INFO', message: 'refused' };
const activity = (...nodes: NodeActivity[]): Activity => ({
  nodes,
  queues: [{ queue: 'q-1', waiting: 2, delayed: 0, inFlight: 1, oldestSeconds: 7 }],
  names: {
    ChatSocket: 'Socket',
    ChatMessages: 'Messages',
    ChatConversations: 'Conversations',
    'q-1': 'OfflineQueue',
  },
  megabytes: { Socket: 512 },
});

describe('the summary of what goes on', () => {
  it('counts the messages that were stored: no repeat, and no other table', () => {
    const invocations = [sent(5, put(200), put(400), put(200, 'ChatConversations'))];
    expect(summaryOf(activity(node({ invocations }))).messagesPerMinute).toBe(1);
    expect(summaryOf(activity(node({ invocations, seconds: 30 }))).messagesPerMinute).toBe(2);
  });

  it('adds nodes up, each by its own span of time', () => {
    const one = node({ invocations: [sent(5, put(200))], connections: 3 });
    const summary = summaryOf(activity(one, { ...one, seconds: 10, connections: 4 }));
    expect(summary).toMatchObject({ messagesPerMinute: 7, connectedSessions: 7, seconds: 60 });
  });

  it('has calls, failures, and percentiles of each route, the busiest first', () => {
    const crash = { ...sent(3), ok: false };
    const connect = { ...sent(9), trigger: { kind: 'frame', name: '$connect', route: '$connect' } as const };
    const invocations = [connect, ...Array.from({ length: 100 }, (_, ms) => sent(ms)), crash];
    const { routes, errors } = summaryOf(activity(node({ invocations })));
    expect(routes.map(({ route, calls, failed }) => [route, calls, failed])).toEqual([
      ['sendMessage', 101, 1],
      ['$connect', 1, 0],
    ]);
    expect(routes[0]?.p50Ms).toBeCloseTo(49, -1);
    expect(routes[0]?.p95Ms).toBeCloseTo(94, -1);
    expect(errors).toEqual({ failedRuns: 1, loggedFaults: 0 });
  });

  it('has the uploads and downloads of browsers below the routes, with what they cost', () => {
    const visit = (operation: string, endMs: number, status = 200) => {
      const call = { ...put(status), service: 's3', function: 'visitor', operation } as const;
      return { ...call, startMs: 0, endMs, bytesIn: 10 ** 6 };
    };
    const visits = [visit('PostObject', 5), visit('GetObject', 2), visit('GetObject', 4, 403)];
    const { routes, dollarsPerHour } = summaryOf(activity(node({ invocations: [sent(9)], visits })));
    expect(routes.map(({ route, calls, failed }) => [route, calls, failed])).toEqual([
      ['sendMessage', 1, 0],
      ['a browser: S3 PostObject', 1, 0],
      ['a browser: S3 GetObject', 2, 1],
    ]);
    expect(dollarsPerHour['S3']).toBeCloseTo(60 * (0.000005 + 2 * 0.0000004));
    const quiet = summaryOf(activity(node({ invocations: [sent(9)] }))).dollarsPerHour;
    const transfer = (dollarsPerHour['Data transfer'] ?? 0) - (quiet['Data transfer'] ?? 0);
    expect(transfer).toBeCloseTo(60 * 0.002 * 0.09);
  });

  it('takes a refused token for no error: the authorizer has no other way to refuse', () => {
    const refused: Invocation = { ...sent(3), ok: false, trigger: { kind: 'authorizer', name: '$connect' } };
    expect(summaryOf(activity(node({ invocations: [refused] }))).errors.failedRuns).toBe(0);
  });

  it('counts refusals by code, users over their budget, and faults, by the lines of the functions', () => {
    const over = { ...line, message: 'user over budget', userHash: 'a1' };
    const lines = [
      { ...line, code: 'bad_frame', times: 40 },
      { ...line, code: 'bad_frame', times: 2 },
      { ...line, code: 'not_found', times: 1 },
      ...[over, over, { ...over, userHash: 'b2' }],
      { ...line, level: 'ERROR', message: 'frame failed' },
    ];
    expect(summaryOf(activity(node({ lines })))).toMatchObject({
      refusals: { bad_frame: 42, not_found: 1 },
      usersOverBudget: 2,
      errors: { loggedFaults: 1 },
    });
  });

  it('costs what the bench counts, at its prices, with the time of the functions and of the connections', () => {
    const { prices } = readPrices();
    const [write, minute, gbSecond, run] = (
      ['dynamodbWriteUnit', 'connectionMinute', 'lambdaGbSecond', 'lambdaRequest'] as const
    ).map((name) => prices[name].tiers[0]?.dollars ?? Number.NaN);
    const { dollarsPerHour } = summaryOf(
      activity(node({ invocations: [sent(2_000, put(200))], connections: 1_000 })),
    );
    expect(dollarsPerHour['DynamoDB']).toBeCloseTo(60 * 2 * Number(write), 9);
    expect(dollarsPerHour['Lambda']).toBeCloseTo(60 * (Number(run) + Number(gbSecond)), 9);
    // The frame and its reply are a message each.
    const messages = 60 * 2 * (prices.socketMessage.tiers[0]?.dollars ?? Number.NaN);
    expect(dollarsPerHour['API Gateway']).toBeCloseTo(60_000 * Number(minute) + messages, 9);
  });
});

describe('the text of the summary', () => {
  const shown = (isColoured: boolean) =>
    topText(
      summaryOf(
        activity(node({ invocations: [sent(5, put(200)), { ...sent(9), ok: false }], connections: 2 })),
      ),
      isColoured,
    );

  it('has everything in plain lines', () => {
    const lines = shown(false).split('\n');
    expect(lines[0]).toMatch(
      /^messages a minute: 1 {2}· {2}connected sessions: 2 {2}· {2}dollars an hour: 0\.\d+/,
    );
    expect(lines).toContainEqual(expect.stringMatching(/^sendMessage +2 +7 +9 +1$/));
    expect(lines).toContain('OfflineQueue: 2 waiting, 1 in flight, oldest 7 s');
    expect(lines).toContain('errors: 1 failed runs, 0 faults in the logs');
    expect(lines).toContain('refusals: none');
  });

  it('is coloured only where it may be', () => {
    expect(shown(false)).not.toContain('\u001B');
    expect(shown(true)).toContain('\u001B[31m');
  });
});
