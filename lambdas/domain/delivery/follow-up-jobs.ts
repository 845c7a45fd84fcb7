import type { DelayedOfflineJob } from '../model/offline-job.ts';
import type { Reference } from '../model/reference.ts';
import { isSeen, missedBy, needsInbox, needsRetry, type Pushed, tookAny } from './push.ts';

/** Long enough for `$connect` to finish, or for a slow connection to recover. */
export const RETRY_DELAY_SECONDS = 2;
/** The longest delay of an SQS message. */
const MAX_DELAY_SECONDS = 900;

/**
 * How long to wait after a post that the account's throttle refused: up to 4, 8, 16 … 900 s, with full jitter. So a storm
 * spreads over about as long as it has lasted, and ends by itself (aws.amazon.com/builders-library,
 * timeouts-retries-and-backoff-with-jitter).
 * @param round previous attempts
 */
export function backOffSeconds(round: number, random = Math.random()): number {
  return Math.ceil((1 - random) * Math.min(MAX_DELAY_SECONDS, 4 * 2 ** round));
}

/**
 * Returns the jobs that remain after the pushes of a message:
 *
 * - `store`: for each recipient without a session that took it.
 * - `keep`: for each user with a session that reads the inbox, though another session took the message.
 * - `notify`: for each recipient whose sessions that took it are all in the background. `store` includes it.
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
    ...absent.map((userId) => storeJob(reference, userId, pushed)),
    ...[...new Set(inboxReaders)].map((userId) => keepJob(reference, userId)),
    ...recipients
      .filter((userId) => !absent.includes(userId) && !isSeen(pushed, userId))
      .map((userId) => notifyJob(reference, userId, pushed)),
    ...postJobs(reference, served),
  ];
}

/** Stored at once, unless the account's throttle refused a post to the user: then the job waits, and posts again. */
function storeJob(reference: Reference, userId: string, pushed: readonly Pushed[]): DelayedOfflineJob {
  const isBusy = pushed.some(({ session, outcome }) => session.userId === userId && outcome === 'busy');
  return {
    job: { kind: 'store', userId, reference, round: 0 },
    delaySeconds: isBusy ? backOffSeconds(0) : 0,
  };
}

export function keepJob(reference: Reference, userId: string): DelayedOfflineJob {
  return { job: { kind: 'keep', userId, reference, round: 0 }, delaySeconds: 0 };
}

export function notifyJob(
  reference: Reference,
  userId: string,
  pushed: readonly Pushed[],
): DelayedOfflineJob {
  const missed = missedBy(pushed, userId);
  return { job: { kind: 'notify', userId, reference, missed, round: 0 }, delaySeconds: 0 };
}

/** One job for each session whose push needs a retry. */
export function postJobs(reference: Reference, pushed: readonly Pushed[]): DelayedOfflineJob[] {
  return pushed
    .filter(({ outcome }) => needsRetry(outcome))
    .map(({ session: { userId, deviceId, connectionId }, outcome }) => ({
      job: { kind: 'post', userId, deviceId, connectionId, reference, round: 0 },
      delaySeconds: outcome === 'busy' ? backOffSeconds(0) : RETRY_DELAY_SECONDS,
    }));
}
