import { describe, expect, it } from 'vitest';
import { openChat } from '../../../lambdas/domain/desk/customer.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { readHistory } from '../../../lambdas/domain/messages/history.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { aRequest, aSession, createWorld, type World } from '../../adapters/memory/world.ts';

const say = (world: World, from: string, to: string, clientMsgId: string) =>
  send(world, from, aRequest({ to, clientMsgId, content: { type: 'text', text: clientMsgId } }));

async function conversationsOf(world: World, userId: string) {
  return (await readConversations(world, userId, { limit: 50 })).conversations;
}

describe('the conversation list', () => {
  it('shows head, last message, and unread count to both users', async () => {
    const world = createWorld();
    await say(world, 'alice', 'bob', 'c1');
    await say(world, 'bob', 'alice', 'c2');
    await say(world, 'alice', 'bob', 'c3');
    await world.conversations.advanceRead('bob', 'dm:alice:bob', 1);
    const common = { conversationId: 'dm:alice:bob', kind: 'direct', head: 3 };
    const lastMessage = expect.objectContaining({ seq: 3, clientMsgId: 'c3' });
    expect(await conversationsOf(world, 'bob')).toEqual([
      { ...common, peer: 'alice', peerReadSeq: 0, lastMessage, readSeq: 1, unread: 1 },
    ]);
    expect(await conversationsOf(world, 'alice')).toEqual([
      { ...common, peer: 'bob', peerReadSeq: 1, lastMessage, readSeq: 0, unread: 1 },
    ]);
  });

  it('finds the last message when a repeat took the highest seq', async () => {
    const world = createWorld();
    await say(world, 'alice', 'bob', 'c1');
    await say(world, 'alice', 'bob', 'c2');
    await say(world, 'alice', 'bob', 'c1');
    const [conversation] = await conversationsOf(world, 'bob');
    expect(conversation).toMatchObject({ head: 3, lastMessage: { seq: 2, clientMsgId: 'c2' }, unread: 2 });
  });

  it('leaves out conversations whose first message was never stored, and never counts holes', async () => {
    const world = createWorld();
    await world.conversations.createDirect('dm:alice:bob', ['alice', 'bob']);
    await world.conversations.nextSeq('dm:alice:bob', 'alice', 'lost');
    expect(await conversationsOf(world, 'bob')).toEqual([]);
    await say(world, 'alice', 'bob', 'c1');
    expect(await conversationsOf(world, 'bob')).toMatchObject([{ head: 2, unread: 1 }]);
  });

  it('caps unread at 100', async () => {
    const world = createWorld();
    for (let n = 0; n < 101; n += 1) await say(world, 'alice', 'bob', `c${n}`);
    expect(await conversationsOf(world, 'bob')).toMatchObject([{ unread: 100 }]);
  });

  const uncounted = (world: World) => ({
    ...world,
    messages: { ...world.messages, countOthers: () => Promise.reject(new Error('asked')) },
  });

  it('of a sender who never reads is made without a count, however much they send (IM-INV-6)', async () => {
    const world = createWorld();
    for (let n = 0; n < 300; n += 1) await say(world, 'alice', 'bob', `c${n}`);
    const { conversations } = await readConversations(uncounted(world), 'alice', { limit: 50 });
    expect(conversations).toMatchObject([{ head: 300, readSeq: 0, unread: 0 }]);
    expect(conversations[0]).not.toHaveProperty('unreadIsAtLeast');
    await say(world, 'bob', 'alice', 'answer');
    expect(await conversationsOf(world, 'alice')).toMatchObject([{ unread: 1 }]);
    await say(world, 'alice', 'bob', 'c301');
    expect(await conversationsOf(world, 'alice')).toMatchObject([{ unread: 1 }]);
  });

  it('reports when there may be more unread messages than it could count (IM-INV-6)', async () => {
    const world = createWorld();
    for (const user of ['bob', 'carol', 'dan'])
      for (const text of ['c1', 'c2']) await say(world, user, 'alice', text);
    await say(world, 'alice', 'dan', 'c3');
    const countOthers: World['messages']['countOthers'] = async (id, userId, range) => {
      if (id !== 'dm:alice:bob') range.budget.units = 0;
      return world.messages.countOthers(id, userId, range);
    };
    const messages = { ...world.messages, countOthers };
    const { conversations } = await readConversations({ ...world, messages }, 'alice', { limit: 50 });
    // Carol's last message shows that there is one at least.
    const atLeast = { unreadIsAtLeast: true };
    expect(conversations).toMatchObject([
      { unread: 2 },
      { unread: 1, ...atLeast },
      { unread: 0, ...atLeast },
    ]);
    expect(conversations[0]).not.toHaveProperty('unreadIsAtLeast');
  });

  it.each([
    { title: "another user's message", from: 'alice', unread: 1 },
    { title: "the user's own message from another device", from: 'bob', unread: 0 },
  ])('reads no count for a single message above the cursor: $title', async ({ from, unread }) => {
    const world = createWorld();
    await say(world, 'alice', 'bob', 'c1');
    await say(world, from, from === 'bob' ? 'alice' : 'bob', 'c2');
    await world.conversations.advanceRead('bob', 'dm:alice:bob', 1);
    const messages = { ...world.messages, countOthers: () => Promise.reject(new Error('asked')) };
    const { conversations } = await readConversations({ ...world, messages }, 'bob', { limit: 50 });
    expect(conversations).toMatchObject([{ head: 2, readSeq: 1, unread }]);
  });

  it('counts a single message above the cursor when it is recalled and followed by holes', async () => {
    const world = createWorld();
    await say(world, 'alice', 'bob', 'c1');
    const [last] = (await world.messages.page('dm:alice:bob', { head: 99, limit: 1 })).messages;
    if (last)
      await world.messages.recall(last, '{"type":"recalled","by":"alice","at":1}', { by: 'alice', atMs: 1 });
    expect(await conversationsOf(world, 'bob')).toMatchObject([{ head: 1, unread: 1 }]);
    await world.conversations.nextSeq('dm:alice:bob', 'alice', 'lost');
    expect(await conversationsOf(world, 'bob')).toMatchObject([
      { head: 2, lastMessage: { seq: 1 }, unread: 1 },
    ]);
  });

  it('reads the count when a hole lies between the cursor and the last message', async () => {
    const world = createWorld();
    await say(world, 'alice', 'bob', 'c1');
    await say(world, 'alice', 'bob', 'c1');
    await say(world, 'alice', 'bob', 'c2');
    await world.conversations.advanceRead('bob', 'dm:alice:bob', 1);
    expect(await conversationsOf(world, 'bob')).toMatchObject([{ head: 3, readSeq: 1, unread: 1 }]);
  });

  it("counts a group's system messages as unread, and nothing from before the member joined", async () => {
    const world = createWorld();
    const group = { name: 'team', members: ['bob'], openHistory: false };
    const { conversationId } = await createGroup(world, 'alice', group);
    expect(await conversationsOf(world, 'bob')).toMatchObject([{ head: 1, unread: 1 }]);
    expect(await conversationsOf(world, 'alice')).toMatchObject([{ head: 1, unread: 0 }]);
    await addMembers(world, 'alice', conversationId, ['carol']);
    expect(await conversationsOf(world, 'carol')).toMatchObject([{ head: 2, unread: 1 }]);
  });

  it("pages by conversationId, each conversation once, and refuses another user's cursor (IM-REFUSE-5)", async () => {
    const world = createWorld();
    for (const peer of ['dave', 'carol', 'alice']) await say(world, peer, 'bob', 'c1');
    const first = await readConversations(world, 'bob', { limit: 2 });
    const second = await readConversations(world, 'bob', { limit: 2, cursor: first.cursor ?? '' });
    const ids = [first, second].map(({ conversations }) => conversations.map(({ peer }) => peer));
    expect(ids).toEqual([['alice', 'carol'], ['dave']]);
    expect(second.cursor).toBeNull();
    const foreign = readConversations(world, 'alice', { limit: 2, cursor: first.cursor ?? '' });
    await expect(foreign).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('history', () => {
  const seqs = async (world: World, range: { after?: number; before?: number; limit: number }) => {
    const { messages, head, hasMore } = await readHistory(world, 'bob', 'dm:alice:bob', range);
    return { seqs: messages.map(({ seq }) => seq), head, hasMore };
  };

  it('is empty, with head 0, before the first message', async () => {
    expect(await seqs(createWorld(), { limit: 50 })).toEqual({ seqs: [], head: 0, hasMore: false });
  });

  it('pages both ways, always ascending', async () => {
    const world = createWorld();
    for (let n = 1; n <= 5; n += 1) await say(world, 'alice', 'bob', `c${n}`);
    expect(await seqs(world, { limit: 2 })).toEqual({ seqs: [4, 5], head: 5, hasMore: true });
    expect(await seqs(world, { before: 4, limit: 2 })).toEqual({ seqs: [2, 3], head: 5, hasMore: true });
    expect(await seqs(world, { before: 2, limit: 2 })).toEqual({ seqs: [1], head: 5, hasMore: false });
    expect(await seqs(world, { after: 0, limit: 2 })).toEqual({ seqs: [1, 2], head: 5, hasMore: true });
    expect(await seqs(world, { after: 3, limit: 2 })).toEqual({ seqs: [4, 5], head: 5, hasMore: false });
    expect(await seqs(world, { after: 5, limit: 2 })).toEqual({ seqs: [], head: 5, hasMore: false });
  });

  it.each(['dm:alice:carol', 'dm:bob:alice', 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV'])(
    'is not_found for bob in the conversation %s (IM-REFUSE-4)',
    async (id) => {
      await expect(readHistory(createWorld(), 'bob', id, { limit: 1 })).rejects.toMatchObject({
        code: 'not_found',
      });
    },
  );

  it('ends at the head that was read: what is stored above it meanwhile may have holes (IM-IMPORT-4)', async () => {
    const world = createWorld();
    for (let n = 1; n <= 3; n += 1) await say(world, 'alice', 'bob', `c${n}`);
    const page: World['messages']['page'] = async (...range) => {
      await say(world, 'alice', 'bob', 'c4');
      return world.messages.page(...range);
    };
    const ports = { ...world, messages: { ...world.messages, page } };
    const seqs = async (range: object) => {
      const { head, messages } = await readHistory(ports, 'bob', 'dm:alice:bob', { limit: 9, ...range });
      return [head, ...messages.map(({ seq }) => seq)];
    };
    expect(await seqs({})).toEqual([3, 1, 2, 3]);
    expect(await seqs({ after: 3 })).toEqual([4, 4]);
    expect(await seqs({ before: 3 })).toEqual([5, 1, 2]);
    const [conversation] = (await readConversations(ports, 'bob', { limit: 9 })).conversations;
    expect(conversation?.head).toBeGreaterThanOrEqual(conversation?.lastMessage?.seq ?? 0);
  });

  it('shows nothing from before the user joined again while it was read (IM-INV-5)', async () => {
    const world = createWorld();
    const group = await createGroup(world, 'alice', { name: 'R', members: ['bob'], openHistory: false });
    const { conversationId } = group;
    await send(world, 'alice', { ...aRequest({ clientMsgId: 'before' }), to: undefined, conversationId });
    const page: World['messages']['page'] = async (...range) => {
      const read = await world.messages.page(...range);
      await removeMember(world, 'alice', conversationId, 'bob');
      await addMembers(world, 'alice', conversationId, ['bob']);
      return read;
    };
    const ports = { ...world, messages: { ...world.messages, page } };
    expect(await readHistory(ports, 'bob', conversationId, { limit: 9 })).toMatchObject({ messages: [] });
  });

  it.each([
    ['a member of a group, whatever their roles', 'group', ['supervisor']],
    ['a participant of a support chat', 'support', []],
  ] as const)('is not shown to %s who is out when it is read (IM-INV-5)', async (_, kind, roles) => {
    const world = createWorld();
    await world.routes.connect(aSession());
    const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'bob-phone' };
    const { conversationId } =
      kind === 'support'
        ? await openChat(world, caller, {})
        : await createGroup(world, 'alice', { name: 'R', members: ['bob'], openHistory: false });
    const { messages } = await readHistory(world, 'bob', conversationId, { limit: 9 }, { roles });
    expect(messages).toHaveLength(1);
    let isOut = false;
    const membership: World['conversations']['membership'] = async (...of) =>
      isOut ? undefined : world.conversations.membership(...of);
    const page: World['messages']['page'] = async (...range) => {
      isOut = true;
      return world.messages.page(...range);
    };
    const ports = {
      conversations: { ...world.conversations, membership },
      messages: { ...world.messages, page },
      reactions: world.reactions,
    };
    const reading = readHistory({ ...world, ...ports }, 'bob', conversationId, { limit: 9 }, { roles });
    await expect(reading).rejects.toMatchObject({ code: 'not_found' });
  });

  it('of a support chat that does not exist is not_found for a supervisor, too (IM-REFUSE-4)', async () => {
    const id = 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    const reading = readHistory(createWorld(), 'eve', id, { limit: 9 }, { roles: ['supervisor'] });
    await expect(reading).rejects.toMatchObject({ code: 'not_found' });
  });

  it('of a support chat is shown to its customer, who has no role (IM-DESK)', async () => {
    const world = createWorld();
    await world.routes.connect(aSession());
    const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'bob-phone' };
    const { conversationId } = await openChat(world, caller, {});
    const { messages } = await readHistory(world, 'bob', conversationId, { limit: 9 });
    expect(messages).toMatchObject([{ content: { type: 'system', event: 'opened' } }]);
  });

  it('refuses a malformed conversation id', async () => {
    const read = readHistory(createWorld(), 'bob', 'nonsense', { limit: 1 });
    await expect(read).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
