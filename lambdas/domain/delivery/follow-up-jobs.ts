import type { DelayedOfflineJob } from '../model/offline-job.ts';
import type { Reference } from '../model/reference.ts';
import type { Session } from '../model/session.ts';
import { needsInbox, needsRetry, type Pushed, tookAny } from './push.ts';

/** Long enough for `$connect` to finish, or for a throttled connection to recover. */
export const RETRY_DELAY_SECONDS = 2;

/**
 * Returns the jobs that remain after the pushes of a message:
 *
 * - `store`: for each recipient without a session that took it.
 * - `keep`: for each user with a session that reads the inbox, though another session took the message.
 * - `post`: for each session whose push needs a retry, unless a `store` job covers its user.
 */
export function followUpJobs(
  reference: Reference,
  recipients: readonly string[],
  pushed: readonly Pushed[],
): DelayedOfflineJob[] {
  const absent = recipients.filter((userId) => !tookAny(pushed, userId));
  const served = pushed.filter(({ session }) => !absent.includes(session.userId));
  const inboxReaders = served
    .filter(({ outcome }) => needsInbox(outcome))
    .map(({ session }) => session.userId);
  return [
    ...absent.map((userId) => storeJob(reference, userId)),
    ...[...new Set(inboxReaders)].map((userId) => keepJob(reference, userId)),
    ...postJobs(reference, served),
  ];
}

function storeJob(reference: Reference, userId: string): DelayedOfflineJob {
  return { job: { kind: 'store', userId, reference, round: 0 }, delaySeconds: 0 };
}

export function keepJob(reference: Reference, userId: string): DelayedOfflineJob {
  return { job: { kind: 'keep', userId, reference, round: 0 }, delaySeconds: 0 };
}

/** One job for each session whose push needs a retry. */
export function postJobs(reference: Reference, pushed: readonly Pushed[]): DelayedOfflineJob[] {
  return pushed
    .filter(({ outcome }) => needsRetry(outcome))
    .map(({ session }) => postJob(reference, session));
}

function postJob(reference: Reference, { userId, deviceId, connectionId }: Session): DelayedOfflineJob {
  const job = { kind: 'post', userId, deviceId, connectionId, reference, round: 0 } as const;
  return { job, delaySeconds: RETRY_DELAY_SECONDS };
}
