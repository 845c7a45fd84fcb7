import { setTimeout as delay } from 'node:timers/promises';
import type { TopicQueue } from '../../flow/setup/topic-queue.ts';
import { Evidence } from '../checker/evidence.ts';
import { isAllTold } from '../checker/told.ts';
import type { World } from './world.ts';

const PATIENCE_MS = 20_000;
const POLL_MS = 50;

/** Waits until the subscriber has got what the histories tell, and records what it has got. */
export async function hearEvents({ infrastructure, recorder }: World, queue: TopicQueue): Promise<void> {
  const { runtime } = infrastructure;
  const evidence = new Evidence(recorder.history);
  const users = new Set([...evidence.of('ban'), ...evidence.of('erased')].map(({ user }) => user));
  const ids = new Set(evidence.conversationIds);
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    await runtime.untilStreamsRead();
    runtime.advanceQueues(1);
    // What comes twice, or should not come at all, comes within the same windows.
    await infrastructure.proxy.untilIdle();
    const events = (await queue.all())
      .filter(
        ({ type, conversationId, data }) =>
          type !== 'admin.called' && (ids.has(conversationId) || users.has(data.userId)),
      )
      .map(slim);
    if (isAllTold(evidence, events) || Date.now() > deadline) return recorder.add({ type: 'told', events });
    await delay(POLL_MS);
  }
}

function slim({ id, type, conversationId, seq, rev, data }: Awaited<ReturnType<TopicQueue['all']>>[number]) {
  const { userId, message } = data;
  return {
    id,
    type,
    conversationId,
    seq,
    rev,
    data: { ...(userId && { userId }), ...(message && { message }) },
  };
}
