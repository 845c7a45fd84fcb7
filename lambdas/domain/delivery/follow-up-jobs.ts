import type { DelayedOfflineJob } from '../model/offline-job.ts';
import type { Reference } from '../model/reference.ts';
import type { Session } from '../model/session.ts';
import { isOpen, needsInbox, type Pushed, tookAny } from './push.ts';

/** Until a connection that is being made is open, or a busy one has room again. */
export const RETRY_DELAY_SECONDS = 2;

/**
 * What the offline queue has to do after the pushes: store for each recipient of whom no session took it; keep for each
 * user of whom another session reads the inbox; post again to each session whose push is open, where another session took
 * it or no inbox is kept.
 */
export function followUpJobs(
  reference: Reference,
  recipients: readonly string[],
  pushed: readonly Pushed[],
): DelayedOfflineJob[] {
  const absent = recipients.filter((userId) => !tookAny(pushed, userId));
  const served = pushed.filter(({ session }) => !absent.includes(session.userId));
  const keepers = served.filter(({ outcome }) => needsInbox(outcome)).map(({ session }) => session.userId);
  return [
    ...absent.map((userId) => storeJob(reference, userId)),
    ...[...new Set(keepers)].map((userId) => keepJob(reference, userId)),
    ...postJobs(reference, served),
  ];
}

function storeJob(reference: Reference, userId: string): DelayedOfflineJob {
  return { job: { kind: 'store', userId, reference, round: 0 }, delaySeconds: 0 };
}

export function keepJob(reference: Reference, userId: string): DelayedOfflineJob {
  return { job: { kind: 'keep', userId, reference, round: 0 }, delaySeconds: 0 };
}

/** One for each session whose push is open. */
export function postJobs(reference: Reference, pushed: readonly Pushed[]): DelayedOfflineJob[] {
  return pushed.filter(({ outcome }) => isOpen(outcome)).map(({ session }) => postJob(reference, session));
}

function postJob(reference: Reference, { userId, deviceId, connectionId }: Session): DelayedOfflineJob {
  const job = { kind: 'post', userId, deviceId, connectionId, reference, round: 0 } as const;
  return { job, delaySeconds: RETRY_DELAY_SECONDS };
}
