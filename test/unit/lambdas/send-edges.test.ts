import { beforeEach, describe, expect, it } from 'vitest';
import { createGroup, updateGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { type SendPorts, send } from '../../../lambdas/domain/messages/send.ts';
import type { Hook } from '../../../lambdas/domain/model/hook.ts';
import {
  directMessageExtra,
  groupMessagePrice,
  MAX_CHEAP_MEMBERS,
} from '../../../lambdas/domain/model/prices.ts';
import type { Caller } from '../../../lambdas/domain/model/session.ts';
import { aRequest, aSession, callerOf, createWorld, type World } from '../../adapters/memory/world.ts';

/** `{"text":"hi","type":"text"}` */
const BYTES = 27;

let world: World;
beforeEach(() => {
  world = createWorld();
});

const say = (ports: SendPorts, from: string, more: object = {}, caller?: Caller) =>
  send(ports, from, { clientMsgId: 'c1', content: { type: 'text', text: 'hi' }, ...more }, caller);

async function groupOf(members: readonly string[], rules: object = {}): Promise<string> {
  const request = { name: 'Crew', openHistory: false, members: members.slice(0, 99), ...rules };
  const { conversationId } = await createGroup(world, 'alice', request);
  for (let n = 99; n < members.length; n += 99)
    await addMembers(world, 'alice', conversationId, members.slice(n, n + 99));
  return conversationId;
}

/** The world, and what was asked of its conversations, turns, and earlier messages. */
function watched() {
  const calls: string[] = [];
  const noting =
    <Args extends readonly unknown[], Result>(name: string, call: (...args: Args) => Result) =>
    (...args: Args) => {
      calls.push(name);
      return call(...args);
    };
  const { conversations, conversationWriter, messages } = world;
  const ports: World = {
    ...world,
    conversations: { ...conversations, head: noting('head', conversations.head) },
    conversationWriter: {
      ...conversationWriter,
      nextSeq: noting('next', conversationWriter.nextSeq),
      takeTurn: noting('turn', conversationWriter.takeTurn),
      changeTurn: noting('change', conversationWriter.changeTurn),
    },
    messages: {
      ...messages,
      getMany: noting('earlier', messages.getMany),
      page: noting('page', messages.page),
    },
  };
  return { ports, calls };
}

/** The world of a user with a budget, and what was charged and debited. */
function paying() {
  const charged: number[] = [];
  const debited: number[] = [];
  const budget = {
    ...world.budget,
    charge: async (credits: number) => void charged.push(credits),
    debit: async (credits: number) => void debited.push(credits),
    isUnlimited: false,
  };
  return { ports: { ...world, budget }, charged, debited };
}

/** The writer of a history in which repeats have claimed the keys of so many messages. */
function claimed(times: number) {
  const seqs: number[] = [];
  const putIfAbsent: World['messageWriter']['putIfAbsent'] = async (message) => {
    seqs.push(message.seq);
    return seqs.length <= times ? 'claimed' : world.messageWriter.putIfAbsent(message);
  };
  return { messageWriter: { ...world.messageWriter, putIfAbsent }, seqs };
}

describe('the price of a direct message', () => {
  it.each([
    ['by socket, is for all sessions but the sender’s', callerOf('alice'), 3, 1],
    ['over HTTP, is for all sessions', undefined, 4, 2],
  ])('sent %s, and for an absent receiver (IM-BUDGET-1)', async (_, caller, all, own) => {
    const connect = async (userId: string) => {
      for (const deviceId of ['phone', 'laptop']) await world.routes.connect(aSession({ userId, deviceId }));
    };
    await connect('alice');
    await say(world, 'alice', { to: 'bob', clientMsgId: 'c0' });
    const { ports, charged } = paying();
    await say(ports, 'alice', { to: 'bob' }, caller);
    expect(charged.splice(0)).toEqual([directMessageExtra(BYTES, own, true)]);
    await connect('bob');
    await say(ports, 'alice', { to: 'bob', clientMsgId: 'c2' }, caller);
    expect(charged).toEqual([directMessageExtra(BYTES, all, false)]);
  });
});

describe('the price of a message to a group', () => {
  it('is charged while the message is stored, up to the size at which it is dear (IM-BUDGET-1)', async () => {
    const members = Array.from({ length: MAX_CHEAP_MEMBERS - 1 }, (_, n) => `m${n}`);
    const conversationId = await groupOf(members);
    const { ports, charged, debited } = paying();
    await say(ports, 'alice', { conversationId });
    expect([charged, debited]).toEqual([[groupMessagePrice(MAX_CHEAP_MEMBERS, BYTES)], []]);
  });

  it('is debited from each repeat that is marked as one (IM-BUDGET-1)', async () => {
    const conversationId = await groupOf(['bob', 'carol']);
    await say(world, 'alice', { conversationId });
    const { ports, charged, debited } = paying();
    await say(ports, 'alice', { conversationId, resend: true });
    expect([charged, debited]).toEqual([[], [groupMessagePrice(3, BYTES)]]);
  });
});

describe('a message whose key a repeat in the next volume has claimed', () => {
  it('takes another seq up to three times, and is unavailable then (IM-SEND-2)', async () => {
    const twice = claimed(2);
    expect(await say({ ...world, messageWriter: twice.messageWriter }, 'alice', { to: 'bob' })).toMatchObject(
      {
        seq: 3,
      },
    );
    expect(twice.seqs).toEqual([1, 2, 3]);
    const always = claimed(9);
    const ports = { ...world, messageWriter: always.messageWriter };
    await expect(say(ports, 'alice', { to: 'bob', clientMsgId: 'c2' })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(always.seqs).toEqual([4, 5, 6]);
  });

  it('has taken its turn, and was paid, before: neither is done again (IM-BUDGET-1, IM-BUDGET-5)', async () => {
    const members = Array.from({ length: MAX_CHEAP_MEMBERS }, (_, n) => `m${n}`);
    const conversationId = await groupOf(members, { slowModeSeconds: 60 });
    const { ports, calls } = watched();
    const { ports: payer, debited } = paying();
    const { messageWriter } = claimed(1);
    await say({ ...ports, messageWriter, budget: payer.budget }, 'm0', { conversationId });
    expect(debited).toEqual([groupMessagePrice(MAX_CHEAP_MEMBERS + 1, BYTES)]);
    expect(calls).toEqual(['next', 'turn', 'next', 'next', 'next']);
  });
});

describe('a turn in slow mode', () => {
  const turnsOf = async (conversationId: string, clientMsgId: string, from = 'bob') => {
    const { ports, calls } = watched();
    await say(ports, from, { conversationId, clientMsgId });
    return calls.filter((call) => call !== 'head' && call !== 'earlier');
  };

  it('is taken first with its own interval, and noted with another one that the group has since (IM-BUDGET-5)', async () => {
    const conversationId = await groupOf(['bob'], { slowModeSeconds: 10 });
    expect(await turnsOf(conversationId, 'c1')).toEqual(['next', 'turn', 'next']);
    await updateGroup(world, 'alice', conversationId, { slowModeSeconds: 20 });
    world.advance(15_000);
    expect(await turnsOf(conversationId, 'c2')).toEqual(['turn', 'next', 'change']);
    world.advance(20_000);
    expect(await turnsOf(conversationId, 'c3')).toEqual(['turn', 'next']);
  });

  it('that an interval of old does not give yet is taken by the group’s own, and not noted again (IM-BUDGET-5)', async () => {
    const conversationId = await groupOf(['bob'], { slowModeSeconds: 60 });
    await turnsOf(conversationId, 'c1');
    await updateGroup(world, 'alice', conversationId, { slowModeSeconds: 10 });
    world.advance(15_000);
    expect(await turnsOf(conversationId, 'c2')).toEqual(['turn', 'next', 'turn', 'next']);
  });

  it('ends with slow mode, also before its interval is over (IM-BUDGET-5)', async () => {
    const conversationId = await groupOf(['bob'], { slowModeSeconds: 60 });
    await turnsOf(conversationId, 'c1');
    await updateGroup(world, 'alice', conversationId, { slowModeSeconds: 0 });
    expect(await turnsOf(conversationId, 'c2')).toEqual(['turn', 'next', 'change']);
    expect(await turnsOf(conversationId, 'c3')).toEqual(['next']);
  });

  it('of a message that was stored is no seq of its repeat: it is found first (IM-SEND-3)', async () => {
    const conversationId = await groupOf(['bob'], { slowModeSeconds: 60 });
    await turnsOf(conversationId, 'c1');
    expect(await turnsOf(conversationId, 'c1')).toEqual([]);
  });
});

describe('a send', () => {
  it('reads the head for a mention of all of a group only, and a message for a reply only', async () => {
    const conversationId = await groupOf(['bob']);
    const readsOf = async (more: object) => {
      const { ports, calls } = watched();
      await say(ports, 'alice', more);
      return calls.filter((call) => call !== 'next');
    };
    expect(await readsOf({ to: 'bob', mentions: 'all' })).toEqual([]);
    expect(await readsOf({ conversationId, clientMsgId: 'c2', mentions: ['bob'] })).toEqual([]);
    expect(await readsOf({ conversationId, clientMsgId: 'c3', mentions: 'all' })).toEqual(['head']);
    expect(await readsOf({ to: 'bob', clientMsgId: 'c4', replyTo: 1 })).toEqual(['page']);
  });

  it('that is a repeat to a user reads the head once, for the original', async () => {
    await say(world, 'alice', { to: 'bob' });
    const { ports, calls } = watched();
    await say(ports, 'alice', { to: 'bob', resend: true });
    expect(calls).toEqual(['head', 'earlier']);
  });

  it('that was stored gets its ack though the sender has left the group (IM-SEND-2)', async () => {
    const conversationId = await groupOf(['bob']);
    const first = await say(world, 'bob', { conversationId });
    await removeMember(world, 'alice', conversationId, 'bob');
    expect(await say(world, 'bob', { conversationId })).toEqual({ ...first, duplicate: true });
  });
});

describe('the ack of a message that the hook has rewritten', () => {
  const hook: Hook = {
    onFailure: 'reject',
    ask: async () => ({ verdict: 'rewrite', content: { type: 'text', text: 'h*' } }),
  };

  it('has what is stored until it is edited: that is in the feed of changes (IM-HOOK-3)', async () => {
    const ports = { ...world, hook };
    expect(await send(ports, 'alice', aRequest())).toMatchObject({ content: { type: 'text', text: 'h*' } });
    await edit(
      world,
      { userId: 'alice' },
      {
        to: 'bob',
        seq: 1,
        editId: 'e1',
        content: { type: 'text', text: 'new' },
      },
    );
    const again = await send(ports, 'alice', aRequest({ resend: true }));
    expect(again).toMatchObject({ seq: 1, duplicate: true });
    expect(again).not.toHaveProperty('content');
  });
});
