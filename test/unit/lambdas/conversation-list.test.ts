import { beforeEach, describe, expect, it } from 'vitest';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { removeMember } from '../../../lambdas/domain/groups/members.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { readHistory } from '../../../lambdas/domain/messages/history.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import type { Chat } from '../../../lambdas/domain/model/chat.ts';
import type { CallerRoles } from '../../../lambdas/domain/model/roles.ts';
import { aRequest, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

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

  it('leaves out what has not changed for 15 s more than the client asks for (IM-HELLO-3)', async () => {
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
    await direct('bob', 'c1');
    await direct('bob', 'c2');
    const head = async () => ({ seq: 1, atMs: 0 });
    const ports = { ...world, conversations: { ...world.conversations, head } };
    const history = await readHistory(ports, 'bob', 'dm:alice:bob', { limit: 50 });
    expect(history.messages.map(({ seq }) => seq)).toEqual([1, 2]);
    expect([history.head, history.hasMore]).toEqual([2, false]);
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
});
