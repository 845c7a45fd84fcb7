import { beforeEach, describe, expect, it, vi } from 'vitest';
import { closeChat, openChat } from '../../../lambdas/domain/desk/customer.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { readChanges } from '../../../lambdas/domain/messages/changes.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { readHistory } from '../../../lambdas/domain/messages/history.ts';
import { react } from '../../../lambdas/domain/messages/react.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { listOf } from '../../../lambdas/domain/model/reaction.ts';
import type { Message } from '../../../protocol/frames.ts';
import { isReactionName } from '../../../protocol/ids.ts';
import {
  aSession,
  by,
  changedPushes,
  createWorldOf,
  NOON,
  sayIn,
  type World,
} from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
const HOUR_MS = 3_600_000;
const refused = (code: string) => expect.objectContaining({ code });

let world: World;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob', 'carol');
  await world.routes.connect(aSession({ userId: 'alice', deviceId: 'tablet' }));
});

const say = (words: string, target?: Parameters<typeof sayIn>[2], from?: string) =>
  sayIn(world, words, target, from);
const to = (
  userId: string,
  name: string,
  {
    on = true,
    conversationId = DM,
    seq = 1,
    ports = world,
  }: Partial<{ on: boolean; conversationId: string; seq: number; ports: World }> = {},
) => react(ports, by(userId), { conversationId, seq, name, on });
const pushed = () => changedPushes(world);
const history = async (userId: string, conversationId = DM): Promise<readonly Message[]> =>
  (await readHistory(world, userId, conversationId, { limit: 10 })).messages;

