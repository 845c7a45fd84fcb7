import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type DeskJob, deskJobSchema } from '../domain/desk/desk-queue.ts';
import { type MatchOrder, matchQueue } from '../domain/desk/match.ts';
import { lookAtAgent, type VanishPorts } from '../domain/desk/vanish.ts';
import { createDeskPorts } from '../routes/desk-ports.ts';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { parseJson } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { parseWith } from '../shared/parse.ts';

const { deskAgentGraceSeconds } = readEnv('deskAgentGraceSeconds');
const ports: VanishPorts = {
  ...createDeskPorts(),
  agentGraceMs: wholeNumber('DESK_AGENT_GRACE_SECONDS', deskAgentGraceSeconds) * 1000,
  // The alarm on long waits counts on this line (lib/observability.ts).
  onWait: (queue, waitMs) =>
    logger.info('desk waits', { queue, longestWaitSeconds: Math.floor(waitMs / 1000) }),
};

interface Work {
  readonly run: () => Promise<void>;
  readonly recordIds: readonly string[];
}

/**
 * The consumer of the desk's queue: matches queues and looks at agents. Events of one queue that come together are one.
 * What it returns comes again and, after the redrive count, lands in the DLQ.
 */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const parsed = Records.map((record) => ({ record, job: parseJob(record) }));
  const malformed = parsed.filter(({ job }) => job === undefined).map(({ record }) => record.messageId);
  const works = worksOf(parsed.flatMap(({ record, job }) => (job === undefined ? [] : [{ record, job }])));
  const failed = await Promise.all(works.map(failedOf));
  return {
    batchItemFailures: [...malformed, ...failed.flat()].map((itemIdentifier) => ({ itemIdentifier })),
  };
}

interface Parsed {
  readonly record: SQSRecord;
  readonly job: DeskJob;
}

function worksOf(parsed: readonly Parsed[]): Work[] {
  const groups = Map.groupBy(parsed, ({ job }) =>
    job.kind === 'match' ? `match ${job.queue}` : `look ${job.userId}`,
  );
  return [...groups.values()].map((group) => {
    const recordIds = group.map(({ record }) => record.messageId);
    const [first] = group;
    if (first?.job.kind === 'look') {
      const { job } = first;
      return { recordIds, run: () => lookAtAgent(ports, job) };
    }
    return { recordIds, run: () => matchQueue(ports, orderOf(group)) };
  });
}

/** Events of one queue, as one. */
function orderOf(group: readonly Parsed[]): MatchOrder {
  const jobs = group.flatMap(({ job }) => (job.kind === 'match' ? [job] : []));
  return {
    queue: jobs[0]?.queue ?? '',
    moved: jobs.some(({ moved }) => moved),
    isRepeat: group.some(({ record }) => Number(record.attributes.ApproximateReceiveCount) > 1),
    isGuard: jobs.some(({ guard }) => guard),
  };
}

async function failedOf({ run, recordIds }: Work): Promise<readonly string[]> {
  try {
    await run();
    return [];
  } catch (error) {
    logger.error('desk job failed', { recordIds, error: describe(error) });
    return recordIds;
  }
}

function parseJob({ messageId, body }: SQSRecord): DeskJob | undefined {
  try {
    return parseWith(deskJobSchema, parseJson(body));
  } catch (error) {
    logger.error('malformed desk job', { recordId: messageId, error: describe(error) });
    return undefined;
  }
}
