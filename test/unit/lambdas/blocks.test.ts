import { beforeEach, describe, expect, it } from 'vitest';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers } from '../../../lambdas/domain/groups/members.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { passOnLive } from '../../../lambdas/domain/messages/live.ts';
import { pin } from '../../../lambdas/domain/messages/pin.ts';
import { react } from '../../../lambdas/domain/messages/react.ts';
import { markRead } from '../../../lambdas/domain/messages/read.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { hintTyping } from '../../../lambdas/domain/messages/typing.ts';
import { blockUser, listBlocks } from '../../../lambdas/domain/people/blocks.ts';
import { presenceOf } from '../../../lambdas/domain/sessions/presence.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { by, callerOf, createWorldOf, NOON, sayIn, type World } from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
/** Does not contain “block”. */
const FORBIDDEN = { code: 'forbidden', message: 'You may not do this in this conversation.' };

let world: World;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob', 'carol');
});

const fromBob = (words: string) => sayIn(world, words, { to: 'alice' }, 'bob');
const fromAlice = (words: string) => sayIn(world, words, { to: 'bob' }, 'alice');
const block = (blocked = 'bob', userId = 'alice') => blockUser(world, userId, blocked);
const frames = (type: string) =>
  world.connections.posts.filter(({ frame }) => (frame as { type: string }).type === type);

/** Both have written, and alice has blocked bob. Seq 1 is bob's, seq 2 alice's. */
async function blocked() {
  await fromBob('from bob');
  await fromAlice('from alice');
  await block();
  world.connections.posts.length = 0;
}