describe('a reaction', () => {
  beforeEach(async () => {
    await say('one');
    world.connections.posts.length = 0;
  });

  it('is answered with users and mine, and pushed without them, but with the user and the reaction (IM-REACT, IM-CHANGE-1)', async () => {
    const message = await to('alice', '👍');
    expect(message).toMatchObject({
      rev: 1,
      reactions: [{ name: '👍', count: 1, users: ['alice'], mine: true }],
    });
    expect(
      pushed()
        .map(({ connectionId }) => connectionId)
        .sort(),
    ).toEqual(['alice-tablet', 'bob-phone']);
    expect(pushed()[0]?.frame).toEqual({
      type: 'changed',
      conversationId: DM,
      change: { kind: 'reacted', by: 'alice', name: '👍', on: true },
      message: { ...message, reactions: [{ name: '👍', count: 1 }] },
    });
    expect((await history('bob'))[0]?.reactions).toEqual([{ name: '👍', count: 1, users: ['alice'] }]);
    const { messages } = await world.messages.page(DM, { head: 99, limit: 1 });
    expect(messages[0]?.change).toEqual(pushed()[0]?.frame.change);
  });

  it('can be removed, and then does not show (IM-REACT)', async () => {
    await to('alice', '👍');
    const message = await to('alice', '👍', { on: false });
    expect(message).toMatchObject({ rev: 2 });
    expect(message).not.toHaveProperty('reactions');
    expect(pushed().at(-1)?.frame.change).toEqual({ kind: 'reacted', by: 'alice', name: '👍', on: false });
  });

  it('that is already in effect succeeds, without a new rev or push (IM-CHANGE-5)', async () => {
    await to('alice', '👍');
    const posts = pushed().length;
    const shown = vi.spyOn(world.messageWriter, 'showReactions');
    expect(await to('alice', '👍')).toMatchObject({ rev: 1, reactions: [{ mine: true }] });
    expect(await to('bob', '👍', { on: false })).toMatchObject({ rev: 1 });
    expect(shown).not.toHaveBeenCalled();
    expect(pushed()).toHaveLength(posts);
  });

  it('whose function died, and that another summary shows before its repeat does, gets no rev of its own (IM-CHANGE-5)', async () => {
    const dead = { ...world.messages, showReactions: () => Promise.reject(new Error('died')) };
    await expect(to('alice', '👍', { ports: { ...world, messageWriter: dead } })).rejects.toThrow('died');
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async showReactions(...request) {
        await to('bob', '👍');
        return world.messages.showReactions(...request);
      },
    };
    const message = await to('alice', '👍', { ports: { ...world, messageWriter } });
    expect(message).toMatchObject({ rev: 1, reactions: [{ count: 2, mine: true }] });
    expect(new Set(pushed().map(({ frame }) => frame.change.by))).toEqual(new Set(['bob']));
  });

  it('whose function died is shown and pushed by its repeat (IM-REACT)', async () => {
    const dead: World['messageWriter'] = {
      ...world.messages,
      showReactions: () => Promise.reject(new Error('died')),
    };
    await expect(to('alice', '👍', { ports: { ...world, messageWriter: dead } })).rejects.toThrow('died');
    expect((await history('bob'))[0]).not.toHaveProperty('reactions');
    expect(await to('alice', '👍')).toMatchObject({ rev: 1, reactions: [{ count: 1, mine: true }] });
    expect(pushed()).toHaveLength(2);
  });

  it('whose function died shows with the next reaction of another user, too (IM-REACT)', async () => {
    const dead = { ...world.messages, showReactions: () => Promise.reject(new Error('died')) };
    await expect(to('alice', '👍', { ports: { ...world, messageWriter: dead } })).rejects.toThrow('died');
    expect(await to('bob', '👍')).toMatchObject({ reactions: [{ count: 2 }] });
  });

  it('that a later summary already shows is still pushed, with a rev of its own (IM-CHANGE-5)', async () => {
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async showReactions(...request) {
        await to('bob', '👍');
        return world.messages.showReactions(...request);
      },
    };
    const message = await to('alice', '👍', { ports: { ...world, messageWriter } });
    expect(message).toMatchObject({ rev: 2, reactions: [{ count: 2, mine: true }] });
    const changes = pushed().map(({ frame, connectionId }) => [
      connectionId,
      frame.change.by,
      frame.message.rev,
    ]);
    expect(changes).toContainEqual(['alice-tablet', 'alice', 2]);
    const { messages } = await world.messages.page(DM, { head: 99, limit: 1 });
    expect(messages[0]?.change).toEqual({ kind: 'reacted', by: 'alice', name: '👍', on: true });
  });

  it('to a recalled message is refused, whichever of the two comes first (IM-REACT)', async () => {
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async showReactions(...request) {
        await recall(world, by('alice'), { conversationId: DM, seq: 1 });
        return world.messages.showReactions(...request);
      },
    };
    const racing = to('bob', '👍', { ports: { ...world, messageWriter } });
    await expect(racing).rejects.toEqual(refused('forbidden'));
    await expect(to('bob', '👍')).rejects.toEqual(refused('forbidden'));
    const [message] = await history('bob');
    expect(message).toMatchObject({ content: { type: 'recalled' }, rev: 1 });
    expect(message).not.toHaveProperty('reactions');
    const { messages } = await world.messages.page(DM, { head: 99, limit: 1 });
    expect((await world.reactions.ofUser('bob', messages)).get(message?.messageId ?? '')?.size).toBe(0);
  });

  it('is removed with a recall, together with its users (IM-FAULT-15)', async () => {
    await to('bob', '👍');
    expect(await recall(world, by('alice'), { conversationId: DM, seq: 1 })).not.toHaveProperty('reactions');
    const { messages } = await world.messages.page(DM, { head: 99, limit: 1 });
    expect([...(await world.reactions.ofUser('bob', messages)).values()]).toEqual([new Set()]);
  });

  it('stays when the message is edited, and is in the reply of the edit (IM-EDIT)', async () => {
    await to('alice', '👍');
    const content = { type: 'text' as const, text: 'two' };
    const edited = await edit(world, by('alice'), { conversationId: DM, seq: 1, editId: 'e', content });
    expect(edited).toMatchObject({ rev: 2, reactions: [{ name: '👍', users: ['alice'], mine: true }] });
  });

  it('has a limit: twenty names a message, five a user (IM-REACT)', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await to('alice', name);
    await expect(to('alice', 'f')).rejects.toEqual(refused('limit_reached'));
    expect(await to('bob', 'a')).toMatchObject({ reactions: [{ count: 2 }, {}, {}, {}, {}] });
  });

  it('is in the feed of changes, and brings its conversation into the list (IM-CHANGE-2, IM-CHANGE-3)', async () => {
    world.advance(HOUR_MS / 2);
    await to('bob', '👍');
    const feed = await readChanges(world, 'alice', DM, { sinceMs: world.clock() });
    expect(feed.messages).toMatchObject([{ seq: 1, reactions: [{ name: '👍', count: 1, users: ['bob'] }] }]);
    const list = await readConversations(world, 'alice', { limit: 10, changedSinceMs: world.clock() });
    expect(list.conversations[0]?.lastMessage?.reactions).toEqual([{ name: '👍', count: 1 }]);
  });

  it('is refused in a closed support chat, and of a message that is not there (IM-REACT)', async () => {
    const { conversationId } = await openChat(world, by('bob').caller, {});
    const { seq } = await say('help', { conversationId }, 'bob');
    await to('bob', '👍', { conversationId, seq });
    await closeChat(world, by('bob').caller, { conversationId });
    await expect(to('bob', '🎉', { conversationId, seq })).rejects.toEqual(refused('forbidden'));
    await expect(to('bob', '👍', { seq: 99 })).rejects.toEqual(refused('not_found'));
    await expect(to('carol', '👍')).rejects.toEqual(refused('not_found'));
  });
});

