import { beforeEach, describe, expect, it } from 'vitest';
import { openChat } from '../../../lambdas/domain/desk/customer.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { readHistory } from '../../../lambdas/domain/messages/history.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import type { Chat } from '../../../lambdas/domain/model/chat.ts';
import type { CallerRoles } from '../../../lambdas/domain/model/roles.ts';
import { aRequest, aSession, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});

const direct = (to: string, clientMsgId = 'c1') => send(world, 'alice', aRequest({ to, clientMsgId }));
const say = (conversationId: string, text: string) =>
  send(world, 'alice', { clientMsgId: text, conversationId, content: { type: 'text', text } });
const list = (userId: string, range: { limit?: number; cursor?: string; changedSinceMs?: number } = {}) =>
  readConversations(world, userId, { limit: 50, ...range });
const idsOf = ({ conversations }: Awaited<ReturnType<typeof list>>) =>
  conversations.map(({ conversationId }) => conversationId);

async function group(members: readonly string[]): Promise<string> {
  const request = { name: 'Rowers', members, openHistory: false };
  return (await createGroup(world, 'alice', request)).conversationId;
}
/** The world without its history: as after the messages have expired. */
const withoutMessages = (): World => {
  const { messages } = createWorld();
  return { ...world, messages, messageWriter: messages };
};

