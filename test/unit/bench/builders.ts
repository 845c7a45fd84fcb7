import type { Tally } from '../../../bench/measure/tally.ts';
import type { Call, Invocation } from '../../../local/aws-proxy/index.ts';

export function aTally(fields: Partial<Tally> = {}): Tally {
  return {
    invocations: { SendMessage: 1 },
    calls: { 'PutItem Messages': 1 },
    writeUnits: 3,
    readUnits: 3,
    posts: 1,
    queueRequests: 0,
    socketMessages: 3,
    httpRequests: 0,
    bytesOut: 100,
    bytesIn: 100,
    sentBytes: 100,
    chain: { SendMessage: 4 },
    chainBeforePush: { SendMessage: 3 },
    ...fields,
  };
}

export function aCall(fields: Partial<Call> = {}): Call {
  const startMs = fields.startMs ?? 0;
  return {
    index: 0,
    function: 'fn',
    service: 'dynamodb',
    operation: 'PutItem',
    tables: ['messages'],
    entries: 1,
    attempt: 1,
    startMs,
    issuedMs: startMs,
    endMs: startMs + 5,
    bytesOut: 10,
    bytesIn: 20,
    readUnits: 0,
    writeUnits: 1,
    forwarded: true,
    outcome: 'answered',
    status: 200,
    ...fields,
  };
}

export function aPost(fields: Partial<Call> = {}): Call {
  const post = { service: 'connections', operation: 'PostToConnection', tables: [], writeUnits: 0 } as const;
  return aCall({ ...post, ...fields });
}

export function anInvocation(fields: Partial<Invocation> = {}): Invocation {
  return {
    requestId: 'r1',
    function: 'send',
    trigger: { kind: 'frame', name: 'sendMessage' },
    calls: [],
    startMs: 0,
    endMs: 10,
    ok: true,
    reply: 'sent',
    ...fields,
  };
}
