import type { MessagesPush } from '../../protocol/frames.ts';
import type { Clock } from '../shared/clock.ts';
import { settleAll } from '../shared/settle.ts';
import { type Connections, endSession, type PostOutcome } from './connection.ts';
import { textFor } from './encoding.ts';
import { type StoredMessage, toMessage } from './message.ts';
import { type DelayedJob, type OfflineQueue, type Reference, referenceTo } from './offline.ts';
import { isBeingMade, isPolling, isTrusted, type RouteTable, type Session, takesPushes } from './session.ts';

/** Until a connection that is being made is open, or a busy one has room again. */
export const RETRY_DELAY_SECONDS = 2;

/**
 * `connecting`: a 410 on a young route, which may just not be open yet; it must not be removed (fault 7).
 * `distrusted`: posted to a session that has been silent for too long; its connection is deleted (IM-IDLE).
 * `polls`: has no socket to post to, and looks in the inbox (IM-POLL-2).
 */
export type PushOutcome = PostOutcome | 'connecting' | 'distrusted' | 'polls';

export interface Pushed {
  readonly session: Session;
  readonly outcome: PushOutcome;
}

export interface PushPorts {
  readonly routes: RouteTable;
  readonly connections: Connections;
  readonly clock: Clock;
}

export interface DeliveryPorts extends PushPorts {
  readonly queue: OfflineQueue;
}

export interface DeliveryOptions {
  readonly exceptConnectionId?: string | undefined;
  /** Sessions of sender and recipients as they were before the commit: posted to without another look. */
  readonly glimpsed?: readonly Session[] | undefined;
}

/**
 * Hands a stored message to every session of the recipients and to the sender's others. A recipient of whom no
 * session took it gets it by the offline queue; a single session of which nobody knows gets it by the queue alone.
 * Resolves when each has it or the queue does. Safe to repeat: same seq, same message (IM-PUSH-1).
 *
 * Only the sessions of now, after the commit, count: what was glimpsed before saves these a wait, and no more. Who took
 * it and has gone since is looked after as one who is away.
 * @throws {UnavailableError} the routes can't be read, or the queue doesn't take what must not be lost
 */
export async function deliver(
  ports: DeliveryPorts,
  stored: StoredMessage,
  recipients: readonly string[],
  { exceptConnectionId, glimpsed = [] }: DeliveryOptions = {},
): Promise<void> {
  const text = messagesFrame([stored]);
  const wanted = (session: Session) => session.connectionId !== exceptConnectionId;
  // What is over is healed by the second reading: it may have been renewed since.
  const early = glimpsed.filter((session) => wanted(session) && isInOrder(session, ports.clock()));
  const posts = new Map(early.map((session) => [session.connectionId, pushToOne(ports, session, text)]));

  async function pushToPresent(): Promise<Pushed[]> {
    // Read after the commit: who connects later finds the message in history (IM-PUSH-2).
    const routes = await ports.routes.sessionsOf([stored.from, ...recipients]);
    const sessions = [...routes.values()].flat().filter(wanted);
    return Promise.all(
      sessions.map(async (session) => {
        const outcome = await (posts.get(session.connectionId) ?? pushToOne(ports, session, text));
        return { session, outcome };
      }),
    );
  }

  const [pushed] = await settleAll([pushToPresent(), ...posts.values()]);
  const jobs = leftovers(referenceTo(stored), recipients, pushed);
  if (jobs.length > 0) await ports.queue.enqueue(jobs);
}

/** Nothing is to be healed. */
function isInOrder(session: Session, nowMs: number): boolean {
  return takesPushes(session, nowMs) && isTrusted(session, nowMs);
}

/**
 * What the queue has to do after the posts: store for each recipient of whom no session took it; keep for each user of
 * whom some session looks in the inbox all the same; post again to each session of which nobody knows, where another
 * session took it or no inbox is kept.
 */
export function leftovers(
  reference: Reference,
  recipients: readonly string[],
  pushed: readonly Pushed[],
): DelayedJob[] {
  const unserved = recipients.filter((userId) => !tookAny(pushed, userId));
  const store = unserved.map((userId): DelayedJob => {
    return { job: { kind: 'store', userId, reference, round: 0 }, delaySeconds: 0 };
  });
  const open = pushed.filter(({ session, outcome }) => isOpen(outcome) && !unserved.includes(session.userId));
  const post = open.map(({ session: { userId, deviceId, connectionId } }): DelayedJob => {
    const job = { kind: 'post', userId, deviceId, connectionId, reference, round: 0 } as const;
    return { job, delaySeconds: RETRY_DELAY_SECONDS };
  });
  const keepers = pushed.filter(({ session, outcome }) => {
    return leavesInInbox(outcome) && !unserved.includes(session.userId);
  });
  const keep = [...new Set(keepers.map(({ session }) => session.userId))].map((userId): DelayedJob => {
    return { job: { kind: 'keep', userId, reference, round: 0 }, delaySeconds: 0 };
  });
  return [...store, ...keep, ...post];
}

/** Whatever other sessions took: this one finds it in the inbox. */
export function leavesInInbox(outcome: PushOutcome): boolean {
  return outcome === 'distrusted' || outcome === 'polls';
}

export function tookAny(pushed: readonly Pushed[], userId: string): boolean {
  return pushed.some(({ session, outcome }) => session.userId === userId && outcome === 'took');
}

/** It may or may not have arrived. */
export function isOpen(outcome: PushOutcome): boolean {
  return outcome === 'unsure' || outcome === 'connecting';
}

export function messagesFrame(messages: readonly StoredMessage[]): string {
  const frame: MessagesPush = { type: 'messages', messages: messages.map(toMessage) };
  return JSON.stringify(frame);
}

/** Posts to all sessions at once and heals the routes: what is gone or over is removed, by condition. */
export async function pushTo(
  ports: PushPorts,
  sessions: readonly Session[],
  text: string,
): Promise<Pushed[]> {
  return Promise.all(
    sessions.map(async (session) => ({ session, outcome: await pushToOne(ports, session, text) })),
  );
}

async function pushToOne(
  { routes, connections, clock }: PushPorts,
  session: Session,
  text: string,
): Promise<PushOutcome> {
  if (!takesPushes(session, clock())) {
    // Nobody tells when a device has stopped polling: it was last seen when it last polled.
    await forget(routes, session, isPolling(session) ? session.connectedAtMs : clock());
    await endSession(connections, session, 'expired');
    return 'gone';
  }
  if (isPolling(session)) return 'polls';
  const outcome = await connections.post(session.connectionId, textFor(session, text));
  if (outcome === 'gone') {
    if (isBeingMade(session, clock())) return 'connecting';
    await forget(routes, session, clock());
    return 'gone';
  }
  if (isTrusted(session, clock())) return outcome;
  await forget(routes, session, session.leaseUntilMs - (session.idleTimeoutMs ?? 0));
  await connections.close(session.connectionId);
  return 'distrusted';
}

/** A stale route must never fail the sender: if it can't be removed now, the next delivery tries again. */
async function forget(routes: RouteTable, session: Session, seenAtMs: number): Promise<void> {
  await routes.disconnect(session, seenAtMs).catch(() => undefined);
}
