import { setTimeout as delay } from 'node:timers/promises';
import type { TopicQueue } from '../../flow/setup/topic-queue.ts';
import { Evidence } from '../checker/evidence.ts';
import { findUnreplayed, lacksOf } from '../checker/replays.ts';
import { isAllTold } from '../checker/told.ts';
import type { ToldEvent } from '../platform-history.ts';
import { publishAgain } from './replayer.ts';
import type { World } from './world.ts';

const PATIENCE_MS = 20_000;
const POLL_MS = 50;

/** Waits until the subscriber has got what the histories tell, and records what it has got. */
export async function hearEvents(world: World, queue: TopicQueue): Promise<void> {
  const { recorder } = world;
  const evidence = new Evidence(recorder.history);
  const users = new Set([...evidence.of('ban'), ...evidence.of('erased')].map(({ user }) => user));
  const ids = new Set(evidence.conversationIds);
  const events = await untilHeard(
    world,
    async () =>
      (await queue.all())
        .filter(
          ({ type, conversationId, data }) =>
            type !== 'admin.called' && (ids.has(conversationId) || users.has(data.userId)),
        )
        .map(slim),
    (all) => isAllTold(evidence, all) && findUnreplayed(evidence, all).length === 0,
  );
  recorder.add({ type: 'told', events });
}

/** Nothing happens any more: replays each conversation, and records what comes of it. */
export async function hearReplays(world: World, queue: TopicQueue): Promise<void> {
  const { recorder } = world;
  const evidence = new Evidence(recorder.history);
  const before = (await queue.all()).length;
  const begun = recorder.now;
  const outcomes = new Map(
    await Promise.all(
      evidence.conversationIds.map(async (id) => [id, await publishAgain(world, id, 1)] as const),
    ),
  );
  const events = await untilHeard(
    world,
    async () => (await queue.all()).slice(before).map(slim),
    (all) => evidence.conversationIds.every((id) => lacksOf(evidence, id, all).length === 0),
  );
  for (const [conversationId, outcome] of outcomes) {
    const own = events.filter((one) => one.conversationId === conversationId);
    recorder.add({ type: 'replayed', conversationId, fromSeq: 1, begun, outcome, events: own });
  }
}

async function untilHeard(
  { infrastructure: { runtime, proxy } }: World,
  hear: () => Promise<readonly ToldEvent[]>,
  isAll: (events: readonly ToldEvent[]) => boolean,
): Promise<readonly ToldEvent[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    await runtime.untilStreamsRead();
    runtime.advanceQueues(1);
    // What comes twice, or should not come at all, comes within the same windows.
    await proxy.untilIdle();
    const events = await hear();
    if (isAll(events) || Date.now() > deadline) return events;
    await delay(POLL_MS);
  }
}

function slim({
  id,
  type,
  conversationId,
  seq,
  rev,
  data,
}: Awaited<ReturnType<TopicQueue['all']>>[number]): ToldEvent {
  const { userId, message, change } = data;
  return {
    id,
    type,
    conversationId,
    seq,
    rev,
    data: { ...(userId && { userId }), ...(message && { message }), ...(change && { change }) },
  };
}
