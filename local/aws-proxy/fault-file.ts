import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { StackModel } from '../model.ts';
import { messageOf, OperatorError } from '../operator-error.ts';
import { S3_OPERATIONS } from './bucket/bucket-request.ts';
import { READS, WRITES } from './capacity.ts';
import { FAULT_KINDS, type FaultKind } from './fault-kind.ts';
import type { FaultRule } from './fault-rules.ts';
import type { Distribution, LatencyRule } from './latency.ts';
import { CONNECTION_OPERATIONS } from './request.ts';

const OPERATIONS = [
  ...READS,
  ...WRITES,
  'SendMessage',
  'SendMessageBatch',
  'ReceiveMessage',
  'DeleteMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibility',
  'ChangeMessageVisibilityBatch',
  'GetRecords',
  'Publish',
  'PublishBatch',
  ...S3_OPERATIONS,
  'Invoke',
  ...Object.values(CONNECTION_OPERATIONS),
];

const name = z.string().min(1);
const positive = z.int().min(1);

const matchShape = {
  service: z.enum(['dynamodb', 'sqs', 'sns', 's3', 'ssm', 'connections', 'lambda']).optional(),
  operation: z.enum(OPERATIONS).optional(),
  table: name.optional(),
  queue: name.optional(),
  topic: name.optional(),
  bucket: name.optional(),
  invoked: name.optional(),
  connection: name.optional(),
  user: name.optional(),
  function: name.optional(),
  route: name.optional(),
};

const faultSchema = z
  .strictObject({
    fault: z.enum(FAULT_KINDS),
    ...matchShape,
    nth: positive.optional(),
    every: positive.optional(),
    probability: z.number().min(0).max(1).optional(),
    times: positive.optional(),
    code: name.optional(),
  })
  .refine(
    ({ nth, every, probability }) => [nth, every, probability].filter((one) => one !== undefined).length < 2,
    {
      message: 'can have only one of nth, every, and probability',
    },
  )
  .refine(({ fault, code }) => code === undefined || fault === 'throttle' || fault.startsWith('error'), {
    message: 'is only allowed with throttle and error',
    path: ['code'],
  });

const distributionShape = {
  ms: z.number().min(0).optional(),
  p50Ms: z.number().positive().optional(),
  p99Ms: z.number().positive().optional(),
  quantilesMs: z.array(z.number().min(0)).min(2).optional(),
};
const NO_DISTRIBUTION = 'needs exactly one of: ms; p50Ms with a p99Ms that is not lower; quantilesMs';

const latencySchema = z
  .strictObject({ ...matchShape, ...distributionShape })
  .transform((rule, context): LatencyRule => {
    const { ms, p50Ms, p99Ms, quantilesMs, ...match } = rule;
    const distribution = distributionOf({ ms, p50Ms, p99Ms, quantilesMs });
    if (distribution !== undefined) return { ...definedOf(match), ...distribution };
    context.addIssue(NO_DISTRIBUTION);
    return z.NEVER;
  });

const staleReadsSchema = z.strictObject(distributionShape).transform((fields, context): Distribution => {
  const distribution = distributionOf(fields);
  if (distribution !== undefined) return distribution;
  context.addIssue(NO_DISTRIBUTION);
  return z.NEVER;
});

const fileSchema = z.strictObject({
  seed: z.int().default(1),
  faults: z.array(faultSchema).default([]),
  latency: z.array(latencySchema).default([]),
  staleReads: staleReadsSchema.optional(),
});

export interface Faults {
  readonly seed: number;
  readonly faults: readonly FaultRule[];
  readonly latency: readonly LatencyRule[];
  readonly staleReads?: Distribution;
}

/**
 * Reads the file given to `npm start -- --faults`; docs/faults.md describes the format.
 * @throws {OperatorError} that names the place of the first error
 */
export function readFaults(file: string): Faults {
  const parsed = fileSchema.safeParse(readJson(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    // `faults[2].nth`; empty for the whole file.
    const place = z.core.toDotPath(issue?.path ?? []);
    throw new OperatorError(
      `Cannot use the faults in ${file}: ${place}${place === '' ? '' : ': '}${issue?.message}.`,
    );
  }
  const { seed, faults, latency, staleReads } = parsed.data;
  return {
    seed,
    latency,
    faults: faults.map((rule) => definedOf(rule) as { fault: FaultKind }),
    ...(staleReads && { staleReads }),
  };
}

/** One line for each rule that can never apply. Without it, a misspelt table would look like a stack without faults. */
export function idleRules({ faults, latency }: Faults, stack: StackModel): readonly string[] {
  const known = {
    table: stack.tables.map(({ tableName }) => tableName),
    queue: stack.queues.map(({ queueName }) => queueName),
    topic: stack.topics.map(({ topicName }) => topicName),
    bucket: stack.buckets.map(({ bucketName }) => bucketName),
    function: [...stack.functions.map(({ logicalId }) => logicalId), 'event-source'],
    invoked: stack.functions.map(({ name }) => name),
  };
  const rules = [
    ...faults.map((rule, n) => ({ rule, at: `faults[${n}]` })),
    ...latency.map((rule, n) => ({ rule, at: `latency[${n}]` })),
  ];
  const routes = [
    ...stack.webSocketApis.flatMap((api) => api.routes.map(({ routeKey }) => routeKey)),
    ...stack.httpApis.flatMap((api) => api.routes.map(({ method, path }) => `${method} ${path}`)),
  ];
  return rules.flatMap(({ rule, at }) => [
    ...(['table', 'queue', 'topic', 'bucket', 'function', 'invoked'] as const).flatMap((kind) => {
      const part = rule[kind];
      if (part === undefined || known[kind].some((each) => each.includes(part))) return [];
      return [
        `${at}.${kind}: no ${kind === 'invoked' ? 'function' : kind} has "${part}" in its name, so this rule never applies.`,
      ];
    }),
    ...(rule.route === undefined || routes.includes(rule.route)
      ? []
      : [`${at}.route: there is no route "${rule.route}", so this rule never applies.`]),
  ]);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new OperatorError(`Cannot read the faults in ${file}: ${messageOf(error)}.`, { cause: error });
  }
}

interface DistributionFields {
  readonly ms?: number | undefined;
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly quantilesMs?: readonly number[] | undefined;
}

function distributionOf({ ms, p50Ms, p99Ms, quantilesMs }: DistributionFields): Distribution | undefined {
  const found: Distribution[] = [];
  if (ms !== undefined) found.push({ ms });
  if (p50Ms !== undefined && p99Ms !== undefined && p50Ms <= p99Ms) found.push({ p50Ms, p99Ms });
  if (quantilesMs !== undefined) found.push({ quantilesMs: quantilesMs.toSorted((a, b) => a - b) });
  return found.length === 1 ? found[0] : undefined;
}

/** `exactOptionalPropertyTypes` does not allow undefined values. */
function definedOf<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
