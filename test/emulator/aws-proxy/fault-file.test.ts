import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { idleRules, readFaults } from '../../../local/aws-proxy/fault-file.ts';
import type { StackModel } from '../../../local/model.ts';
import { OperatorError } from '../../../local/operator-error.ts';
import { temporaryFolder } from '../runtime/bundle.ts';

function fileOf(content: unknown): string {
  const file = join(temporaryFolder(), 'faults.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe('a fault file', () => {
  it('has seed, faults, latencies, and the age of stale reads', () => {
    const faults = [{ fault: 'cut-after', service: 'dynamodb', table: 'Messages', every: 5, times: 2 }];
    const latency = [
      { service: 'dynamodb', p50Ms: 4, p99Ms: 20 },
      { operation: 'PostToConnection', ms: 3 },
      { quantilesMs: [9, 1, 5] },
    ];
    expect(readFaults(fileOf({ seed: 7, faults, latency }))).toEqual({
      seed: 7,
      faults,
      latency: [...latency.slice(0, 2), { quantilesMs: [1, 5, 9] }],
    });
    const staleReads = { quantilesMs: [0, 1000] };
    expect(readFaults(fileOf({ staleReads }))).toEqual({ seed: 1, faults: [], latency: [], staleReads });
    expect(readFaults(fileOf({}))).toEqual({ seed: 1, faults: [], latency: [] });
  });

  it.each([
    ['{', /^Cannot read the faults in \S+faults.json: .*JSON/],
    [{ fault: [] }, /: .*"fault"\.$/],
    [{ faults: [{ fault: 'gone' }, { fault: 'throtle' }] }, /: faults\[1\]\.fault: .*"throttle"/],
    [{ faults: [{ fault: 'error', nth: 0 }] }, /: faults\[0\]\.nth: .*>=1/],
    [
      { faults: [{ fault: 'error', nth: 1, every: 2 }] },
      /: faults\[0\]: can have only one of nth, every, and probability/,
    ],
    [{ faults: [{ fault: 'error', probability: 1.1 }] }, /: faults\[0\]\.probability: /],
    [{ faults: [{ fault: 'error', operation: 'Put' }] }, /: faults\[0\]\.operation: .*"PutItem"/],
    [{ faults: [{ fault: 'error', tabel: 'x' }] }, /: faults\[0\]: .*"tabel"/],
    [
      { faults: [{ fault: 'kill', code: 'x' }] },
      /: faults\[0\]\.code: is only allowed with throttle and error/,
    ],
    [{ latency: [{ service: 'sqs' }] }, /: latency\[0\]: needs exactly one of/],
    [{ staleReads: {} }, /: staleReads: needs exactly one of/],
    [{ latency: [{ p50Ms: 5, p99Ms: 1 }] }, /: latency\[0\]: needs exactly one of/],
    [{ latency: [{ ms: 5, quantilesMs: [1, 2] }] }, /: latency\[0\]: needs exactly one of/],
  ])('is refused in one line that names the place of a mistake: %j', (content, message) => {
    const read = () => readFaults(fileOf(content));
    expect(read).toThrow(OperatorError);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/\n/);
  });

  it('is refused in one line if it does not exist', () => {
    expect(() => readFaults('/nowhere/faults.json')).toThrow(
      /^Cannot read the faults in \/nowhere\/faults.json: ENOENT/,
    );
  });

  it('gets a warning per rule whose names are not in the stack', () => {
    const stack = {
      tables: [{ tableName: 'App-Messages' }],
      queues: [{ queueName: 'App-Queue' }],
      topics: [{ topicName: 'App-Events' }],
      buckets: [],
      functions: [{ logicalId: 'ChatSocket' }],
      webSocketApis: [{ routes: [{ routeKey: 'sendMessage' }] }],
      httpApis: [{ routes: [{ method: 'POST', path: '/messages' }] }],
    } as unknown as StackModel;
    const faults = readFaults(
      fileOf({
        faults: [
          { fault: 'error', table: 'Messages', route: 'sendMessage' },
          { fault: 'error', table: 'Mesages' },
          { fault: 'error', function: 'event-source', queue: 'Queue' },
          { fault: 'error', function: 'Socket', route: 'POST /messages' },
          { fault: 'error', route: 'SendMessage' },
          { fault: 'error', topic: 'Events' },
          { fault: 'error', bucket: 'archive' },
        ],
        latency: [{ ms: 1, function: 'Sender' }],
      }),
    );
    expect(idleRules(faults, stack)).toEqual([
      'faults[1].table: no table has "Mesages" in its name, so this rule never applies.',
      'faults[4].route: there is no route "SendMessage", so this rule never applies.',
      'faults[6].bucket: no bucket has "archive" in its name, so this rule never applies.',
      'latency[0].function: no function has "Sender" in its name, so this rule never applies.',
    ]);
  });
});
