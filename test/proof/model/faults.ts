import fc from 'fast-check';
import type { FaultKind, FaultRule } from '../../../local/aws-proxy/index.ts';
import { draw } from '../../../local/aws-proxy/random.ts';

/** A fault rule as data, so that it can be printed and replayed; the run's seed decides the probability. */
export interface PlannedRule {
  readonly fault: FaultKind;
  readonly service?: NonNullable<FaultRule['service']>;
  readonly operation?: string;
  readonly table?: string;
  readonly queue?: string;
  readonly function?: string;
  readonly probability?: number;
  readonly nth?: number;
  readonly times?: number;
}

const FAILS: readonly FaultKind[] = ['throttle', 'error', 'error-after', 'cut-before', 'cut-after'];
/** Once only, since each costs its caller the whole time-out. */
const HANGS: readonly FaultKind[] = ['hang', 'hang-after'];

const STORE_CALLS = [
  ['UpdateItem', 'Conversations'],
  ['TransactWriteItems', 'Conversations'],
  ['PutItem', 'Messages'],
  ['BatchGetItem', 'Messages'],
  ['UpdateItem', 'Routes'],
  ['GetItem', 'Routes'],
  ['BatchGetItem', 'Routes'],
  ['BatchWriteItem', 'Inbox'],
  ['Query', 'Inbox'],
] as const;

const CALLERS = [
  { route: 'sendMessage' },
  { route: 'sendMessage' },
  { route: 'sendMessage' },
  { function: 'StoreOffline' },
  { function: 'StoreOffline' },
  { route: '$connect' },
  { route: '$disconnect' },
  { route: 'hello' },
  { route: 'ackInbox' },
  { route: 'POST /messages' },
  { function: 'ServeEvents' },
  { route: 'read' },
  { route: 'POST /groups/{id}/members' },
  { route: 'DELETE /groups/{id}/members/{userId}' },
  { route: 'DELETE /groups/{id}/members/{userId}' },
  { function: 'FanOut' },
  { route: 'recall' },
] as const;

const times = fc.integer({ min: 1, max: 4 });
const often = fc.constantFrom(0.3, 0.6, 1);

/** Any call of the tables, with a low probability. */
const weather = fc.record({
  service: fc.constant('dynamodb' as const),
  fault: fc.constantFrom(...FAILS),
  probability: fc.constantFrom(0.02, 0.1, 0.25),
});

/** One kind of table call, a few times. */
const storm = fc
  .record({
    call: fc.constantFrom(...STORE_CALLS),
    fault: fc.constantFrom(...FAILS),
    probability: often,
    times,
  })
  .map(({ call: [operation, table], ...rule }) => ({ operation, table, ...rule }));

const standstill = fc.oneof(
  fc
    .record({ call: fc.constantFrom(...STORE_CALLS), fault: fc.constantFrom(...HANGS) })
    .map(({ call: [operation, table], fault }) => ({ operation, table, fault, times: 1 })),
  fc.record({
    operation: fc.constantFrom('PostToConnection', 'SendMessageBatch'),
    fault: fc.constantFrom(...HANGS),
    times: fc.constant(1),
  }),
);

const sockets = fc.record({
  operation: fc.constantFrom('PostToConnection', 'PostToConnection', 'PostToConnection', 'DeleteConnection'),
  fault: fc.constantFrom(...FAILS, 'gone' as const),
  probability: often,
  times,
});

const queue = fc.record({
  operation: fc.constant('SendMessageBatch'),
  fault: fc.constantFrom(...FAILS, 'unprocessed' as const),
  probability: often,
  times,
});

const halfDone = fc.record({
  operation: fc.constantFrom('BatchWriteItem', 'BatchGetItem'),
  fault: fc.constant('unprocessed' as const),
  probability: often,
  times,
});

const records = fc.record({
  function: fc.constant('event-source'),
  queue: fc.constantFrom('Offline', 'Service'),
  fault: fc.constantFrom('duplicate' as const, 'duplicate-late' as const, 'reorder' as const),
  probability: often,
});

const death = fc
  .record({
    caller: fc.constantFrom(...CALLERS),
    fault: fc.constantFrom('kill' as const, 'kill-after' as const),
    nth: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ caller, ...rule }) => ({ ...caller, ...rule }));

export const plannedRule: fc.Arbitrary<PlannedRule> = fc.oneof(
  { weight: 3, arbitrary: weather },
  { weight: 4, arbitrary: storm },
  { weight: 1, arbitrary: standstill },
  { weight: 4, arbitrary: sockets },
  { weight: 2, arbitrary: queue },
  { weight: 1, arbitrary: halfDone },
  { weight: 3, arbitrary: records },
  { weight: 5, arbitrary: death },
);

const PLATFORM_CALLERS = [
  { function: 'RunTasks' },
  { function: 'RunTasks' },
  { function: 'Admin' },
  { function: 'PublishEvents' },
  { function: 'ReplayEvents' },
  { function: 'ScanResults' },
  { function: 'Notify' },
  { route: 'POST /attachments' },
  { route: 'GET /conversations/{id}/messages/{seq}/attachments' },
] as const;

/** Of the functions and services that only a platform's options, and the operator, use. */
export const platformRule: fc.Arbitrary<PlannedRule> = fc.oneof(
  fc.record({
    service: fc.constantFrom('s3' as const, 'sns' as const, 'lambda' as const),
    fault: fc.constantFrom(...FAILS),
    probability: often,
    times,
  }),
  fc.record({
    service: fc.constantFrom('s3' as const, 'sns' as const, 'lambda' as const),
    fault: fc.constantFrom(...HANGS),
    times: fc.constant(1),
  }),
  fc.record({
    service: fc.constant('dynamodb' as const),
    function: fc.constantFrom('RunTasks', 'Admin'),
    fault: fc.constantFrom(...FAILS),
    probability: fc.constant(0.2),
    times,
  }),
  fc
    .record({
      caller: fc.constantFrom(...PLATFORM_CALLERS),
      fault: fc.constantFrom('kill' as const, 'kill-after' as const),
      nth: fc.integer({ min: 1, max: 12 }),
    })
    .map(({ caller, ...rule }) => ({ ...caller, ...rule })),
);

/**
 * The rule with its chance bound to the run: the proxy's own depends on all rules that it ever had.
 * @param name among the rules of this run
 * @param onGone told of connections that may be said to be gone though they are not
 */
export function toRule(
  { probability = 1, ...planned }: PlannedRule,
  {
    seed,
    name,
    onGone,
  }: { readonly seed: number; readonly name: string; readonly onGone: (connection: string) => void },
): FaultRule {
  let seen = 0;
  return {
    ...planned,
    where: ({ connectionId }) => {
      seen += 1;
      const isStruck = draw(seed, name, seen) < probability;
      if (isStruck && planned.fault === 'gone' && connectionId !== undefined) onGone(connectionId);
      return isStruck;
    },
  };
}