describe('the conversation list', () => {
  it('has a cursor exactly when there are more, and goes on after it', async () => {
    for (const user of ['bob', 'carol', 'dan']) await direct(user);
    const first = await list('alice', { limit: 2 });
    expect(idsOf(first)).toEqual(['dm:alice:bob', 'dm:alice:carol']);
    const second = await list('alice', { limit: 2, cursor: first.cursor ?? '' });
    expect([idsOf(second), second.cursor]).toEqual([['dm:alice:dan'], null]);
    expect((await list('alice', { limit: 3 })).cursor).toBeNull();
  });

  it('makes no other call for a user without conversations', async () => {
    const heads = () => Promise.reject(new Error('called'));
    const ports = { ...world, conversations: { ...world.conversations, heads } };
    expect(await readConversations(ports, 'alice', { limit: 50 })).toEqual({
      conversations: [],
      cursor: null,
    });
  });

  it('shows a group with its name, kind, and last message, and no peer', async () => {
    const id = await group(['bob']);
    await say(id, 'hi');
    const [conversation] = (await list('bob')).conversations;
    expect(conversation).toMatchObject({ kind: 'group', name: 'Rowers', lastMessage: { clientMsgId: 'hi' } });
    expect(conversation).not.toHaveProperty('peer');
    expect((await list('bob')).conversations).toHaveLength(1);
  });

  it('finds the last messages of a page by one read of their keys', async () => {
    for (const user of ['bob', 'carol']) await direct(user, `to-${user}`);
    const page = () => Promise.reject(new Error('called'));
    const ports = { ...world, messages: { ...world.messages, page } };
    const { conversations } = await readConversations(ports, 'alice', { limit: 50 });
    expect(conversations.map(({ lastMessage }) => lastMessage?.clientMsgId)).toEqual(['to-bob', 'to-carol']);
  });

  it('leaves out conversations unchanged since 15 s before the requested time (IM-HELLO-3)', async () => {
    await direct('bob');
    expect(idsOf(await list('alice', { changedSinceMs: NOON + 15_000 }))).toEqual(['dm:alice:bob']);
    expect(idsOf(await list('alice', { changedSinceMs: NOON + 15_001 }))).toEqual([]);
  });

  it('leaves out a group that the user left, or left and joined again, during the read (IM-INV-5)', async () => {
    const [left, stays] = [await group(['bob']), await group(['bob'])];
    const removeDuringRead = async (ids: readonly string[]) => {
      await removeMember(world, 'alice', left, 'bob');
      return world.conversations.heads(ids);
    };
    const conversations = { ...world.conversations, heads: removeDuringRead };
    const found = await readConversations({ ...world, conversations }, 'bob', { limit: 50 });
    expect(idsOf(found)).toEqual([stays]);
    const membershipsIn = async (userId: string, ids: readonly string[]) =>
      (await world.conversations.membershipsIn(userId, ids)).map((row) => ({ ...row, visibleFrom: 9 }));
    const rejoined = { ...world.conversations, membershipsIn };
    expect(
      idsOf(await readConversations({ ...world, conversations: rejoined }, 'bob', { limit: 50 })),
    ).toEqual([]);
  });

  it('shows a group whose messages have expired, without a last message or unread ones', async () => {
    const id = await group(['bob']);
    await direct('bob');
    const { conversations } = await readConversations(withoutMessages(), 'bob', { limit: 50 });
    expect(conversations).toEqual([
      {
        conversationId: id,
        kind: 'group',
        name: 'Rowers',
        head: 1,
        lastMessage: null,
        readSeq: 0,
        unread: 0,
      },
    ]);
  });

  it('shows a support chat with its topic as the name, and no peer', async () => {
    await world.routes.connect(aSession());
    const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'bob-phone' };
    const { conversationId } = await openChat(world, caller, { topic: 'sails' });
    const { conversations } = await list('bob');
    expect(conversations).toMatchObject([{ conversationId, kind: 'support', name: 'sails' }]);
    expect(conversations[0]).not.toHaveProperty('peer');
  });

  it('counts nothing in a conversation that was read to its end (IM-INV-6)', async () => {
    for (const clientMsgId of ['c1', 'c2']) await direct('bob', clientMsgId);
    const id = await group(['bob']);
    await say(id, 'hi');
    for (const one of ['dm:alice:bob', id]) await world.conversations.advanceRead('bob', one, 2);
    const read = { readSeq: 2, unread: 0 };
    expect((await list('bob')).conversations).toMatchObject([read, read]);
  });

  describe('asked for changes since a time (IM-CHANGE-3)', () => {
    const since = (changedSinceMs: number, more: { limit?: number; cursor?: string } = {}) =>
      list('bob', { changedSinceMs, ...more });

    it('lists what the user left or was removed from since, from 35 s before the requested time', async () => {
      const [left, removed, stays] = [await group(['bob']), await group(['bob']), await group(['bob'])];
      await removeMember(world, 'bob', left, 'bob');
      world.advance(1);
      await removeMember(world, 'alice', removed, 'bob');
      const found = await since(NOON);
      expect([idsOf(found), found.removed]).toEqual([[stays], [left, removed]]);
      expect((await since(NOON + 35_001)).removed).toEqual([removed]);
      expect(await since(NOON + 35_002)).toEqual({ conversations: [], cursor: null, removed: [] });
      expect(await list('bob')).not.toHaveProperty('removed');
    });

    it('lists it on the first page only', async () => {
      const [left] = [await group(['bob']), await group(['bob']), await group(['bob'])];
      await removeMember(world, 'alice', left, 'bob');
      const first = await since(NOON, { limit: 1 });
      expect(first).toMatchObject({ removed: [left], conversations: [{}] });
      const second = await since(NOON, { limit: 1, cursor: first.cursor ?? '' });
      expect(second.conversations).toHaveLength(1);
      expect(second).not.toHaveProperty('removed');
    });

    it('leaves out a group that the user has rejoined, whatever the clocks of the servers', async () => {
      const id = await group(['bob']);
      await removeMember(world, 'alice', id, 'bob');
      await addMembers(world, 'alice', id, ['bob']);
      const found = await since(NOON + 30_000);
      expect(found).toEqual({ conversations: [], cursor: null, removed: [] });
      await removeMember(world, 'alice', id, 'bob');
      expect((await since(NOON + 30_000)).removed).toEqual([id]);
    });

    it('neither lists nor names a group that the user leaves during the read: the next read names it', async () => {
      const id = await group(['bob']);
      const heads: World['conversations']['heads'] = async (ids) => {
        await removeMember(world, 'alice', id, 'bob');
        return world.conversations.heads(ids);
      };
      const ports = { ...world, conversations: { ...world.conversations, heads } };
      const during = await readConversations(ports, 'bob', { limit: 50, changedSinceMs: NOON });
      expect(during).toEqual({ conversations: [], cursor: null, removed: [] });
      expect((await since(NOON)).removed).toEqual([id]);
    });

    it('is complete on every page, with reset on the first, if the requested time is more than 30 days ago', async () => {
      const ids = [await group(['bob']), await group(['bob'])].sort();
      world.advance(30 * 86_400_000);
      expect(await since(NOON)).not.toHaveProperty('reset');
      const first = await since(NOON - 1, { limit: 1 });
      expect(first).toMatchObject({ conversations: [{ conversationId: ids[0] }], reset: true });
      const second = await since(NOON - 1, { limit: 1, cursor: first.cursor ?? '' });
      expect(idsOf(second)).toEqual(ids.slice(1));
      expect(second).not.toHaveProperty('reset');
      expect(await list('bob')).not.toHaveProperty('reset');
    });

    it('is whole on every page when the user left more than 100 conversations since', async () => {
      const ids = [await group(['bob']), await group(['bob'])].sort();
      const lost = Array.from({ length: 101 }, () => group(['bob']));
      for (const id of await Promise.all(lost)) await world.conversations.markAsLeaving(id, 'bob');
      const late = NOON + 30_000;
      const first = await since(late, { limit: 1 });
      expect(first).toMatchObject({ conversations: [{ conversationId: ids[0] }], reset: true });
      expect(first).not.toHaveProperty('removed');
      const second = await since(late, { limit: 1, cursor: first.cursor ?? '' });
      expect([idsOf(second), second.cursor]).toEqual([ids.slice(1), null]);
    });
  });

  it('starts at the first conversation, and gives all its counts 2,000 units to share', async () => {
    const id = await group(['bob']);
    for (const text of ['one', 'two']) {
      await direct('bob', text);
      await say(id, text);
    }
    const pages: unknown[] = [];
    const memberships: World['conversations']['memberships'] = (userId, page) => {
      pages.push(page);
      return world.conversations.memberships(userId, page);
    };
    const budgets: unknown[] = [];
    const countOthers: World['messages']['countOthers'] = async (_, __, { budget }) => {
      budgets.push({ ...budget });
      budget.units -= 7;
      return { count: 2, mentioned: 0, isAtLeast: false };
    };
    const ports = {
      ...world,
      conversations: { ...world.conversations, memberships },
      messages: { ...world.messages, countOthers },
    };
    await readConversations(ports, 'bob', { limit: 50 });
    expect(pages).toStrictEqual([{ limit: 51 }]);
    expect(budgets).toEqual([{ units: 2_000 }, { units: 1_993 }]);
  });

  it('names the cursor in its error if it is malformed (IM-REFUSE-5)', async () => {
    await expect(list('alice', { cursor: 'x' })).rejects.toMatchObject({ issues: [{ path: 'cursor' }] });
  });

  it("counts unread messages in conversations from before the users' last seqs were stored (IM-INV-6)", async () => {
    for (const clientMsgId of ['c1', 'c2']) await direct('bob', clientMsgId);
    const heads: World['conversations']['heads'] = async (ids) =>
      new Map(
        [...(await world.conversations.heads(ids))].map(([id, { lastSeqs: _, ...head }]) => [id, head]),
      );
    const ports = { ...world, conversations: { ...world.conversations, heads } };
    expect((await readConversations(ports, 'bob', { limit: 50 })).conversations).toMatchObject([
      { unread: 2 },
    ]);
    expect((await readConversations(ports, 'alice', { limit: 50 })).conversations).toMatchObject([
      { unread: 0 },
    ]);
  });

  it('shows no last message from before the user joined (IM-INV-5)', async () => {
    const id = await group(['bob']);
    for (const text of ['one', 'two']) await say(id, text);
    await world.conversations.nextSeq(id, 'alice', 'lost');
    const joinedLater = async () => [{ conversationId: id, readSeq: 0, visibleFrom: 4 }];
    const memberships = async () => ({ memberships: await joinedLater() });
    const ranges: unknown[] = [];
    const page: World['messages']['page'] = (of, range) => {
      ranges.push(range);
      return world.messages.page(of, range);
    };
    const ports = {
      ...world,
      conversations: { ...world.conversations, memberships, membershipsIn: joinedLater },
      messages: { ...world.messages, page },
    };
    const { conversations } = await readConversations(ports, 'bob', { limit: 50 });
    expect(conversations).toMatchObject([{ head: 4, lastMessage: null, unread: 0 }]);
    expect(ranges).toEqual([{ from: 4, before: 5, limit: 1, head: 4 }]);
  });

  it('reads positions of peers and last messages only where there are some, and checks only groups again', async () => {
    const id = await group(['bob']);
    const asked: unknown[] = [];
    const spy = {
      ...world,
      conversations: {
        ...world.conversations,
        readSeqs: (keys: Parameters<World['conversations']['readSeqs']>[0]) => {
          asked.push(keys);
          return world.conversations.readSeqs(keys);
        },
        membershipsIn: (userId: string, ids: readonly string[]) => {
          asked.push(ids);
          return world.conversations.membershipsIn(userId, ids);
        },
      },
      messages: {
        ...world.messages,
        getMany: (keys: Parameters<World['messages']['getMany']>[0]) => {
          asked.push(keys.map(({ conversationId }) => conversationId));
          return world.messages.getMany(keys);
        },
      },
    };
    await world.conversationWriter.createDirect('dm:bob:carol', ['bob', 'carol']);
    await direct('bob');
    expect(idsOf(await readConversations(spy, 'bob', { limit: 50 }))).toEqual(['dm:alice:bob', id]);
    expect(asked).toEqual([
      ['dm:alice:bob', id],
      [
        { userId: 'alice', conversationId: 'dm:alice:bob' },
        { userId: 'carol', conversationId: 'dm:bob:carol' },
      ],
      [id],
    ]);
    asked.length = 0;
    expect(idsOf(await readConversations(spy, 'carol', { limit: 50 }))).toEqual([]);
    expect(asked).toEqual([[{ userId: 'bob', conversationId: 'dm:bob:carol' }], []]);
  });
});

