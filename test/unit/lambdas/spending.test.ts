import { beforeEach, describe, expect, it } from 'vitest';
import { processFanOutJob } from '../../../lambdas/domain/delivery/fan-out.ts';
import { createGroup, updateGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { readHistory } from '../../../lambdas/domain/messages/history.ts';
import { passOnLive } from '../../../lambdas/domain/messages/live.ts';
import { pin } from '../../../lambdas/domain/messages/pin.ts';
import { react } from '../../../lambdas/domain/messages/react.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { draft } from '../../../lambdas/domain/messages/store.ts';
import { hintTyping } from '../../../lambdas/domain/messages/typing.ts';
import type { Budget } from '../../../lambdas/domain/model/budget.ts';
import {
  changePushPrice,
  DEAR,
  groupMessagePrice,
  hintPrice,
  MAX_CHEAP_MEMBERS,
  readsPrice,
} from '../../../lambdas/domain/model/prices.ts';
import { referenceTo } from '../../../lambdas/domain/model/reference.ts';
import { listProfiles } from '../../../lambdas/domain/people/profile.ts';
import { reportMessage } from '../../../lambdas/domain/people/reports.ts';
import { poll } from '../../../lambdas/domain/sessions/poll.ts';
import { acknowledgePage, welcome } from '../../../lambdas/domain/sessions/welcome.ts';
import { LimitReachedError, RateLimitedError, UnavailableError } from '../../../lambdas/shared/errors.ts';
import { aSession, by, callerOf, createWorld, storeAt, type World } from '../../adapters/memory/world.ts';

let world: World;
/** What was charged and debited. */
let spent: { readonly charged: number[]; readonly debited: number[]; readonly met: number[] };
beforeEach(() => {
  world = createWorld();
  spent = { charged: [], debited: [], met: [] };
});

/** The world of a user whose budget has room for so many credits and strangers. */
function limited(room = Number.POSITIVE_INFINITY, roomForStrangers = room): World {
  const pay = (credits: number, list: number[]) => {
    if (credits > room) throw new RateLimitedError('words', 5_000);
    list.push(credits);
  };
  const budget: Budget = {
    charge: async (credits) => {
      spent.charged.push(credits);
    },
    debit: async (credits) => pay(credits, spent.debited),
    async meet(strangers) {
      if (strangers > roomForStrangers) throw new LimitReachedError('words');
      spent.met.push(strangers);
    },
    isUnlimited: false,
    payer: 'bob',
  };
  return { ...world, budget };
}

const sum = (credits: readonly number[]) => credits.reduce((all, one) => all + one, 0);
const names = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`);

async function groupOf(size: number): Promise<string> {
  const { conversationId } = await createGroup(world, 'alice', {
    name: 'Rowers',
    members: ['bob', ...names(Math.min(size, 100) - 2)],
    openHistory: true,
  });
  for (let n = 98; n < size - 2; n += 100)
    await addMembers(world, 'alice', conversationId, names(size - 2).slice(n, n + 100));
  return conversationId;
}

const say = (ports: World, from: string, target: object, clientMsgId = 'c1') =>
  send(ports, from, { clientMsgId, content: { type: 'text', text: 'hi' }, ...target });
const headOf = async (conversationId: string) => (await world.conversations.head(conversationId)).seq;

describe('a direct message', () => {
  it('costs more with its length and with the sessions that get it (IM-BUDGET-1)', async () => {
    const content = { type: 'text', text: 'x'.repeat(8_000) } as const;
    for (const userId of ['alice', 'bob'])
      for (const deviceId of ['phone', 'laptop', 'tablet'])
        await world.routes.connect(aSession({ userId, deviceId, connectionId: `${userId}-${deviceId}` }));
    const ports = limited();
    const caller = callerOf('alice');
    const extraOf = async (request: Parameters<typeof send>[2]) => {
      spent.charged.length = 0;
      await send(ports, 'alice', request, caller);
      return sum(spent.charged);
    };
    const short = await extraOf({ clientMsgId: 'c1', to: 'bob', content: { type: 'text', text: 'hi' } });
    const long = await extraOf({ clientMsgId: 'c2', to: 'bob', content });
    expect(short).toBeGreaterThan(3);
    expect(long).toBeGreaterThan(short + 7);
  });

  it('costs as much with each repeat, which is delivered again, and over HTTP (IM-BUDGET-1)', async () => {
    for (const userId of ['alice', 'bob'])
      for (const deviceId of ['phone', 'laptop', 'tablet'])
        await world.routes.connect(aSession({ userId, deviceId, connectionId: `${userId}-${deviceId}` }));
    for (const caller of [callerOf('alice'), undefined])
      for (const resend of [false, true]) {
        spent.charged.length = 0;
        const content = { type: 'text', text: 'hi' } as const;
        await send(limited(), 'alice', { clientMsgId: 'c1', to: 'bob', content, resend }, caller);
        expect(sum(spent.charged)).toBeGreaterThan(3);
      }
  });

  it('to a stranger is counted before the conversation exists, and refused without a trace (IM-BUDGET-3)', async () => {
    await expect(say(limited(0), 'alice', { to: 'bob' })).rejects.toMatchObject({ code: 'limit_reached' });
    expect(await headOf('dm:alice:bob')).toBe(0);
    await say(limited(), 'alice', { to: 'bob' });
    expect(spent.met).toEqual([1]);
    // Neither the next one nor the answer meets anybody.
    await say(limited(0), 'alice', { to: 'bob' }, 'c2');
    await say(limited(0), 'bob', { to: 'alice' });
  });
});

describe('a message to a group', () => {
  it('costs more with its members (IM-BUDGET-1)', async () => {
    const [small, larger] = [await groupOf(3), await groupOf(50)];
    await say(limited(), 'bob', { conversationId: small });
    const cheap = sum(spent.charged.splice(0));
    await say(limited(), 'bob', { conversationId: larger });
    expect(sum(spent.charged)).toBeGreaterThan(cheap + 40);
    expect(spent.debited).toEqual([]);
  });

  it('is paid before it has a seq if the group is so large that it is dear, and leaves no hole if it is refused (IM-BUDGET-1)', async () => {
    const id = await groupOf(MAX_CHEAP_MEMBERS + 1);
    expect(groupMessagePrice(MAX_CHEAP_MEMBERS + 1, 0)).toBeLessThan(DEAR * 1.2);
    const before = await headOf(id);
    await expect(say(limited(1), 'bob', { conversationId: id })).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 5_000,
    });
    expect(await headOf(id)).toBe(before);
    await say(limited(), 'bob', { conversationId: id });
    expect(await headOf(id)).toBe(before + 1);
    expect(spent.debited).toEqual([groupMessagePrice(MAX_CHEAP_MEMBERS + 1, 27)]);
    expect(spent.charged).toEqual([]);
  });

  it('that was stored is paid for by each repeat, which is delivered again, and waits if the budget is used up (IM-BUDGET-1, IM-SEND-2)', async () => {
    const id = await groupOf(MAX_CHEAP_MEMBERS + 1);
    const first = await say(world, 'bob', { conversationId: id });
    world.fanOutQueue.jobs.length = 0;
    for (const resend of [false, true])
      await expect(say(limited(1), 'bob', { conversationId: id, resend })).rejects.toMatchObject({
        code: 'rate_limited',
      });
    expect(world.fanOutQueue.jobs).toEqual([]);
    const repeat = await say(limited(), 'bob', { conversationId: id, resend: true });
    expect(repeat).toEqual({ ...first, duplicate: true });
    expect(spent.debited).toEqual([groupMessagePrice(MAX_CHEAP_MEMBERS + 1, 27)]);
  });
});

describe('the posts of a message to a large group', () => {
  it('beyond those that its price assumes are charged by the worker that finds them (IM-BUDGET-1)', async () => {
    const id = await groupOf(600);
    world.fanOutQueue.jobs.length = 0;
    await say(limited(), 'bob', { conversationId: id });
    const [job] = world.fanOutQueue.jobs;
    if (job === undefined) throw new Error('no job');
    expect(job).toMatchObject({ memberCount: 600, payer: 'bob' });
    const chargeOf = async (online: number) => {
      for (const userId of names(online)) await world.routes.connect(aSession({ userId }));
      const paid: [string, number][] = [];
      const of = (userId: string) => ({
        ...world.budget,
        charge: async (credits: number) => {
          paid.push([userId, Math.round(credits)]);
        },
      });
      await processFanOutJob({ ...world, meter: { ...world.meter, of } }, job);
      return paid;
    };
    expect(await chargeOf(60)).toEqual([['bob', 0]]);
    expect(await chargeOf(300)).toEqual([['bob', Math.round(240 * 1.06)]]);
    // A service pays for nothing.
    world.fanOutQueue.jobs.length = 0;
    await say(world, 'bob', { conversationId: id }, 'c2');
    expect(world.fanOutQueue.jobs[0]).not.toHaveProperty('payer');
  });
});

describe('a change of a message in a large group', () => {
  it('is paid before it is made, and a reaction is not, since it is not pushed (IM-BUDGET-1)', async () => {
    const id = await groupOf(MAX_CHEAP_MEMBERS + 300);
    const { seq } = await say(world, 'bob', { conversationId: id });
    await world.routes.connect(aSession());
    const place = { conversationId: id, seq };
    const content = { type: 'text', text: 'new' } as const;
    await expect(edit(limited(1), by('bob'), { ...place, editId: 'e1', content })).rejects.toMatchObject({
      code: 'rate_limited',
    });
    await expect(pin(limited(1), { userId: 'alice' }, { ...place, on: true })).rejects.toMatchObject({
      code: 'rate_limited',
    });
    const [unchanged] = (await world.messages.page(id, { limit: 1, head: seq })).messages;
    expect(unchanged?.rev ?? 0).toBe(0);
    await react(limited(1), by('bob'), { ...place, name: '👍', on: true });
    expect(spent.debited).toEqual([]);
    await edit(limited(), by('bob'), { ...place, editId: 'e1', content });
    expect(sum(spent.debited)).toBeGreaterThan(100);
  });
});

describe('the pushes of a change', () => {
  it('beyond those that its price assumes are charged, and those of a long message cost more (IM-BUDGET-1)', async () => {
    const id = await groupOf(20);
    const text = 'x'.repeat(16_000);
    const [short, long] = [
      await say(world, 'bob', { conversationId: id }),
      await send(world, 'bob', { clientMsgId: 'c2', conversationId: id, content: { type: 'text', text } }),
    ];
    const costOf = async ({ seq }: { readonly seq: number }, on: boolean) => {
      spent.charged.length = 0;
      spent.debited.length = 0;
      await react(limited(), { userId: 'bob' }, { conversationId: id, seq, name: '👍', on });
      return sum(spent.charged) + sum(spent.debited);
    };
    const quiet = await costOf(short, true);
    for (const userId of names(18)) await world.routes.connect(aSession({ userId }));
    expect(await costOf(short, false)).toBeGreaterThan(quiet + 10);
    // Each of 18 sessions gets 16 KB.
    expect(await costOf(long, true)).toBeGreaterThan(quiet + 10 + 18 * 1.4);
  });

  it('are charged by the worker that finds them in a larger group (IM-BUDGET-1)', async () => {
    const id = await groupOf(100);
    const { seq } = await say(world, 'bob', { conversationId: id });
    for (const userId of names(98)) await world.routes.connect(aSession({ userId }));
    world.fanOutQueue.jobs.length = 0;
    await react(limited(), { userId: 'bob' }, { conversationId: id, seq, name: '👍', on: true });
    const paid: number[] = [];
    const charge = async (credits: number) => {
      paid.push(credits);
    };
    const meter = { ...world.meter, of: () => ({ ...world.budget, charge }) };
    for (const job of world.fanOutQueue.jobs.splice(0)) await processFanOutJob({ ...world, meter }, job);
    expect(sum(paid)).toBeGreaterThan(70);
  });
});

describe('a change of a long message', () => {
  it('costs more, since the message is written as a whole: a reaction, too (IM-BUDGET-1)', async () => {
    const priceOf = async (text: string, clientMsgId: string) => {
      const sent = { clientMsgId, to: 'bob', content: { type: 'text', text } } as const;
      const { conversationId, seq } = await send(world, 'alice', sent);
      spent.charged.length = 0;
      await react(limited(), { userId: 'bob' }, { conversationId, seq, name: '👍', on: true });
      return sum(spent.charged);
    };
    const short = await priceOf('hi', 'c1');
    expect(await priceOf('x'.repeat(16_000), 'c2')).toBeGreaterThan(short + 15);
  });
});

describe('a reaction in a group', () => {
  it('is paid before it is made, unless it is so large that it is not pushed (IM-BUDGET-1)', async () => {
    for (const size of [50, 101]) {
      const id = await groupOf(size);
      const { seq } = await say(world, 'bob', { conversationId: id });
      await react(limited(), { userId: 'bob' }, { conversationId: id, seq, name: '👍', on: true });
    }
    expect(spent.debited).toEqual([changePushPrice(50, 27)]);
  });
});

describe('a typing hint', () => {
  it('costs the read of the routes of all members, and the posts (IM-BUDGET-1)', async () => {
    const id = await groupOf(20);
    for (const userId of ['alice', 'bob', 'm0']) await world.routes.connect(aSession({ userId }));
    await hintTyping(limited(), callerOf('bob'), { conversationId: id, typing: true });
    expect(spent.charged).toEqual([hintPrice(20, 2)]);
  });
});

describe('a page', () => {
  const charged = async (read: (ports: World) => Promise<unknown>) => {
    spent.charged.length = 0;
    await read(limited());
    return sum(spent.charged);
  };

  it('of profiles costs half a read each, once for each user (IM-BUDGET-1)', async () => {
    const wanted = [...names(40), ...names(40)];
    expect(await charged((ports) => listProfiles(ports, 'bob', wanted))).toBeCloseTo(readsPrice(20));
  });

  it('of conversations costs more with each that is looked at, though none is listed (IM-BUDGET-1)', async () => {
    for (const peer of names(100)) await say(world, peer, { to: 'bob' });
    const range = { limit: 100, changedSinceMs: world.clock() + 60_000 };
    expect(await charged((ports) => readConversations(ports, 'bob', range))).toBeGreaterThan(12);
    expect(await charged((ports) => readConversations(ports, 'bob', { limit: 1 }))).toBeLessThan(1);
  });

  it('of messages with many reactions costs the reads of the user’s own (IM-BUDGET-1)', async () => {
    const id = await groupOf(20);
    const { seq } = await say(world, 'm0', { conversationId: id });
    const place = { conversationId: id, seq, name: '👍', on: true };
    const read = () => charged((ports) => readHistory(ports, 'bob', id, { limit: 100 }));
    const few = await read();
    for (const userId of names(8)) await react(world, { userId }, place);
    expect(await read()).toBeGreaterThan(few + 0.1);
  });

  it('of a report is as long as the message (IM-BUDGET-1)', async () => {
    const text = 'x'.repeat(16_000);
    const content = { type: 'text', text } as const;
    const { conversationId, seq } = await send(world, 'alice', { clientMsgId: 'c1', to: 'bob', content });
    const report = { conversationId, seq, reason: 'Spam' };
    expect(await charged((ports) => reportMessage(ports, 'bob', report, { roles: [] }))).toBeGreaterThan(9);
  });

  it('of an inbox costs its messages, and the same again when it is acknowledged (IM-BUDGET-1)', async () => {
    const session = aSession();
    await world.routes.connect(session);
    const caller = callerOf('bob');
    for (let n = 1; n <= 20; n += 1) {
      const message = await storeAt(
        world,
        'dm:alice:bob',
        n,
        draft('alice', `c${n}`, { type: 'text', text: 'hi' }),
      );
      await world.inbox.put([{ userId: 'bob', reference: referenceTo(message) }]);
    }
    let batch: string | null = null;
    const hello = await charged(async (ports) => {
      ({ batch } = (await welcome(ports, caller)).inbox);
    });
    expect(hello).toBeGreaterThan(2);
    expect(await charged((ports) => acknowledgePage(ports, caller, batch ?? ''))).toBeGreaterThan(12);
  });

  it('of a poll costs its wait (IM-BUDGET-1)', async () => {
    const pause = async (ms: number) => world.advance(ms);
    const wait = (waitMs: number) =>
      charged((ports) => poll({ ...ports, pause }, { userId: 'bob', deviceId: 'phone', waitMs }));
    expect((await wait(20_000)) - (await wait(0))).toBeGreaterThan(60);
  });

  it('of a poll costs its wait, though the next poll of the device ends it (IM-BUDGET-1)', async () => {
    let waits = 0;
    const pause = async (ms: number) => {
      world.advance(ms);
      waits += 1;
      if (waits === 18) await poll({ ...world, pause }, { userId: 'bob', deviceId: 'phone', waitMs: 0 });
    };
    const replaced = charged((ports) =>
      expect(
        poll({ ...ports, pause }, { userId: 'bob', deviceId: 'phone', waitMs: 20_000 }),
      ).rejects.toMatchObject({ code: 'session_expired' }),
    );
    expect(await replaced).toBeGreaterThan(60);
  });
});

describe('a change of a group', () => {
  it('is paid before it is made: creation, additions, removals, and rules (IM-BUDGET-1)', async () => {
    const members = names(90);
    const group = { name: 'Rowers', members, openHistory: false };
    await expect(createGroup(limited(100), 'alice', group)).rejects.toMatchObject({ code: 'rate_limited' });
    expect(spent.met).toEqual([]);
    const { conversationId: id } = await createGroup(limited(), 'alice', group);
    expect(sum(spent.debited.splice(0))).toBeGreaterThan(300);
    const before = await headOf(id);
    for (const refused of [
      addMembers(limited(10), 'alice', id, ['zoe']),
      removeMember(limited(10), 'alice', id, 'm1'),
      updateGroup(limited(10), 'alice', id, { name: 'Sailors', posting: 'admins' }),
    ])
      await expect(refused).rejects.toMatchObject({ code: 'rate_limited' });
    expect(await headOf(id)).toBe(before);
    expect((await world.conversations.head(id)).group).toMatchObject({ name: 'Rowers', memberCount: 91 });
  });

  it('counts members who never wrote to the admin as strangers (IM-BUDGET-3)', async () => {
    await say(world, 'alice', { to: 'bob' });
    await say(world, 'bob', { to: 'alice' });
    await say(world, 'alice', { to: 'carol' });
    const group = { name: 'Rowers', members: ['bob', 'carol', 'dave', 'alice', 'dave'], openHistory: false };
    await expect(createGroup(limited(undefined, 1), 'alice', group)).rejects.toMatchObject({
      code: 'limit_reached',
    });
    const { conversationId: id } = await createGroup(limited(), 'alice', group);
    expect(spent.met).toEqual([2]);
    await addMembers(limited(), 'alice', id, ['bob', 'carol', 'erin']);
    expect(spent.met).toEqual([2, 1]);
  });
});

describe('a group where only admins write', () => {
  it('refuses other members, without a hole, and finds what they have stored before (IM-BUDGET-5, IM-SEND-2)', async () => {
    const id = await groupOf(3);
    const first = await say(world, 'bob', { conversationId: id });
    const body = await updateGroup(world, 'alice', id, { posting: 'admins' });
    expect(body).toMatchObject({ posting: 'admins', slowModeSeconds: 0 });
    const before = await headOf(id);
    const refused = say(limited(), 'bob', { conversationId: id }, 'c2');
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    expect(await say(limited(), 'bob', { conversationId: id })).toEqual({ ...first, duplicate: true });
    expect(await headOf(id)).toBe(before);
    // Nor do they show what they write.
    for (const userId of ['alice', 'bob']) await world.routes.connect(aSession({ userId }));
    const live = {
      conversationId: id,
      liveId: 'l1',
      index: 1,
      content: { type: 'text', text: 'x' },
    } as const;
    const shown = (ports: World, userId: string) => passOnLive(ports, callerOf(userId), live);
    await expect(shown(world, 'bob')).rejects.toMatchObject({ code: 'forbidden' });
    await shown(world, 'alice');
    await say(limited(), 'alice', { conversationId: id }, 'c3');
    const open = await updateGroup(world, 'alice', id, { posting: 'everyone' });
    expect(open.posting).toBe('everyone');
    await say(limited(), 'bob', { conversationId: id }, 'c2');
  });
});

describe('a group with slow mode', () => {
  it('takes one message an interval of a member, and any number of an admin (IM-BUDGET-5)', async () => {
    const id = await groupOf(3);
    await updateGroup(world, 'alice', id, { slowModeSeconds: 30 });
    const first = await say(world, 'bob', { conversationId: id });
    const before = await headOf(id);
    await expect(say(world, 'bob', { conversationId: id }, 'c2')).rejects.toMatchObject({
      code: 'slow_mode',
      retryAfterMs: 30_000,
    });
    expect(await say(world, 'bob', { conversationId: id })).toEqual({ ...first, duplicate: true });
    expect(await headOf(id)).toBe(before);
    for (const clientMsgId of ['a1', 'a2']) await say(world, 'alice', { conversationId: id }, clientMsgId);
    world.advance(10_000);
    await expect(say(world, 'bob', { conversationId: id }, 'c2')).rejects.toMatchObject({
      retryAfterMs: 20_000,
    });
    world.advance(20_000);
    await say(world, 'bob', { conversationId: id }, 'c2');
    await say(world, 'm0', { conversationId: id });
  });

  it('that becomes slower binds those who had a turn, too, from their next message on (IM-BUDGET-5)', async () => {
    const id = await groupOf(3);
    await updateGroup(world, 'alice', id, { slowModeSeconds: 10 });
    await say(world, 'bob', { conversationId: id });
    await updateGroup(world, 'alice', id, { slowModeSeconds: 3_600 });
    world.advance(11_000);
    await say(world, 'bob', { conversationId: id }, 'c2').catch(() => undefined);
    for (let n = 0; n < 5; n += 1) {
      world.advance(600_000);
      await expect(say(world, 'bob', { conversationId: id }, `d${n}`)).rejects.toMatchObject({
        code: 'slow_mode',
      });
    }
    world.advance(600_000);
    await say(world, 'bob', { conversationId: id }, 'e1');
    await updateGroup(world, 'alice', id, { slowModeSeconds: 10 });
    world.advance(11_000);
    await say(world, 'bob', { conversationId: id }, 'e2');
  });

  it('keeps the turn for a message whose attempt failed after it, and leaves no hole for one that was stored (IM-BUDGET-5, IM-SEND-2)', async () => {
    const id = await groupOf(3);
    await updateGroup(world, 'alice', id, { slowModeSeconds: 3_600 });
    const putIfAbsent = () => Promise.reject(new UnavailableError());
    const broken = { ...world, messageWriter: { ...world.messageWriter, putIfAbsent } };
    for (const clientMsgId of ['c1', 'c2']) {
      await expect(say(broken, 'bob', { conversationId: id }, clientMsgId)).rejects.toMatchObject({
        code: 'unavailable',
      });
      const first = await say(world, 'bob', { conversationId: id }, clientMsgId);
      const before = await headOf(id);
      expect(await say(world, 'bob', { conversationId: id }, clientMsgId)).toEqual({
        ...first,
        duplicate: true,
      });
      expect(await headOf(id)).toBe(before);
      await expect(say(world, 'bob', { conversationId: id }, 'other')).rejects.toMatchObject({
        code: 'slow_mode',
      });
      world.advance(3_600_000);
    }
  });

  it('costs one attempt a message: a member who had a turn takes the next one first', async () => {
    const id = await groupOf(3);
    await updateGroup(world, 'alice', id, { slowModeSeconds: 30 });
    const calls: string[] = [];
    const { conversationWriter } = world;
    const counted = {
      ...conversationWriter,
      nextSeq: (...args: Parameters<typeof conversationWriter.nextSeq>) => {
        calls.push('next');
        return conversationWriter.nextSeq(...args);
      },
      takeTurn: (...args: Parameters<typeof conversationWriter.takeTurn>) => {
        calls.push('turn');
        return conversationWriter.takeTurn(...args);
      },
      changeTurn: (...args: Parameters<typeof conversationWriter.changeTurn>) => {
        calls.push('change');
        return conversationWriter.changeTurn(...args);
      },
    };
    const callsOf = async (clientMsgId: string) => {
      world.advance(60_000);
      calls.length = 0;
      await say({ ...world, conversationWriter: counted }, 'bob', { conversationId: id }, clientMsgId);
      return [...calls];
    };
    expect(await callsOf('c1')).toEqual(['next', 'turn', 'next']);
    expect(await callsOf('c2')).toEqual(['turn', 'next']);
    await updateGroup(world, 'alice', id, { slowModeSeconds: 0 });
    expect(await callsOf('c3')).toEqual(['turn', 'next', 'change']);
    expect(await callsOf('c4')).toEqual(['next']);
  });
});
