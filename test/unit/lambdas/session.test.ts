import { describe, expect, it } from 'vitest';
import {
  keepLease,
  recordActivity,
  requireLiveSession,
} from '../../../lambdas/domain/access/live-session.ts';
import {
  heartbeatIntervalMs,
  isTrusted,
  sessionExpiryMs,
  takesPushes,
} from '../../../lambdas/domain/model/session.ts';
import { SessionEndedError, SessionExpiredError } from '../../../lambdas/shared/errors.ts';
import { aSession, createWorld, NOON } from '../../adapters/memory/world.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

describe('a session', () => {
  it('ends with its token or 5 minutes before the gateway cuts it, whichever is first (IM-RENEW)', () => {
    expect(sessionExpiryMs(NOON, NOON + HOUR_MS)).toBe(NOON + HOUR_MS);
    expect(sessionExpiryMs(NOON, NOON + 24 * HOUR_MS)).toBe(NOON + 2 * HOUR_MS - 5 * MINUTE_MS);
  });

  it('gets pushes until 30 s after its end (IM-RENEW)', () => {
    const session = aSession({ expiresAtMs: NOON });
    expect(takesPushes(session, NOON + 29_999)).toBe(true);
    expect(takesPushes(session, NOON + 30_000)).toBe(false);
  });

  const refusal = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each([
    ['accepted before its end', aSession({ expiresAtMs: NOON + 1 }), undefined],
    ['refused from its end on, and stays open', aSession({ expiresAtMs: NOON }), SessionExpiredError],
    ['closed after the grace period', aSession({ expiresAtMs: NOON - 30_000 }), SessionEndedError],
    ['closed when another connection has its device', aSession({ connectionId: 'newer' }), SessionEndedError],
    ['closed when its route is gone', undefined, SessionEndedError],
  ])('is %s (IM-BEAT, IM-RENEW)', (_, session, expected) => {
    const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'bob-phone' };
    const error = refusal(() => requireLiveSession(session, caller, NOON));
    if (expected === undefined) expect(error).toBeUndefined();
    else {
      expect(error).toBeInstanceOf(expected);
      expect(error).toMatchObject({ code: 'session_expired' });
    }
  });

  it('has the idle time as its lease if the idle option is on, and frames extend it when half is gone (IM-IDLE)', async () => {
    const world = createWorld();
    const session = aSession({ idleTimeoutMs: 60_000, leaseUntilMs: NOON + 60_000 });
    await world.routes.connect(session);
    const leaseAfter = async (ms: number) => {
      await recordActivity(world.routes, session, NOON + ms);
      return (await world.routes.find('bob', 'phone'))?.leaseUntilMs;
    };
    expect(await leaseAfter(29_999)).toBe(NOON + 60_000);
    expect(await leaseAfter(30_000)).toBe(NOON + 90_000);
    expect([59_999, 60_000].map((ms) => isTrusted(session, NOON + ms))).toEqual([true, false]);
  });

  it('has a heartbeat interval of 0.4 of the idle time, at most 8 minutes (IM-IDLE)', () => {
    expect([undefined, 60_000, 3_600_000].map(heartbeatIntervalMs)).toEqual([480_000, 24_000, 480_000]);
  });

  it('writes its lease only when half of it is gone (IM-BEAT)', async () => {
    const world = createWorld();
    await world.routes.connect(aSession({ leaseUntilMs: NOON + world.leaseMs }));
    const leaseAfter = async (ms: number) => {
      world.advance(ms);
      const [session] = (await world.routes.sessionsOf(['bob'])).get('bob') ?? [];
      if (session === undefined) throw new Error('no session');
      await keepLease(world.routes, session, world.leaseMs, world.clock());
      return (await world.routes.find('bob', 'phone'))?.leaseUntilMs;
    };
    expect(await leaseAfter(8 * MINUTE_MS)).toBe(NOON + 30 * MINUTE_MS);
    expect(await leaseAfter(8 * MINUTE_MS)).toBe(NOON + 46 * MINUTE_MS);
  });
});
