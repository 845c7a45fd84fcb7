import type { LocalRuntime } from '../../../local/runtime.ts';
import { type PushService, startPushService } from '../../fixtures/push/push-service.ts';
import { openTopicQueue, type TopicQueue } from '../../flow/setup/topic-queue.ts';

/** What is around a deployment with the options of a platform: the systems that the operator has built on it. */
export interface Platform {
  readonly events: TopicQueue;
  readonly push: PushService;
  stop(): Promise<void>;
}

export async function openPlatform(runtime: LocalRuntime): Promise<Platform> {
  const events = await openTopicQueue(runtime);
  const push = await startPushService();
  return {
    events,
    push,
    stop() {
      events.stop();
      return push.stop();
    },
  };
}
