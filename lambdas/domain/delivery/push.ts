import type { Clock } from '../../shared/clock.ts';
import type { Connections, PostOutcome } from '../model/connections.ts';
import { textFor } from '../model/encoding.ts';
import {
  isConnecting,
  isInFront,
  isPolling,
  isTrusted,
  type RouteTable,
  type Session,
  takesPushes,
} from '../model/session.ts';
import { endSession } from './end-session.ts';

/**
 * `connecting`: 410 for a new route, whose socket may not be open yet; the route must stay (IM-FAULT-7).
 * `distrusted`: posted to a session that has been silent for too long; its connection is deleted (IM-IDLE).
 * `polls`: the session has no socket, and reads its messages from the inbox (IM-POLL-2).
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

/** Posts to all sessions at once, and removes the routes of those that are gone, expired, or no longer trusted. */
export async function pushToAll(
  ports: PushPorts,
  sessions: readonly Session[],
  text: string,
): Promise<Pushed[]> {
  return Promise.all(
    sessions.map(async (session) => ({ session, outcome: await push(ports, session, text) })),
  );
}

/**
 * Posts to one session, in its encoding. Removes its route if the session is gone, expired, or no longer trusted. Never
 * throws.
 * @param text a server frame as JSON
 */
export async function push(
  { routes, connections, clock }: PushPorts,
  session: Session,
  text: string,
): Promise<PushOutcome> {
  if (!takesPushes(session, clock())) {
    // A device that stops polling sends no signal: it was last seen when it last polled.
    await removeRoute(routes, session, isPolling(session) ? session.connectedAtMs : clock());
    await endSession(connections, session, 'expired');
    return 'gone';
  }
  if (isPolling(session)) return 'polls';
  const outcome = await connections.post(session.connectionId, textFor(session, text));
  if (outcome === 'gone') {
    if (isConnecting(session, clock())) return 'connecting';
    await removeRoute(routes, session, clock());
    return 'gone';
  }
  if (isTrusted(session, clock())) return outcome;
  await removeRoute(routes, session, session.leaseUntilMs - (session.idleTimeoutMs ?? 0));
  await connections.close(session.connectionId);
  return 'distrusted';
}

/** Never throws, since a stale route must not fail the sender: the next delivery retries the removal. */
async function removeRoute(routes: RouteTable, session: Session, seenAtMs: number): Promise<void> {
  await routes.disconnect(session, seenAtMs).catch(() => undefined);
}

/** Whether the push must be retried, because it was refused for now, or it is unknown whether it arrived. */
export function needsRetry(outcome: PushOutcome): boolean {
  return outcome === 'unsure' || outcome === 'connecting' || outcome === 'busy';
}

/** Whether the session reads this message from the inbox, even if another session took it. */
export function needsInbox(outcome: PushOutcome): boolean {
  return outcome === 'distrusted' || outcome === 'polls';
}

/** Whether the user sees the message: a session in front took it, or reads it from the inbox (IM-NOTIFY-2). */
export function isSeen(pushed: readonly Pushed[], userId: string): boolean {
  return pushed.some(
    ({ session, outcome }) =>
      session.userId === userId && isInFront(session) && (outcome === 'took' || outcome === 'polls'),
  );
}

/** The connections in front of a user that may still not have it. */
export function missedBy(pushed: readonly Pushed[], userId: string): readonly string[] {
  return pushed
    .filter(({ session, outcome }) => session.userId === userId && isInFront(session) && needsRetry(outcome))
    .map(({ session }) => session.connectionId);
}

export function tookAny(pushed: readonly Pushed[], userId: string): boolean {
  return pushed.some(({ session, outcome }) => session.userId === userId && outcome === 'took');
}
