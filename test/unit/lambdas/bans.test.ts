import { beforeEach, describe, expect, it, vi } from 'vitest';
import { admitByAccount } from '../../../lambdas/domain/access/admission.ts';
import { requireCaller } from '../../../lambdas/domain/access/caller.ts';
import { setReady } from '../../../lambdas/domain/desk/agent.ts';
import { checkAgent } from '../../../lambdas/domain/desk/agent-liveness.ts';
import { openChat } from '../../../lambdas/domain/desk/customer.ts';
import { matchQueue } from '../../../lambdas/domain/desk/match.ts';
import { connect } from '../../../lambdas/domain/sessions/connect.ts';
import { poll } from '../../../lambdas/domain/sessions/poll.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { serveEvent } from '../../../lambdas/transport/service-events.ts';
import type { ServiceEvent } from '../../../protocol/service.ts';
import { aSession, callerOf, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const HOUR_MS = 3_600_000;

let world: World;
beforeEach(async () => {
  world = createWorld();
  await world.routes.connect(aSession());
  await world.routes.connect(aSession({ deviceId: 'tablet' }));
  await world.routes.connect(aSession({ userId: 'alice' }));
});

const serve = (body: ServiceEvent, sentAtMs = NOON) =>
  serveEvent(world, { recordId: 'r1', body, isRepeat: false, sentAtMs });
const ban = (more: { until?: number; reason?: string } = {}, sentAtMs = NOON) =>
  serve({ type: 'user.banned', userId: 'bob', ...more }, sentAtMs);
const unban = (sentAtMs = NOON + 1) => serve({ type: 'user.unbanned', userId: 'bob' }, sentAtMs);
const join = () =>
  connect(
    { ...world, idleTimeoutMs: undefined },
    {
      ...callerOf('bob', 'laptop'),
      ...{ mode: 'managed', encoding: undefined, replaces: undefined },
      connectedAtMs: world.clock(),
      tokenExpiresAtMs: world.clock() + HOUR_MS,
    },
  );
const admit = () => admitByAccount(world, { userId: 'bob' });
const BANNED = { code: 'forbidden', message: 'You are banned.' };

describe('a ban', () => {
  it('ends all sessions of the user, says why, and refuses the frames of their sockets (IM-BAN-1)', async () => {
    await ban({ until: NOON + HOUR_MS, reason: 'spam' });
    const frame = { type: 'session.closed', code: 'banned', reconnect: false, until: NOON + HOUR_MS };
    expect(world.connections.posts).toEqual(
      ['bob-phone', 'bob-tablet'].map((connectionId) => ({ connectionId, frame })),
    );
    expect(world.connections.closed).toEqual(['bob-phone', 'bob-tablet']);
    await expect(requireCaller(world, callerOf('bob'))).rejects.toMatchObject({ code: 'session_expired' });
    await requireCaller(world, callerOf('alice'));
    expect(JSON.stringify(world.connections.posts)).not.toContain('spam');
  });

  it('refuses connects, polls, and requests until it ends (IM-BAN-1)', async () => {
    await ban({ until: NOON + HOUR_MS });
    const until = NOON + HOUR_MS;
    const message = `You are banned until ${new Date(until).toISOString()}.`;
    const ports = { ...world, pause: async () => {} };
    const asks = () => poll(ports, { userId: 'bob', deviceId: 'watch', waitMs: 0 });
    for (const act of [join, admit, asks])
      await expect(act()).rejects.toMatchObject({ code: 'forbidden', message, until });
    world.advance(HOUR_MS - 1);
    for (const act of [join, admit, asks]) await expect(act()).rejects.toMatchObject({ code: 'forbidden' });
    world.advance(1);
    for (const act of [join, admit, asks]) await act();
    expect(await world.routes.find('bob', 'laptop')).toBeDefined();
  });

  it('without an end binds until it is lifted, also where a device must be claimed (IM-BAN-1)', async () => {
    await ban();
    world.advance(1_000 * HOUR_MS);
    world.duplicateLogin = 'reject';
    for (const act of [join, admit]) await expect(act()).rejects.toMatchObject(BANNED);
    await unban();
    await join();
    await admit();
  });

  it('that is over when its event arrives ends no session, and one that was shortened so is lifted (IM-BAN-1)', async () => {
    await ban({ until: NOON });
    expect(world.connections.closed).toEqual([]);
    await admit();
    await ban({}, NOON + 1);
    await expect(admit()).rejects.toMatchObject(BANNED);
    await ban({ until: NOON - 1 }, NOON + 2);
    await admit();
  });

  it('counts by the time of its event: an older one that arrives late or again changes nothing (IM-BAN-1)', async () => {
    await ban({}, NOON + 5);
    await unban(NOON + 4);
    await expect(admit()).rejects.toMatchObject(BANNED);
    await unban(NOON + 6);
    await ban({}, NOON + 5);
    await admit();
    await join();
    expect(await world.routes.find('bob', 'laptop')).toBeDefined();
  });

  it('is completed by its repeat if its function died before the sockets were closed (IM-BAN-1)', async () => {
    const disconnect = world.routes.disconnect;
    world.routes.disconnect = () => Promise.reject(new Error('died'));
    await expect(ban()).rejects.toThrow('died');
    world.routes.disconnect = disconnect;
    await ban();
    expect(world.connections.closed).toEqual(['bob-phone', 'bob-tablet']);
  });

  it('drops what services send or edit in the name of the user, with a line, and lets them recall (IM-BAN-2)', async () => {
    const of = { from: 'bob', to: 'alice' };
    const content = { type: 'text', text: 'buy boats' } as const;
    await serve({ type: 'message.send', ...of, clientMsgId: 'c1', content });
    await ban({ reason: 'spam' });
    const info = vi.spyOn(logger, 'info').mockImplementation(() => undefined);
    await serve({ type: 'message.send', ...of, clientMsgId: 'c2', content });
    await serve({ type: 'message.edit', ...of, seq: 1, editId: 'e', content: { ...content, text: 'more' } });
    expect(info.mock.calls).toEqual(
      ['message.send', 'message.edit'].map((type) => [
        'service event dropped',
        { recordId: 'r1', type, reason: 'banned' },
      ]),
    );
    info.mockRestore();
    expect((await world.conversations.head('dm:alice:bob')).seq).toBe(1);
    await serve({ type: 'message.recall', ...of, seq: 1 });
    await serve({ type: 'message.send', from: 'system', to: 'bob', clientMsgId: 'c3', content });
    const { messages } = await world.messages.page('dm:alice:bob', { head: 1, after: 0, limit: 1 });
    expect(JSON.parse(messages[0]?.contentJson ?? '')).toMatchObject({ type: 'recalled' });
  });
});

describe('an agent who is banned', () => {
  const ready = (userId: string) =>
    setReady(world, callerOf(userId), { roles: ['agent'] }, { queues: ['default'], capacity: 5 });
  const match = () =>
    matchQueue(world, { queue: 'default', moved: false, isRepeat: false, isWatchdog: false });
  const agentOf = async (id: string) => (await world.conversations.head(id)).chat?.agent?.userId;

  it('gets no chats, though their check has not come yet: others do (IM-BAN-2)', async () => {
    await ready('bob');
    await ban();
    const { conversationId } = await openChat(world, callerOf('alice'), {});
    await match();
    expect(await agentOf(conversationId)).toBeUndefined();
    await world.routes.connect(aSession({ userId: 'carol' }));
    await ready('carol');
    await match();
    expect(await agentOf(conversationId)).toBe('carol');
  });

  it('loses their chats at once, without the grace period (IM-BAN-2, IM-DESK-7)', async () => {
    await ready('bob');
    const { conversationId } = await openChat(world, callerOf('alice'), {});
    await match();
    expect(await agentOf(conversationId)).toBe('bob');
    await ban();
    const check = { kind: 'check-agent', userId: 'bob', sinceMs: NOON };
    expect(world.deskEvents.events.map(({ event }) => event)).toContainEqual(check);
    await checkAgent(world, { userId: 'bob', sinceMs: NOON });
    expect(await agentOf(conversationId)).toBeUndefined();
  });
});

describe('the events of bans (IM-EVENT-1)', () => {
  const until = NOON + HOUR_MS;
  const banned = { type: 'user.banned', userId: 'bob', at: NOON, untilMs: until, reason: 'spam' };
  const unbanned = { type: 'user.unbanned', userId: 'bob', at: NOON + 1 };

  it('are stored once for each ban that counts, and for each that is lifted', async () => {
    for (let times = 0; times < 2; times += 1) await ban({ until, reason: 'spam' });
    await unban();
    await ban({}, NOON - 5);
    expect(world.userEvents.all()).toEqual([banned, unbanned]);
    await ban({}, NOON + 2);
    const forever = { type: 'user.banned', userId: 'bob', at: NOON + 2 };
    expect(world.userEvents.all().slice(2)).toEqual([forever]);
  });

  it('are told once more by the next one, for two weeks', async () => {
    const put = vi.spyOn(world.userEvents, 'put');
    const toldBy = async (act: () => Promise<unknown>) => {
      put.mockClear();
      await act();
      return put.mock.calls.map(([{ type, at }]) => [type, at]);
    };
    await ban();
    const twoWeeksMs = 14 * 24 * HOUR_MS;
    world.advance(twoWeeksMs - 1);
    const again = world.clock();
    expect(await toldBy(() => ban({}, again))).toEqual([
      ['user.banned', again],
      ['user.banned', NOON],
    ]);
    world.advance(twoWeeksMs);
    expect(await toldBy(() => unban(world.clock()))).toEqual([['user.unbanned', world.clock()]]);
  });

  it('are none in a deployment without events, where a ban works the same', async () => {
    const body = { type: 'user.banned', userId: 'bob' } as const;
    await serveEvent(
      { ...world, userEvents: undefined },
      { recordId: 'r1', body, isRepeat: false, sentAtMs: NOON },
    );
    await expect(admit()).rejects.toMatchObject(BANNED);
    expect(world.userEvents.all()).toEqual([]);
  });

  it('are not lost if the function dies after the ban, and the ban is lifted before its retry', async () => {
    const { put } = world.userEvents;
    world.userEvents.put = async () => {
      throw new Error('killed');
    };
    await expect(ban({ until, reason: 'spam' })).rejects.toThrow('killed');
    world.userEvents.put = put;
    await unban();
    await ban({ until, reason: 'spam' });
    expect(world.userEvents.all()).toEqual(expect.arrayContaining([banned, unbanned]));
    expect(world.userEvents.all()).toHaveLength(2);
  });
});
