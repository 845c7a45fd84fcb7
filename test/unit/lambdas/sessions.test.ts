import { beforeEach, describe, expect, it } from 'vitest';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import type { TokenVerifier } from '../../../lambdas/domain/model/token.ts';
import { connect, takeDevice } from '../../../lambdas/domain/sessions/connect.ts';
import { credentialOf } from '../../../lambdas/domain/sessions/credential.ts';
import { logOut } from '../../../lambdas/domain/sessions/log-out.ts';
import { presenceOf } from '../../../lambdas/domain/sessions/presence.ts';
import { renew } from '../../../lambdas/domain/sessions/renew.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { aSession, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const MINUTE_MS = 60_000;
const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'bob-phone' };
const refused = (code: string) => expect.objectContaining({ code });

let world: World;
beforeEach(() => {
  world = createWorld();
});

function connecting(ports: Partial<World> & { idleTimeoutMs?: number } = {}, overrides: object = {}) {
  return connect(
    { ...world, ...ports },
    {
      ...caller,
      mode: 'managed',
      replaces: undefined,
      connectedAtMs: NOON,
      tokenExpiresAtMs: NOON + 60 * MINUTE_MS,
      ...overrides,
    },
  );
}

describe('a session that connects', () => {
  it('conflicts with a later one of its device (IM-CONN-4)', async () => {
    await world.routes.connect(aSession({ connectionId: 'later', connectedAtMs: NOON + 1 }));
    await expect(connecting()).rejects.toEqual(refused('conflict'));
    expect((await world.routes.find('bob', 'phone'))?.connectionId).toBe('later');
  });

  it('has the idle time as its lease if the idle option is on (IM-IDLE)', async () => {
    await connecting({ idleTimeoutMs: MINUTE_MS });
    expect(await world.routes.find('bob', 'phone')).toMatchObject({
      idleTimeoutMs: MINUTE_MS,
      leaseUntilMs: NOON + MINUTE_MS,
    });
    await connecting();
    const session = await world.routes.find('bob', 'phone');
    expect(session).not.toHaveProperty('idleTimeoutMs');
    expect(session?.leaseUntilMs).toBe(NOON + world.leaseMs);
  });

  it('drains no inbox if it is managed, since it sends hello (IM-CONN-6)', async () => {
    const first = () => Promise.reject(new Error('read'));
    await connecting({ inbox: { ...world.inbox, first } });
  });

  it('retries a lost claim three times before it fails as unavailable (IM-CONN-4)', async () => {
    let claims = 0;
    const claim = async () => {
      claims += 1;
      return undefined;
    };
    const ports = { duplicateLogin: 'reject', routes: { ...world.routes, claim } } as const;
    await expect(connecting(ports)).rejects.toEqual(refused('unavailable'));
    expect(claims).toBe(3);
  });

  it('writes nothing more if its claim is already stored (IM-FAULT-10)', async () => {
    const session = aSession({ connectedAtMs: NOON });
    await world.routes.connect(session);
    const claim = () => Promise.reject(new Error('write'));
    const ports = { ...world, duplicateLogin: 'reject', routes: { ...world.routes, claim } } as const;
    await takeDevice(ports, session, undefined);
    expect(world.connections.posts).toEqual([]);
  });

  it('evicts the device that connected first among equally silent ones (IM-CONN-3)', async () => {
    for (let n = 0; n < LIMITS.maxDevices; n += 1) {
      const connectedAtMs = NOON - 60_000 + (n === 4 ? -1 : n);
      await world.routes.connect(aSession({ deviceId: `d${n}`, connectedAtMs }));
    }
    await connecting();
    expect(world.connections.closed).toEqual(['bob-d4']);
  });
});

describe('a token in the Authorization header', () => {
  it('may follow several blanks, and only the scheme Bearer (IM-CONN-1)', () => {
    const read = (authorization: string) => credentialOf({ authorization, subprotocols: undefined });
    expect(read('Bearer   abc')).toBe('abc');
    for (const other of ['x Bearer abc', 'Basic abc', 'Bearer']) {
      expect(() => read(other)).toThrow(refused('unauthorized'));
    }
  });
});

describe('the end of a session', () => {
  it('is reported as session_expired if it happens during a renewal (IM-REFUSE-7)', async () => {
    await world.routes.connect(aSession());
    const tokens: TokenVerifier = {
      async verify() {
        await world.routes.disconnect(caller);
        return { userId: 'bob', roles: [], isUnlimited: false, expiresAtMs: NOON + MINUTE_MS };
      },
    };
    await expect(renew({ ...world, tokens }, caller, 'token')).rejects.toEqual(refused('session_expired'));
  });

  it('writes nothing for a user who has no session (IM-REFUSE-7)', async () => {
    const sessionsOf = async () => new Map();
    const disconnect = () => Promise.reject(new Error('write'));
    await logOut({ ...world, routes: { ...world.routes, sessionsOf, disconnect } }, { userId: 'bob' });
  });
});

describe('presence', () => {
  it('takes the last-seen time from the most recent of several sessions (IM-BEAT)', async () => {
    await world.routes.connect(aSession({ leaseUntilMs: NOON + 10 * MINUTE_MS }));
    await world.routes.connect(aSession({ deviceId: 'tablet', leaseUntilMs: NOON + 20 * MINUTE_MS }));
    expect(await presenceOf(world, caller, { userIds: ['bob'] })).toEqual([
      { userId: 'bob', online: true, lastSeenAt: NOON - 10 * MINUTE_MS },
    ]);
  });

  it('covers only the first members of a large group', async () => {
    await world.routes.connect(aSession());
    const members = Array.from({ length: LIMITS.presenceUsers }, (_, n) => `m${n}`);
    const request = { name: 'Rowers', members, openHistory: false };
    const { conversationId } = await createGroup(world, 'bob', request);
    expect(await presenceOf(world, caller, { conversationId })).toHaveLength(LIMITS.presenceUsers);
  });
});