describe('in a group, a reaction', () => {
  const groupOf = async (members: readonly string[]) => {
    const { conversationId } = await createGroup(world, 'alice', { name: 'G', members, openHistory: false });
    await say('one', { conversationId });
    world.connections.posts.length = 0;
    world.fanOutQueue.jobs.length = 0;
    return conversationId;
  };

  it('is hidden from removed members and from members who joined later (IM-INV-5)', async () => {
    const conversationId = await groupOf(['bob']);
    await addMembers(world, 'alice', conversationId, ['carol']);
    await removeMember(world, 'alice', conversationId, 'bob');
    world.connections.posts.length = 0;
    for (const userId of ['bob', 'carol'])
      await expect(to(userId, '👍', { conversationId, seq: 2 })).rejects.toEqual(refused('not_found'));
    const hidden = to('carol', '👍', { conversationId, seq: 2 });
    const missing = to('carol', '👍', { conversationId, seq: 99 });
    await expect(hidden).rejects.toThrow('There is no such message.');
    await expect(missing).rejects.toThrow('There is no such message.');
    await to('alice', '👍', { conversationId, seq: 2 });
    expect(pushed().map(({ connectionId }) => connectionId)).toEqual(['alice-tablet']);
  });

  it('of more than five users is mine exactly for its users, with one read for the whole page (IM-REACT)', async () => {
    const users = ['bob', 'carol', 'dave', 'erin', 'frank', 'gina'];
    const conversationId = await groupOf(users);
    for (const userId of users)
      await react(world, { userId }, { conversationId, seq: 2, name: '👍', on: true });
    const mine = async (userId: string) =>
      (await history(userId, conversationId))[1]?.reactions?.[0]?.mine === true;
    expect(await Promise.all(['alice', 'bob', 'gina'].map(mine))).toEqual([false, true, true]);
    // The summary of this one names all its users, and she is none of them.
    await say('two', { conversationId });
    await to('bob', '👍', { conversationId, seq: 3 });
    const read = vi.spyOn(world.reactions, 'ofUser');
    await history('bob', conversationId);
    expect(read).not.toHaveBeenCalled();
    expect((await history('gina', conversationId)).map(({ reactions }) => reactions?.[0]?.mine)).toEqual([
      undefined,
      true,
      undefined,
    ]);
    expect(read.mock.calls).toEqual([['gina', [expect.objectContaining({ seq: 2 })]]]);
  });

  it('is pushed to up to 100 members, and found in the feed by more (IM-CHANGE-1)', async () => {
    const many = Array.from({ length: 99 }, (_, n) => `m${n}`);
    const conversationId = await groupOf(many);
    const react = vi.spyOn(world.reactionWriter, 'react');
    await to('alice', '👍', { conversationId, seq: 2 });
    expect(world.fanOutQueue.jobs).toHaveLength(1);
    await addMembers(world, 'alice', conversationId, ['bob']);
    world.fanOutQueue.jobs.length = 0;
    expect(await to('alice', '🎉', { conversationId, seq: 2 })).toMatchObject({ rev: 2 });
    expect(world.fanOutQueue.jobs).toHaveLength(0);
    expect(react.mock.calls.map(([, { isLarge }]) => isLarge)).toEqual([false, true]);
    expect((await readChanges(world, 'm1', conversationId, { sinceMs: NOON })).messages).toMatchObject([
      { rev: 2 },
    ]);
  });
});