describe('the history of a conversation', () => {
  it('is not found when the user is removed during the read (IM-INV-5)', async () => {
    const id = await group(['bob']);
    await say(id, 'one');
    const page: World['messages']['page'] = async (...args) => {
      await removeMember(world, 'alice', id, 'bob');
      return world.messages.page(...args);
    };
    const ports = { ...world, messages: { ...world.messages, page } };
    const range = { limit: 50 };
    await expect(readHistory(ports, 'bob', id, range)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('ascends, and its head is never below its last message', async () => {
    for (const clientMsgId of ['c1', 'c2', 'c3']) await direct('bob', clientMsgId);
    const history = await readHistory(world, 'bob', 'dm:alice:bob', { limit: 50 });
    expect(history.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect([history.head, history.hasMore]).toEqual([3, false]);
  });

  it('is not found for a supervisor of a support chat that does not exist (IM-ROLE)', async () => {
    const id = 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const roles = { roles: ['supervisor'] } as const;
    await expect(readHistory(world, 'eve', id, { limit: 50 }, roles)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('hides messages from before a joining that happened during the read (IM-INV-5)', async () => {
    const id = await group(['bob']);
    for (const text of ['one', 'two']) await say(id, text);
    let joinedSeq = 1;
    const membership: World['conversations']['membership'] = async () => {
      const row = { conversationId: id, readSeq: 0, visibleFrom: joinedSeq };
      joinedSeq = 3;
      return row;
    };
    const ports = { ...world, conversations: { ...world.conversations, membership } };
    const { messages } = await readHistory(ports, 'bob', id, { limit: 50 });
    expect(messages.map(({ seq }) => seq)).toEqual([3]);
  });

  it('shows a support chat to supervisors and its members, and a group to members only (IM-ROLE)', async () => {
    const [chat, rowers] = ['cs:01ARZ3NDEKTSV4RRFFQ69G5FAV', await group(['bob'])];
    const conversations = {
      ...world.conversations,
      head: async () => ({ seq: 4, atMs: 0, chat: {} as Chat }),
      membership: async (userId: string, conversationId: string) =>
        userId === 'maria' ? { conversationId, readSeq: 0, visibleFrom: 1 } : undefined,
    };
    const read = (userId: string, id: string, roles: CallerRoles['roles']) =>
      readHistory({ ...world, conversations }, userId, id, { limit: 50 }, { roles });
    expect(await read('eve', chat, ['supervisor'])).toMatchObject({ head: 4 });
    expect(await read('maria', chat, [])).toMatchObject({ head: 4 });
    const missing = { code: 'not_found' };
    await expect(read('eve', chat, ['agent'])).rejects.toMatchObject(missing);
    await expect(read('eve', rowers, ['supervisor'])).rejects.toMatchObject(missing);
  });

  it('of a group is not found when a supervisor is removed from it during the read (IM-INV-5)', async () => {
    const id = await group(['bob']);
    const page: World['messages']['page'] = async (...args) => {
      await removeMember(world, 'alice', id, 'bob');
      return world.messages.page(...args);
    };
    const ports = { ...world, messages: { ...world.messages, page } };
    const read = readHistory(ports, 'bob', id, { limit: 50 }, { roles: ['supervisor'] });
    await expect(read).rejects.toMatchObject({ code: 'not_found' });
  });

  it('of a support chat is not found when an agent loses it during the read (IM-INV-5)', async () => {
    const id = 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const rows = [{ conversationId: id, readSeq: 0, visibleFrom: 1 }];
    const membership = async () => rows.pop();
    const ports = { ...world, conversations: { ...world.conversations, membership } };
    await expect(readHistory(ports, 'maria', id, { limit: 50 })).rejects.toMatchObject({ code: 'not_found' });
    expect(rows).toEqual([]);
  });

  it('of a direct conversation is shown without a read of the membership, to supervisors too (IM-ROLE)', async () => {
    await direct('bob');
    const membership = () => Promise.reject(new Error('called'));
    const ports = { ...world, conversations: { ...world.conversations, membership } };
    for (const roles of [[], ['supervisor']] as const) {
      const { messages } = await readHistory(ports, 'bob', 'dm:alice:bob', { limit: 50 }, { roles });
      expect(messages).toHaveLength(1);
    }
  });

  it('of a support chat is not checked again for a supervisor, who cannot lose access', async () => {
    let heads = 0;
    const head = async () => {
      heads += 1;
      return { seq: 0, atMs: 0, chat: {} as Chat };
    };
    const ports = { ...world, conversations: { ...world.conversations, head } };
    const id = 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    await readHistory(ports, 'eve', id, { limit: 50 }, { roles: ['supervisor'] });
    expect(heads).toBe(2);
  });
});