describe('a user who was blocked', () => {
  it('may not send, though the other one may, and learns no reason (IM-BLOCK-1)', async () => {
    await blocked();
    await expect(fromBob('more')).rejects.toMatchObject(FORBIDDEN);
    expect(await fromAlice('more')).toMatchObject({ seq: 3 });
    expect(frames('messages').map(({ connectionId }) => connectionId)).toContain('bob-phone');
  });

  it('may not write the first message either (IM-BLOCK-4)', async () => {
    await block();
    await expect(fromBob('first')).rejects.toMatchObject(FORBIDDEN);
    expect((await readConversations(world, 'alice', { limit: 10 })).conversations).toEqual([]);
    expect((await readConversations(world, 'bob', { limit: 10 })).conversations).toEqual([]);
    expect(await fromAlice('first')).toMatchObject({ seq: 1 });
  });

  it('gets the ack of a message that was stored before, whether its repeat says so or not (IM-SEND-2)', async () => {
    const first = await fromBob('lost ack');
    await block();
    const content = { type: 'text', text: 'lost ack' } as const;
    for (const resend of [true, false]) {
      const request = { clientMsgId: 'lost ack', to: 'alice', content, resend };
      expect(await send(world, 'bob', request)).toEqual({ ...first, duplicate: true });
    }
    expect((await world.conversations.head(DM)).seq).toBe(1);
  });

  it.each([
    [
      'edit',
      () =>
        edit(world, by('bob'), { to: 'alice', seq: 1, editId: 'e', content: { type: 'text', text: 'no' } }),
    ],
    ['react', () => react(world, by('bob'), { to: 'alice', seq: 2, name: '👎', on: true })],
    ['pin', () => pin(world, by('bob'), { to: 'alice', seq: 1, on: true })],
    ['typing', () => hintTyping(world, callerOf('bob'), { to: 'alice', typing: true })],
    ['live', () => passOnLive(world, callerOf('bob'), { to: 'alice', liveId: 'l', index: 1, content: null })],
  ])('may not %s, and nothing is stored or pushed (IM-BLOCK-1)', async (_, act) => {
    await blocked();
    await expect(act()).rejects.toMatchObject(FORBIDDEN);
    expect(world.connections.posts).toEqual([]);
    const { messages } = await world.messages.page(DM, { head: 2, after: 0, limit: 5 });
    expect(messages.map(({ rev = 0 }) => rev)).toEqual([0, 0]);
    expect((await world.conversations.head(DM)).changes).toBeUndefined();
    expect((await world.pins.pins(DM)).pins).toEqual([]);
    await world.blockWriter.unblock('alice', 'bob');
    const reacted = await react(world, by('alice'), { to: 'bob', seq: 2, name: '👍', on: true });
    expect(reacted.reactions).toEqual([{ name: '👍', count: 1, users: ['alice'], mine: true }]);
  });

  it('may recall (IM-BLOCK-1)', async () => {
    await blocked();
    expect(await recall(world, by('bob'), { to: 'alice', seq: 1 })).toMatchObject({
      content: { type: 'recalled' },
    });
    expect(frames('changed').map(({ connectionId }) => connectionId)).toEqual(['alice-phone']);
  });

  it('sees neither presence nor typing nor how far the other one has read, who sees theirs (IM-BLOCK-2)', async () => {
    await blocked();
    const sees = async (userId: string, other: string) =>
      (await presenceOf(world, callerOf(userId), { userIds: [other] }))[0];
    expect(await sees('bob', 'alice')).toEqual({ userId: 'alice', online: false, lastSeenAt: null });
    expect(await sees('alice', 'bob')).toMatchObject({ online: true });
    await hintTyping(world, callerOf('alice'), { to: 'bob', typing: true });
    await markRead(world, callerOf('alice'), { to: 'bob', seq: 1 });
    expect(world.connections.posts).toEqual([]);
    await markRead(world, callerOf('bob'), { to: 'alice', seq: 2 });
    expect(frames('read').map(({ connectionId }) => connectionId)).toEqual(['alice-phone']);
    const peerReadSeq = async (userId: string) =>
      (await readConversations(world, userId, { limit: 5 })).conversations[0]?.peerReadSeq;
    expect(await peerReadSeq('bob')).toBe(0);
    expect(await peerReadSeq('alice')).toBe(2);
    await world.blockWriter.unblock('alice', 'bob');
    expect(await peerReadSeq('bob')).toBe(1);
  });

  it('goes on in common groups, without the presence of the other one (IM-BLOCK-2, IM-BLOCK-3)', async () => {
    const request = { name: 'Rowers', members: ['bob', 'alice'], openHistory: false };
    const { conversationId } = await createGroup(world, 'carol', request);
    await block();
    expect(await sayIn(world, 'hi all', { conversationId }, 'bob')).toMatchObject({ seq: 2 });
    expect(frames('messages').map(({ connectionId }) => connectionId)).toContain('alice-phone');
    const presence = await presenceOf(world, callerOf('bob'), { conversationId });
    expect(presence.map(({ userId, online }) => [userId, online])).toEqual([
      ['alice', false],
      ['bob', true],
      ['carol', true],
    ]);
  });

  it('adds the other one to no group: a request leaves them out, and adds everyone else (IM-BLOCK-3)', async () => {
    await block();
    const members = ['alice', 'carol', 'alice'];
    const made = await createGroup(world, 'bob', { name: 'Rowers', members, openHistory: false });
    expect(made.memberCount).toBe(2);
    const { conversationId } = made;
    expect(await addMembers(world, 'bob', conversationId, ['alice', 'dave', 'dave'])).toMatchObject({
      memberCount: 3,
    });
    expect(await addMembers(world, 'bob', conversationId, ['alice'])).toMatchObject({ memberCount: 3 });
    const { members: present } = await world.groups.members(conversationId, { limit: 9 });
    expect(present.map(({ userId }) => userId)).toEqual(['bob', 'carol', 'dave']);
  });
});

describe('blocks', () => {
  it('are listed by pages of a hundred, each with its time', async () => {
    const names = Array.from({ length: LIMITS.pageMax + 1 }, (_, n) => `u${String(n).padStart(3, '0')}`);
    for (const name of names) await block(name);
    const first = await listBlocks(world, 'alice', undefined);
    expect(first.blocks).toHaveLength(LIMITS.pageMax);
    expect(first.blocks[0]).toEqual({ userId: 'u000', at: NOON });
    const second = await listBlocks(world, 'alice', first.cursor ?? '');
    expect(second).toEqual({ blocks: [{ userId: 'u100', at: NOON }], cursor: null });
    await expect(listBlocks(world, 'bob', first.cursor ?? '')).rejects.toMatchObject({
      issues: [{ path: 'cursor' }],
    });
  });

  it('are of others only, and at most 10,000', async () => {
    await expect(block('alice')).rejects.toMatchObject({ issues: [{ path: 'userId' }] });
    for (let n = 0; n < LIMITS.maxBlocks; n += 1) await block(`u${n}`);
    await expect(block('bob')).rejects.toMatchObject({ code: 'limit_reached' });
    await block('u7');
  });
});
