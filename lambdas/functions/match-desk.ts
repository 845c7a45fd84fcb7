import type { SQSEvent } from 'aws-lambda';
import * as of from '../composition.ts';
import { checkAgent } from '../domain/desk/agent-liveness.ts';
import { pushAgent } from '../domain/desk/agent-state.ts';
import { type MatchOrder, matchQueue } from '../domain/desk/match.ts';
import { type DeskEvent, deskEventSchema } from '../domain/model/desk-event.ts';
import { lazily } from '../shared/lazily.ts';
import { logger } from '../shared/logger.ts';
import { type Job, processBatch, processGroups } from '../transport/queue-records.ts';

// The alarm on long waits reads this line (lib/observability.ts).
const logWait = (queue: string, waitMs: number) =>
  logger.info('desk waits', { queue, longestWaitSeconds: Math.floor(waitMs / 1000) });

const ports = lazily({
  routes: of.routes,
  connections: of.connections,
  conversations: of.conversations,
  messages: of.messages,
  desk: of.desk,
  deskWriter: of.deskWriter,
  outbox: of.deskOutbox,
  offlineQueue: of.offlineQueue,
  deskEvents: of.deskEvents,
  agentGraceMs: of.agentGraceMs,
  workQueue: of.workQueue,
  clock: of.clock,
  onWait: { env: [], get: () => logWait },
});

/** The desk worker: matches queues and checks agents. Merges events of one batch for the same queue or agent. */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('desk event', deskEventSchema, Records, ports, (jobs) =>
    processGroups([...Map.groupBy(jobs, subjectOf).values()] as [DeskJob, ...DeskJob[]][], processEvents),
  );

type DeskJob = Job<DeskEvent>;

function subjectOf({ body }: DeskJob): string {
  return `${body.kind} ${body.kind === 'match' ? body.queue : body.userId}`;
}

async function processEvents(group: readonly [DeskJob, ...DeskJob[]]): Promise<void> {
  const [{ body: first }] = group;
  if (first.kind === 'check-agent') return checkAgent(ports, first);
  if (first.kind === 'push-agent') return pushAgent(ports, first.userId);
  await matchQueue(ports, orderOf(first.queue, group));
}

/** Merges the events of one queue. */
function orderOf(queue: string, group: readonly DeskJob[]): MatchOrder {
  const events = group.flatMap(({ body }) => (body.kind === 'match' ? [body] : []));
  return {
    queue,
    moved: events.some(({ moved }) => moved),
    isRepeat: group.some(({ isRepeat }) => isRepeat),
    isWatchdog: events.some(({ watchdog }) => watchdog),
  };
}
