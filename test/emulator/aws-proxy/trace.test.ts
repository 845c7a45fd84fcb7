import { expect, it } from 'vitest';
import type { Call, Invocation } from '../../../local/aws-proxy/index.ts';
import { Names } from '../../../local/aws-proxy/names.ts';
import { traceOf } from '../../../local/aws-proxy/trace.ts';

const names = new Names({
  functions: [],
  tables: ['Routes3D4C0778', 'MessagesD603B373', 'Conversations1CD977D2'].map((word) => ({
    logicalId: `ChatStorage${word}`,
    tableName: `App-ChatStorage${word}`,
    definition: {},
  })),
  queues: ['OfflineQueue613A8AC7', 'ServiceQueue930A7C9E'].map((word) => ({
    logicalId: `Chat${word}`,
    queueName: `App-Chat${word}`,
    attributes: {},
  })),
  topics: [],
  buckets: [],
});
const ROUTES = 'App-ChatStorageRoutes3D4C0778';

function call(startMs: number, endMs: number, overrides: Partial<Call> = {}): Call {
  return {
    index: 0,
    function: 'ChatFunctionsSendMessage',
    service: 'dynamodb',
    operation: 'GetItem',
    tables: [ROUTES],
    entries: 1,
    attempt: 1,
    startMs,
    issuedMs: startMs,
    endMs,
    bytesOut: 0,
    bytesIn: 0,
    readUnits: 0,
    writeUnits: 0,
    forwarded: true,
    outcome: 'answered',
    status: 200,
    ...overrides,
  };
}

function trace(invocation: Partial<Invocation>, isColoured = false): string {
  const whole: Invocation = {
    requestId: 'r',
    function: 'ChatFunctionsSendMessage',
    trigger: { kind: 'frame', name: 'sendMessage', user: 'alice', device: 'phone', connectionId: 'x=' },
    calls: [],
    startMs: 100,
    endMs: 112.34,
    ok: true,
    reply: 'sent',
    ...invocation,
  };
  return traceOf(whole, { names, isColoured });
}

it('a trace shows calls in order, concurrent ones on one branch, and their total cost', () => {
  const calls = [
    call(101, 103, { readUnits: 1 }),
    // It arrived after the first was answered, but was sent before.
    call(103.2, 104, { issuedMs: 102.999, operation: 'UpdateItem', writeUnits: 1 }),
    call(105, 106, { operation: 'PutItem', tables: ['App-ChatStorageMessagesD603B373'], writeUnits: 2 }),
    call(107, 109, {
      service: 'connections',
      operation: 'PostToConnection',
      tables: [],
      connectionId: 'y=',
      user: 'bob',
      device: 'laptop',
    }),
    call(107.5, 108.5, {
      service: 'connections',
      operation: 'PostToConnection',
      tables: [],
      connectionId: 'z=',
    }),
  ];
  expect(trace({ calls })).toBe(
    [
      'sendMessage  alice/phone  12.3 ms → sent',
      '├─┬    1.0  GetItem            Routes                2.0 ms  1r   ok',
      '│ └    3.0  UpdateItem         Routes                0.8 ms  1w   ok',
      '├──    5.0  PutItem            Messages              1.0 ms  2w   ok',
      '└─┬    7.0  PostToConnection   bob/laptop            2.0 ms       ok',
      '  └    7.5  PostToConnection   z=                    1.0 ms       ok',
      '   5 calls, 3 in a row, 3 write units, 1 read unit, 2 posts',
    ].join('\n'),
  );
});

it('a trace shows retries, faults, and errors', () => {
  const queue = {
    service: 'sqs',
    operation: 'SendMessageBatch',
    tables: [],
    queue: 'App-ChatOfflineQueue613A8AC7',
  } as const;
  const calls = [
    call(101, 102, { status: 400, error: 'ConditionalCheckFailedException' }),
    call(103, 104, { ...queue, entries: 3, outcome: 'cut', fault: 'cut-after' }),
    call(105, 106, { ...queue, entries: 3, attempt: 2 }),
  ];
  expect(trace({ calls, ok: false, error: 'Runtime.ExitError: killed', reply: '' }).split('\n')).toEqual([
    'sendMessage  alice/phone  12.3 ms → Runtime.ExitError: killed',
    '├──    1.0  GetItem            Routes                1.0 ms       ConditionalCheckFailedException',
    '├──    3.0  SendMessageBatch   OfflineQueue ×3       1.0 ms       cut  fault: cut-after',
    '└──    5.0  SendMessageBatch   OfflineQueue ×3       1.0 ms       ok  attempt 2',
    '   3 calls, 3 in a row',
  ]);
});

it.each([
  [{ kind: 'authorizer', name: '$connect' }, '', 'authorize $connect  12.3 ms'],
  [{ kind: 'http', name: 'GET /session', user: 'bob' }, '200', 'GET /session  bob  12.3 ms → 200'],
  [
    { kind: 'queue', name: 'App-ChatServiceQueue930A7C9E', records: 2 },
    '',
    'ServiceQueue, 2 records  12.3 ms',
  ],
] as const)('a trace begins with the header of %o', (trigger, reply, line) => {
  expect(trace({ trigger, reply })).toBe(line);
});

it('a trace escapes names that would control the terminal', () => {
  const trigger = { kind: 'frame', name: '$connect', user: 'alice', device: '\u001b[2Jx\n' } as const;
  expect(trace({ trigger })).toBe('$connect  alice/?[2Jx?  12.3 ms → sent');
});

it('a trace has colours on a terminal only', () => {
  const calls = [call(101, 102)];
  expect(trace({ calls })).not.toContain('\u001b');
  expect(trace({ calls }, true)).toContain('\u001b[1msendMessage\u001b[22m');
});
