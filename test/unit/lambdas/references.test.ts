import { beforeEach, describe, expect, it } from 'vitest';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers } from '../../../lambdas/domain/groups/members.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { toMessage } from '../../../lambdas/domain/model/message.ts';
import type { MessageRequest } from '../../../protocol/frames.ts';
import { aSession, createWorld, type World } from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
const refused = (code: string) => expect.objectContaining({ code });

let world: World;
beforeEach(() => {
  world = createWorld();
});

let sent = 0;
function say(request: Partial<MessageRequest>, from = 'alice', ports: World = world) {
  sent += 1;
  const content = { type: 'text' as const, text: 'hi' };
  return send(ports, from, { clientMsgId: `c${sent}`, content, ...request });
}
const headOf = async (id: string) => (await world.conversations.head(id)).seq;
const stored = async (id: string, seq: number) => {
  const { messages } = await world.messages.page(id, { head: 99, after: seq - 1, before: seq + 1, limit: 1 });
  return messages[0] && toMessage(messages[0]);
};
const summaryFor = async (userId: string) =>
  (await readConversations(world, userId, { limit: 10 })).conversations[0];

describe('a reply', () => {
  it('is stored and pushed with the seq of the message that it answers (IM-REPLY)', async () => {
    await world.routes.connect(aSession({ userId: 'bob' }));
    await say({ to: 'bob' });
    await say({ to: 'bob', replyTo: 1 });
    expect(await stored(DM, 2)).toMatchObject({ replyTo: 1 });
    const pushes = world.connections.posts.map(({ frame }) => frame);
    expect(pushes[1]).toMatchObject({ messages: [{ seq: 2, replyTo: 1 }] });
  });

  it('to a message that does not exist is refused, and leaves no hole (IM-REPLY)', async () => {
    await say({ to: 'bob' });
    const refusal = { code: 'invalid_request', issues: [{ path: 'replyTo' }] };
    await expect(say({ to: 'bob', replyTo: 2 })).rejects.toMatchObject(refusal);
    expect(await headOf(DM)).toBe(1);
  });

  it('to a message from before the sender joined is refused (IM-REPLY, IM-INV-5)', async () => {
    const group = await createGroup(world, 'alice', { name: 'R', members: ['bob'], openHistory: false });
    const { conversationId } = group;
    await say({ conversationId });
    await addMembers(world, 'alice', conversationId, ['carol']);
    const head = await headOf(conversationId);
    await expect(say({ conversationId, replyTo: 2 }, 'carol')).rejects.toEqual(refused('invalid_request'));
    expect(await headOf(conversationId)).toBe(head);
    await say({ conversationId, replyTo: head }, 'carol');
  });

  it('that was stored is found by its repeat, even if the message that it answers is gone (IM-SEND-2)', async () => {
    await say({ to: 'bob' });
    await say({ to: 'bob', clientMsgId: 'again', replyTo: 1 });
    const messages = { ...world.messages, page: async () => ({ messages: [], hasMore: false }) };
    const repeat = say({ to: 'bob', clientMsgId: 'again', replyTo: 1 }, 'alice', { ...world, messages });
    expect(await repeat).toMatchObject({ seq: 2, duplicate: true });
  });

  it('is a different message from one without it, and from one with mentions (IM-REPLY)', async () => {
    await say({ to: 'bob' });
    await say({ to: 'bob', clientMsgId: 'same', replyTo: 1 });
    const same = { to: 'bob', clientMsgId: 'same' };
    await expect(say(same)).rejects.toEqual(refused('idempotency_conflict'));
    await expect(say({ ...same, replyTo: 1, mentions: ['bob'] })).rejects.toEqual(
      refused('idempotency_conflict'),
    );
    expect(await say({ ...same, replyTo: 1 })).toMatchObject({ duplicate: true });
  });
});

describe('a mention', () => {
  it('is counted among the unread messages of the mentioned user (IM-REPLY)', async () => {
    await say({ to: 'bob', mentions: ['bob'] });
    expect(await summaryFor('bob')).toMatchObject({ unread: 1, mentioned: 1 });
    await say({ to: 'bob' });
    await say({ to: 'bob', mentions: 'all' });
    await say({ to: 'bob', mentions: ['zed'] });
    expect(await summaryFor('bob')).toMatchObject({ unread: 4, mentioned: 2 });
    expect(await summaryFor('alice')).not.toHaveProperty('mentioned');
    await world.conversations.advanceRead('bob', DM, 1);
    expect(await summaryFor('bob')).toMatchObject({ unread: 3, mentioned: 1 });
  });

  it('is removed by a recall, and replaced by an edit (IM-REPLY)', async () => {
    await say({ to: 'bob', mentions: ['bob'] });
    await say({ to: 'bob', mentions: ['bob'], replyTo: 1 });
    const content = { type: 'text' as const, text: 'other' };
    const changer = { userId: 'alice' };
    await edit(world, changer, { conversationId: DM, seq: 1, editId: 'e1', content });
    expect(await stored(DM, 1)).not.toHaveProperty('mentions');
    await edit(world, changer, { conversationId: DM, seq: 1, editId: 'e2', content, mentions: 'all' });
    expect(await stored(DM, 1)).toMatchObject({ mentions: 'all', rev: 2 });
    await recall(world, changer, { conversationId: DM, seq: 2 });
    expect(await stored(DM, 2)).not.toHaveProperty('mentions');
    expect(await stored(DM, 2)).not.toHaveProperty('replyTo');
    expect(await summaryFor('bob')).toMatchObject({ unread: 2, mentioned: 1 });
  });

  it('of all members of a group of more than 100 is the admins’, and a refusal leaves no hole (IM-REPLY)', async () => {
    const members = Array.from({ length: 99 }, (_, n) => `m${n}`);
    const group = await createGroup(world, 'alice', { name: 'R', members, openHistory: false });
    const { conversationId } = group;
    await say({ conversationId, mentions: 'all' }, 'm1');
    await addMembers(world, 'alice', conversationId, ['m99']);
    const head = await headOf(conversationId);
    await expect(say({ conversationId, mentions: 'all' }, 'm1')).rejects.toEqual(refused('forbidden'));
    expect(await headOf(conversationId)).toBe(head);
    await say({ conversationId, mentions: 'all' });
    const { seq } = await say({ conversationId, mentions: ['m2'] }, 'm1');
    const content = { type: 'text' as const, text: 'hi' };
    const editTo = (mentions: MessageRequest['mentions']) =>
      edit(world, { userId: 'm1' }, { conversationId, seq, editId: 'e', content, mentions });
    await expect(editTo('all')).rejects.toEqual(refused('forbidden'));
    expect(await editTo(['m3'])).toMatchObject({ mentions: ['m3'] });
  });

  it('of a user with the id `all` is not one of all members (IM-REPLY)', async () => {
    await say({ to: 'bob', mentions: 'all' });
    const content = { type: 'text' as const, text: 'hi' };
    const mentions = ['all'];
    const target = { conversationId: DM, seq: 1 };
    await edit(world, { userId: 'alice' }, { ...target, editId: 'e', content, mentions });
    expect(await stored(DM, 1)).toMatchObject({ mentions, rev: 1 });
  });

  it('counts to the size of the content (IM-FRAME-5)', async () => {
    const text = 'x'.repeat(16_384 - '{"text":"","type":"text"}'.length);
    const content = { type: 'text' as const, text };
    await say({ to: 'bob', content });
    await expect(say({ to: 'bob', content, mentions: 'all' })).rejects.toEqual(refused('payload_too_large'));
  });
});
