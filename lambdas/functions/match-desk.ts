import type { SQSEvent } from 'aws-lambda';
import {
  agentGraceMs,
  clock,
  connections,
  conversations,
  desk,
  deskEvents,
  deskWriter,
  messages,
  offlineQueue,
  outbox,
  routes,
} from '../composition.ts';
import { checkAgent } from '../domain/desk/agent-liveness.ts';
import { type MatchOrder, matchQueue } from '../domain/desk/match.ts';
import { type DeskEvent, deskEventSchema } from '../domain/model/desk-event.ts';
import { requireEnv } from '../shared/env.ts';
import { lazily } from '../shared/lazy.ts';
import { logger } from '../shared/logger.ts';
import { type Job, processBatch, processGroups } from '../transport/queue-records.ts';

requireEnv(
  'routesTable',
  'conversationsTable',
  'messagesTable',
  'deskTable',
  'offlineQueueUrl',
  'deskQueueUrl',
  'connectionsEndpoint',
  'historyTtlSeconds',
  'deskAgentGraceSeconds',
);

const ports = lazily({
  routes,
  connections,
  conversations,
  messages,
  desk,
  deskWriter,
  outbox,
  offlineQueue,
  deskEvents,
  agentGraceMs,
  clock,
  // The alarm on long waits counts on this line (lib/observability.ts).
  onWait: () => (queue: string, waitMs: number) =>
    logger.info('desk waits', { queue, longestWaitSeconds: Math.floor(waitMs / 1000) }),
});

/** The worker of the desk: matches queues and checks agents. Events of one queue, or agent, that come together are one. */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('desk event', deskEventSchema, Records, (jobs) =>
    processGroups([...Map.groupBy(jobs, subjectOf).values()] as [DeskJob, ...DeskJob[]][], processEvents),
  );

type DeskJob = Job<DeskEvent>;

function subjectOf({ body }: DeskJob): string {
  return body.kind === 'match' ? `match ${body.queue}` : `check ${body.userId}`;
}

async function processEvents(group: readonly [DeskJob, ...DeskJob[]]): Promise<void> {
  const [{ body: first }] = group;
  if (first.kind === 'check-agent') return checkAgent(ports, first);
  await matchQueue(ports, orderOf(first.queue, group));
}

/** Events of one queue, as one. */
function orderOf(queue: string, group: readonly DeskJob[]): MatchOrder {
  const events = group.flatMap(({ body }) => (body.kind === 'match' ? [body] : []));
  return {
    queue,
    moved: events.some(({ moved }) => moved),
    isRepeat: group.some(({ isRepeat }) => isRepeat),
    isWatchdog: events.some(({ watchdog }) => watchdog),
  };
}
