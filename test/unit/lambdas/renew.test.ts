import { beforeEach, describe, expect, it } from 'vitest';
import type { TokenVerifier } from '../../../lambdas/domain/model/token.ts';
import { renew } from '../../../lambdas/domain/sessions/renew.ts';
import { SessionEndedError, UnauthorizedError } from '../../../lambdas/shared/errors.ts';
import { aSession, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const HOUR_MS = 3_600_000;
/** Its tokens are `bob:<lifetime in minutes>`. */
const tokens: TokenVerifier = {
  async verify(token) {
    const [userId = '', minutes] = token.split(':');
    if (minutes === undefined) throw new UnauthorizedError();
    return { userId, roles: [], isUnlimited: false, expiresAtMs: NOON + Number(minutes) * 60_000 };
  },
};
const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'bob-phone' };

let world: World;
beforeEach(async () => {
  world = createWorld();
});

const renewing = (token: string) => renew({ ...world, tokens }, caller, token);
const expiry = async () => (await world.routes.find('bob', 'phone'))?.expiresAtMs;

describe('renew', () => {
  it("moves the session's end to that of the token, within the connection's lifetime (IM-RENEW)", async () => {
    await world.routes.connect(aSession({ connectedAtMs: NOON }));
    expect(await renewing('bob:90')).toBe(NOON + 1.5 * HOUR_MS);
    expect(await renewing('bob:600')).toBe(NOON + 2 * HOUR_MS - 5 * 60_000);
    expect(await expiry()).toBe(NOON + 2 * HOUR_MS - 5 * 60_000);
  });

  it('works within the grace period, and not after it (IM-RENEW, IM-REFUSE-7)', async () => {
    await world.routes.connect(aSession({ expiresAtMs: NOON - 29_999 }));
    expect(await renewing('bob:30')).toBe(NOON + HOUR_MS / 2);
    await world.routes.connect(aSession({ expiresAtMs: NOON - 30_000 }));
    await expect(renewing('bob:30')).rejects.toMatchObject({
      code: 'session_expired',
      closedWith: { code: 'expired' },
    });
  });

  it("ends the session if the token is another user's (IM-RENEW, IM-REFUSE-6)", async () => {
    await world.routes.connect(aSession());
    const refused = renewing('alice:30');
    await expect(refused).rejects.toBeInstanceOf(SessionEndedError);
    await expect(refused).rejects.toMatchObject({ code: 'identity_mismatch' });
    expect(await world.routes.find('bob', 'phone')).toBeUndefined();
  });

  it('is refused and changes nothing if the token is invalid', async () => {
    await world.routes.connect(aSession());
    await expect(renewing('nonsense')).rejects.toMatchObject({ code: 'unauthorized' });
    expect(await expiry()).toBe(aSession().expiresAtMs);
  });

  it('is refused and creates no route if the session was replaced or logged out (IM-REFUSE-7)', async () => {
    await expect(renewing('bob:30')).rejects.toBeInstanceOf(SessionEndedError);
    await world.routes.connect(aSession());
    const racing: TokenVerifier = {
      async verify(token) {
        await world.routes.disconnect(caller);
        return tokens.verify(token);
      },
    };
    await expect(renew({ ...world, tokens: racing }, caller, 'bob:30')).rejects.toBeInstanceOf(
      SessionEndedError,
    );
    expect(await world.routes.find('bob', 'phone')).toBeUndefined();
  });
});