describe('the summary of reactions', () => {
  const byUser = (users: Record<string, readonly string[]>) =>
    new Map(Object.entries(users).map(([user, names]) => [user, new Set(names)]));

  it('has the names in order of first use, then those that were used again while they were being removed (IM-REACT)', () => {
    const truth = byUser({ bob: ['y', 'b'], alice: ['a', 'b', 'x'] });
    expect(listOf(['y', 'gone', 'x'], truth, undefined)).toEqual([
      { name: 'y', count: 1, users: ['bob'] },
      { name: 'x', count: 1, users: ['alice'] },
      { name: 'a', count: 1, users: ['alice'] },
      { name: 'b', count: 2, users: ['alice', 'bob'] },
    ]);
  });

  it('names five users: first those whom it named before and who still react, then by their ids (IM-REACT)', () => {
    const truth = byUser({
      gina: ['a', 'b'],
      frank: ['a'],
      erin: ['a'],
      dave: ['b', 'a'],
      carol: ['b', 'a'],
      bob: ['b'],
    });
    const listed = (name: string, ...users: string[]) => ({ name, count: users.length, users });
    const before = {
      version: 1,
      shards: 1,
      list: [listed('b', 'dave', 'erin'), listed('a', 'zoe', 'gina', 'bob', 'erin')],
    };
    expect(listOf(['a', 'b'], truth, before)).toEqual([
      { name: 'a', count: 5, users: ['gina', 'erin', 'carol', 'dave', 'frank'] },
      { name: 'b', count: 4, users: ['dave', 'bob', 'carol', 'gina'] },
    ]);
    const more = new Map([...truth, ['alice', new Set(['a'])]]);
    expect(listOf(['a'], more, before)[0]).toEqual({
      name: 'a',
      count: 6,
      users: ['gina', 'erin', 'alice', 'carol', 'dave'],
    });
  });
});

describe("a reaction's name", () => {
  it.each(['👍', '+1', '👨‍👩‍👧‍👦', 'é', 'x'.repeat(32), '__proto__', '/'])('may be %s (IM-REACT)', (name) => {
    expect(isReactionName(name)).toBe(true);
  });

  it.each([
    '',
    ' ',
    'a b',
    'a\u00a0b',
    'a\n',
    '\u0000',
    '\u0085',
    'e\u0301',
    '\ud83d',
    'x'.repeat(33),
    '👍'.repeat(9),
    '\u202e',
    'a\u2066',
  ])('is not %j (IM-REACT)', (name) => {
    expect(isReactionName(name)).toBe(false);
  });
});
