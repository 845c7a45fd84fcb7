import type { Clock } from '../../shared/clock.ts';
import type { Connections, PostOutcome } from '../model/connections.ts';
import { textFor } from '../model/encoding.ts';
import {
  isBeingMade,
  isPolling,
  isTrusted,
  type RouteTable,
  type Session,
  takesPushes,
} from '../model/session.ts';
import { endSession } from './end-session.ts';

/**
 * `connecting`: a 410 on a young route, which may just not be open yet; it must not be removed (IM-FAULT-7).
 * `distrusted`: posted to a session that has been silent for too long; its connection is deleted (IM-IDLE).
 * `polls`: has no socket to post to, and reads its messages from the inbox (IM-POLL-2).
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

/** Posts to all sessions at once and heals the routes: those that are gone or over are removed, by condition. */
export async function pushToAll(
  ports: PushPorts,
  sessions: readonly Session[],
  text: string,
): Promise<Pushed[]> {
  return Promise.all(
    sessions.map(async (session) => ({ session, outcome: await push(ports, session, text) })),
  );
}

/** Posts to one session, in its encoding, and heals its route. Never throws. @param text of a server frame, as JSON */
export async function push(
  { routes, connections, clock }: PushPorts,
  session: Session,
  text: string,
): Promise<PushOutcome> {
  if (!takesPushes(session, clock())) {
    // A device that stops polling says nothing: it was last seen when it last polled.
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

/** Whether a push may have arrived or may not. */
export function isOpen(outcome: PushOutcome): boolean {
  return outcome === 'unsure' || outcome === 'connecting';
}

/** Whether the session reads this message from the inbox, whatever other sessions took. */
export function needsInbox(outcome: PushOutcome): boolean {
  return outcome === 'distrusted' || outcome === 'polls';
}

export function tookAny(pushed: readonly Pushed[], userId: string): boolean {
  return pushed.some(({ session, outcome }) => session.userId === userId && outcome === 'took');
}
