import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { InvocationError } from '../../../lambdas/domain/model/hook.ts';
import { keptProfilesPrice } from '../../../lambdas/domain/model/prices.ts';
import { listProfiles, putProfile } from '../../../lambdas/domain/people/profile.ts';
import { createSourcedProfiles } from '../../../lambdas/domain/people/profile-source.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { userHashOf } from '../../../lambdas/shared/user-hash.ts';
import { createWorld } from '../../adapters/memory/world.ts';

const TTL_MS = 3_600_000;

/** A world with a source that knows these people. `people` may be changed; an Error is thrown. */
function withSource(people: Record<string, object> | Error = {}) {
  const world = createWorld();
  const asked: (readonly string[])[] = [];
  const state = { people, random: 1 };
  const sourcedProfiles = createSourcedProfiles({
    source: {
      ttlMs: TTL_MS,
      ask: async ({ userIds }) => {
        asked.push(userIds);
        if (state.people instanceof Error) throw state.people;
        return { profiles: Object.entries(state.people).map(([userId, facts]) => ({ userId, ...facts })) };
      },
    },
    cache: world.profiles,
    clock: world.clock,
    random: () => state.random,
  });
  const ports = { ...world, sourcedProfiles };
  const list = async (...userIds: string[]) => (await listProfiles(ports, 'reader', userIds)).profiles;
  return { world: ports, list, asked, state };
}

describe("the business's own profiles (IM-PROFILE-3)", () => {
  it('are asked for on a miss, all of a request at once, and kept, also that there is none', async () => {
    const { list, asked } = withSource({ bob: { name: 'Bob', custom: { desk: 7 } } });
    const bob = { userId: 'bob', name: 'Bob', custom: { desk: 7 }, version: 1 };
    expect(await list('alice', 'bob', 'carol')).toEqual([bob]);
    expect(await list('carol', 'bob')).toEqual([bob]);
    expect(asked).toEqual([['alice', 'bob', 'carol']]);
    expect(await list('bob', 'dora')).toEqual([bob]);
    expect(asked.at(-1)).toEqual(['dora']);
  });

  it('may say null for a field that is missing, as databases do', async () => {
    const { list } = withSource({ bob: { name: 'Bob', avatar: null, custom: null }, carol: { name: null } });
    expect(await list('bob', 'carol')).toEqual([
      { userId: 'bob', name: 'Bob', version: 1 },
      { userId: 'carol', version: 1 },
    ]);
  });

  it('are asked for again when their time is over; the version grows only with a change', async () => {
    const { world, list, asked, state } = withSource({ bob: { name: 'Bob' } });
    await list('bob');
    world.advance(TTL_MS - 1);
    await list('bob');
    expect(asked).toHaveLength(1);
    world.advance(1);
    expect(await list('bob')).toMatchObject([{ name: 'Bob', version: 1 }]);
    expect(asked).toHaveLength(2);
    state.people = { bob: { name: 'Robert' } };
    world.advance(TTL_MS);
    expect(await list('bob')).toMatchObject([{ name: 'Robert', version: 2 }]);
    state.people = {};
    world.advance(TTL_MS);
    expect(await list('bob')).toEqual([]);
  });

  it('are refreshed by one of many readers before their time is over', async () => {
    const { world, list, asked, state } = withSource({ bob: { name: 'Bob' } });
    state.random = 0;
    await list('bob');
    world.advance(TTL_MS * 0.9 - 1);
    await list('bob');
    expect(asked).toHaveLength(1);
    world.advance(1);
    state.random = 0.05;
    await list('bob');
    expect(asked).toHaveLength(1);
    state.random = 0.049;
    await list('bob');
    expect(asked).toHaveLength(2);
  });

  it('are paid for by who asks: the question, and each answer that is kept; nothing if all are kept (IM-BUDGET)', async () => {
    const { world, state } = withSource({ bob: { name: 'Bob' } });
    const charges: number[] = [];
    const charge = async (credits: number) => void charges.push(credits);
    const budget = { charge, debit: charge, meet: async () => {}, isUnlimited: false, payer: 'reader' };
    const ask = () => world.sourcedProfiles.profiles(['alice', 'bob'], false, budget);
    await ask();
    expect(charges).toEqual([keptProfilesPrice(2)]);
    await ask();
    expect(charges).toHaveLength(1);
    world.advance(TTL_MS);
    state.people = new InvocationError('No answer within 1000 ms.');
    vi.spyOn(logger, 'error').mockImplementation(() => {});
    onTestFinished(() => void vi.restoreAllMocks());
    await ask();
    expect(charges).toEqual([keptProfilesPrice(2), keptProfilesPrice(0)]);
  });

  it('are shown as they were while the source fails, which is not asked again at once', async () => {
    const { world, list, asked, state } = withSource({ bob: { name: 'Bob' } });
    await list('bob');
    world.advance(TTL_MS);
    state.people = new InvocationError('No answer within 1000 ms.');
    const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
    onTestFinished(() => error.mockRestore());
    expect(await list('bob', 'carol')).toMatchObject([{ name: 'Bob', version: 1 }]);
    const logged = { error: expect.objectContaining({ message: 'No answer within 1000 ms.' }) };
    expect(error).toHaveBeenCalledExactlyOnceWith('profile source failed', logged);
    world.advance(9_999);
    expect(await list('bob', 'carol')).toHaveLength(1);
    expect(asked).toHaveLength(2);
    state.people = { bob: { name: 'Robert' }, carol: { name: 'Carol' } };
    world.advance(1);
    expect(await list('bob', 'carol')).toMatchObject([{ name: 'Robert' }, { name: 'Carol' }]);
  });

  it('are checked as profiles are; one that is none leaves what is kept', async () => {
    const { world, list, state } = withSource({ bob: { name: 'Bob' } });
    await list('bob');
    world.advance(TTL_MS);
    state.people = {
      bob: { name: 'line\nbreak' },
      carol: { name: ' Carol ', avatar: 'javascript:alert(1)' },
      dora: { custom: { a: 'x'.repeat(2_000) } },
      gil: { custom: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) },
      eve: { name: ' Eve ', more: 1 },
      frank: { name: 'not asked for' },
    };
    expect(await list('bob', 'carol', 'dora', 'gil', 'eve')).toEqual([
      { userId: 'bob', name: 'Bob', version: 1 },
      { userId: 'eve', name: 'Eve', version: 1 },
    ]);
    expect(await world.profiles.profiles(['frank'], false)).toEqual([]);
  });

  it('are not asked for by each reader if they are refused, but when their time is over', async () => {
    const { world, list, asked, state } = withSource({ bob: { name: 'line\nbreak' } });
    const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
    onTestFinished(() => error.mockRestore());
    expect(await list('bob')).toEqual([]);
    // Whose it is, without the id.
    const logged = expect.objectContaining({ userHash: userHashOf('bob') });
    expect(error).toHaveBeenCalledExactlyOnceWith('profile refused', logged);
    expect(await list('bob')).toEqual([]);
    expect(asked).toHaveLength(1);
    state.people = { bob: { name: 'Bob' } };
    world.advance(TTL_MS);
    expect(await list('bob')).toEqual([{ userId: 'bob', name: 'Bob', version: 2 }]);
  });

  it.each([[null], [{ profiles: 7 }], [{ profiles: [{ name: 'nobody' }] }]])(
    'are not changed by an answer that is none: %j',
    async (answer) => {
      const { world } = withSource();
      const sourcedProfiles = createSourcedProfiles({
        source: { ttlMs: TTL_MS, ask: async () => answer },
        cache: world.profiles,
        clock: world.clock,
      });
      expect(await listProfiles({ ...world, sourcedProfiles }, 'reader', ['bob'])).toEqual({ profiles: [] });
      expect(await world.profiles.kept(['bob'], false)).toEqual(new Map());
    },
  );

  it('take the place of what users said before, and users can change them no more', async () => {
    const { world, list } = withSource({ bob: { name: 'Robert' } });
    const { sourcedProfiles: _, ...before } = world;
    await putProfile(before, 'bob', { name: 'Bobby' });
    await putProfile(before, 'carol', { name: 'Caro' });
    expect(await list('bob', 'carol')).toEqual([{ userId: 'bob', name: 'Robert', version: 2 }]);
    await expect(putProfile(world, 'bob', { name: 'Bobby' })).rejects.toMatchObject({ code: 'forbidden' });
  });
});
