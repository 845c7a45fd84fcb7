import { beforeEach, describe, expect, it } from 'vitest';
import { processFanOutJob } from '../../../lambdas/domain/delivery/fan-out.ts';
import { closeChat, openChat } from '../../../lambdas/domain/desk/customer.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { readChanges } from '../../../lambdas/domain/messages/changes.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { pin } from '../../../lambdas/domain/messages/pin.ts';
import { react } from '../../../lambdas/domain/messages/react.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { encodeCursor } from '../../../lambdas/shared/cursor.ts';
import {
  aSession,
  by,
  changedPushes,
  createWorld,
  createWorldOf,
  NOON,
  sayIn,
  type World,
} from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
const HOUR_MS = 3_600_000;
const text = (words: string) => ({ type: 'text' as const, text: words });
const refused = (code: string) => expect.objectContaining({ code });
const badCursor = expect.objectContaining({
  code: 'invalid_request',
  issues: [expect.objectContaining({ path: 'cursor' })],
});

let world: World;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob', 'carol');
  await world.routes.connect(aSession({ userId: 'alice', deviceId: 'tablet' }));
});

const say = (words: string, target?: Parameters<typeof sayIn>[2], from?: string) =>
  sayIn(world, words, target, from);
/** Without a session, so that it can come hours later. */
const change = (editId: string, words: string, more: { ifRev?: number; seq?: number } = {}) =>
  edit(world, { userId: 'alice' }, { conversationId: DM, seq: 1, editId, content: text(words), ...more });
const pushed = () => changedPushes(world);
const since = (sinceMs: number, cursor?: string, userId = 'bob', id = DM) =>
  readChanges(world, userId, id, { sinceMs, cursor });
const seqsSince = async (sinceMs: number, userId?: string, id?: string) =>
  (await since(sinceMs, undefined, userId, id)).messages.map(({ seq }) => seq);

describe('an edit', () => {
  it('replaces the content, and is pushed to both users but not to the requesting session (IM-CHANGE-1)', async () => {
    await say('helo');
    world.advance(1_000);
    const request = { conversationId: DM, seq: 1, editId: 'e1', content: text('hello') };
    const message = await edit(world, by('alice'), request);
    expect(message).toMatchObject({
      seq: 1,
      content: text('hello'),
      rev: 1,
      editedAt: NOON + 1_000,
      sentAt: NOON,
    });
    expect(
      pushed()
        .map(({ connectionId }) => connectionId)
        .sort(),
    ).toEqual(['alice-tablet', 'bob-phone']);
    expect(pushed()[0]?.frame).toEqual({
      type: 'changed',
      conversationId: DM,
      change: { kind: 'edited', by: 'alice' },
      message,
    });
  });

  it('succeeds if it is already in effect, without a new rev or push (IM-CHANGE-5)', async () => {
    await say('helo');
    await change('e1', 'hello');
    world.connections.posts.length = 0;
    expect(await change('e1', 'something else', { ifRev: 7 })).toMatchObject({
      content: text('hello'),
      rev: 1,
    });
    expect(await change('e2', 'hello')).toMatchObject({ rev: 1 });
    expect(pushed()).toEqual([]);
  });

  it('is refused if the message has another rev than asked for (IM-EDIT)', async () => {
    await say('helo');
    await expect(change('e1', 'hello', { ifRev: 1 })).rejects.toEqual(refused('conflict'));
    expect(await change('e1', 'hello', { ifRev: 0 })).toMatchObject({ rev: 1 });
    await expect(change('e2', 'hi', { ifRev: 0 })).rejects.toEqual(refused('conflict'));
  });

  it('is refused for recalled messages, and for those of another user or the system (IM-EDIT)', async () => {
    const { conversationId } = await createGroup(world, 'alice', {
      name: 'R',
      members: ['bob'],
      openHistory: false,
    });
    await say('one', { conversationId }, 'bob');
    await say('two', { conversationId });
    await recall(world, by('alice'), { conversationId, seq: 3 });
    const ofSeq = (seq: number) =>
      edit(world, by('alice'), { conversationId, seq, editId: 'e', content: text('x') });
    for (const seq of [1, 2, 3]) await expect(ofSeq(seq)).rejects.toEqual(refused('forbidden'));
    await expect(ofSeq(4)).rejects.toEqual(refused('not_found'));
  });

  it('is refused after the edit window, except to a service (IM-EDIT)', async () => {
    await say('helo');
    world.advance(24 * HOUR_MS - 1);
    await change('e1', 'hello');
    world.advance(1);
    await expect(change('e2', 'hi')).rejects.toEqual(refused('edit_window_passed'));
    expect(await change('e1', 'hello')).toMatchObject({ rev: 1 });
    const service = { userId: 'alice', isService: true };
    const request = { conversationId: DM, seq: 1, editId: 'e3', content: text('hi') };
    expect(await edit(world, service, request)).toMatchObject({ rev: 2 });
  });

  it('is refused if another edit came first, unless both have the same content (IM-EDIT, IM-CHANGE-5)', async () => {
    await say('helo');
    const target = { conversationId: DM, seq: 1 };
    let others = 0;
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async edit(key, request) {
        others += 1;
        await change(`other${others}`, 'hello');
        return world.messages.edit(key, request);
      },
    };
    const ports = { ...world, messageWriter };
    const editing = (words: string, ifRev: number) =>
      edit(ports, by('alice'), { ...target, editId: 'e', content: text(words), ifRev });
    await expect(editing('hi', 0)).rejects.toEqual(refused('conflict'));
    await change('back', 'helo');
    world.connections.posts.length = 0;
    expect(await editing('hello', 2)).toMatchObject({ content: text('hello'), rev: 3 });
    // That of the other edit.
    expect(pushed().map(({ frame }) => frame.message.rev)).toEqual([3, 3, 3]);
  });

  it('that is refused for its rev does not mark the conversation', async () => {
    await say('helo');
    await expect(change('e1', 'hello', { ifRev: 1 })).rejects.toEqual(refused('conflict'));
    expect((await world.conversations.head(DM)).changes ?? new Map()).toEqual(new Map());
  });

  it('is refused from a session that is over (IM-REFUSE-7)', async () => {
    await say('helo');
    const { userId, caller } = by('alice');
    const gone = { userId, caller: { ...caller, connectionId: 'replaced' } };
    const request = { conversationId: DM, seq: 1, editId: 'e', content: text('x') };
    await expect(edit(world, gone, request)).rejects.toEqual(refused('session_expired'));
    expect(await seqsSince(NOON)).toEqual([]);
  });

  it('of a message that expires meanwhile finds none', async () => {
    await say('helo');
    const messageWriter = { ...world.messages, edit: async () => undefined };
    const request = { conversationId: DM, seq: 1, editId: 'e', content: text('x') };
    const editing = edit({ ...world, messageWriter }, by('alice'), request);
    await expect(editing).rejects.toEqual(refused('not_found'));
  });

  it('never replaces a recall, whichever of the two comes first (IM-EDIT)', async () => {
    await say('helo');
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async edit(key, request) {
        await recall(world, by('alice'), { conversationId: DM, seq: 1 });
        return world.messages.edit(key, request);
      },
    };
    const late = edit({ ...world, messageWriter }, by('alice'), {
      conversationId: DM,
      seq: 1,
      editId: 'e',
      content: text('x'),
    });
    await expect(late).rejects.toEqual(refused('forbidden'));
    expect((await since(NOON)).messages).toMatchObject([{ content: { type: 'recalled' }, rev: 1 }]);
  });

  it('is not undone by a repeat of the send (IM-SEND-2)', async () => {
    await say('helo');
    await change('e1', 'hello');
    expect(await say('helo')).toMatchObject({ seq: 1, duplicate: true });
    expect((await since(NOON)).messages).toMatchObject([{ content: text('hello'), rev: 1 }]);
  });

  it('is pushed when the AWS SDK retried its write after a lost response', async () => {
    await say('helo');
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async edit(...request) {
        await world.messages.edit(...request);
        return world.messages.edit(...request);
      },
      async recall(...request) {
        await world.messages.recall(...request);
        return world.messages.recall(...request);
      },
    };
    const ports = { ...world, messageWriter };
    const target = { conversationId: DM, seq: 1 };
    await edit(ports, by('alice'), { ...target, editId: 'e', content: text('x') });
    await recall(ports, by('alice'), target);
    const toBob = pushed().filter(({ connectionId }) => connectionId === 'bob-phone');
    expect(toBob.map(({ frame }) => frame.change.kind)).toEqual(['edited', 'recalled']);
  });

  it('is refused in a closed support chat (IM-EDIT)', async () => {
    const { conversationId } = await openChat(world, by('bob').caller, {});
    const { seq } = await say('one', { conversationId }, 'bob');
    await closeChat(world, by('bob').caller, { conversationId });
    const editing = edit(world, by('bob'), { conversationId, seq, editId: 'e', content: text('x') });
    await expect(editing).rejects.toEqual(refused('forbidden'));
  });

  it('too long is refused (IM-FRAME-5)', async () => {
    await say('helo');
    await expect(change('e1', 'x'.repeat(16_384))).rejects.toEqual(refused('payload_too_large'));
  });
});

describe('a change in a group', () => {
  const groupOf = async (members: readonly string[], openHistory: boolean) => {
    const group = await createGroup(world, 'alice', { name: 'R', members, openHistory });
    await say('one', { conversationId: group.conversationId });
    await addMembers(world, 'alice', group.conversationId, ['carol']);
    return group.conversationId;
  };
  const receivers = () => [...new Set(pushed().map(({ connectionId }) => connectionId))].sort();

  it.each([
    [false, ['alice-tablet', 'bob-phone']],
    [true, ['alice-tablet', 'bob-phone', 'carol-phone']],
  ])(
    'reaches members who joined later only with an open history (openHistory: %s) (IM-CHANGE-1)',
    async (open, expected) => {
      const conversationId = await groupOf(['bob'], open);
      await edit(world, by('alice'), { conversationId, seq: 2, editId: 'e', content: text('x') });
      expect(receivers()).toEqual(expected);
    },
  );

  it('of more than 25 is not pushed by the workers to members who joined later (IM-CHANGE-1)', async () => {
    const others = Array.from({ length: 25 }, (_, n) => `m${n}`);
    const conversationId = await groupOf(['bob', ...others], false);
    world.fanOutQueue.jobs.length = 0;
    await edit(world, by('alice'), { conversationId, seq: 2, editId: 'e', content: text('x') });
    for (const job of world.fanOutQueue.jobs.splice(0)) await processFanOutJob(world, job);
    expect(receivers()).toEqual(['alice-tablet', 'bob-phone']);
  });

  it('of more than 100 is pushed by the workers to every member who is online (IM-CHANGE-1)', async () => {
    const others = Array.from({ length: 99 }, (_, n) => `m${n}`);
    const conversationId = await groupOf(['bob', ...others], true);
    const { seq } = await say('two', { conversationId });
    world.fanOutQueue.jobs.length = 0;
    await edit(world, by('alice'), { conversationId, seq, editId: 'e', content: text('x') });
    while (world.fanOutQueue.jobs.length > 0)
      for (const job of world.fanOutQueue.jobs.splice(0)) await processFanOutJob(world, job);
    expect(receivers()).toEqual(['alice-tablet', 'bob-phone', 'carol-phone']);
  });

  it('is not in the feed of members who joined later, or of users who have left (IM-INV-5)', async () => {
    const conversationId = await groupOf(['bob'], false);
    await edit(world, by('alice'), { conversationId, seq: 2, editId: 'e', content: text('x') });
    expect(await seqsSince(NOON, 'carol', conversationId)).toEqual([]);
    expect(await seqsSince(NOON, 'bob', conversationId)).toEqual([2]);
    await removeMember(world, 'bob', conversationId, 'bob');
    await expect(since(NOON, undefined, 'bob', conversationId)).rejects.toEqual(refused('not_found'));
  });

  it('reads the membership again after the feed (IM-INV-5)', async () => {
    const conversationId = await groupOf(['bob'], false);
    await edit(world, by('alice'), { conversationId, seq: 2, editId: 'e', content: text('x') });
    const messages: World['messages'] = {
      ...world.messages,
      async changed(...request) {
        await removeMember(world, 'bob', conversationId, 'bob');
        return world.messages.changed(...request);
      },
    };
    const reading = readChanges({ ...world, messages }, 'bob', conversationId, { sinceMs: NOON });
    await expect(reading).rejects.toEqual(refused('not_found'));
  });
});

describe('the feed of changes', () => {
  it('has the messages that changed since, as they are now, in order of their last change (IM-CHANGE-2)', async () => {
    for (const words of ['one', 'two', 'three']) await say(words);
    await change('e1', 'x', { seq: 3 });
    world.advance(20_000);
    await change('e2', 'y', { seq: 1 });
    await change('e3', 'z', { seq: 3 });
    expect(await since(NOON)).toMatchObject({
      messages: [
        { seq: 1, rev: 1 },
        { seq: 3, rev: 2, content: text('z') },
      ],
      cursor: null,
      serverTime: NOON + 20_000,
    });
    world.advance(1_000);
    await change('e4', 'w', { seq: 2 });
    world.advance(16_000);
    expect(await seqsSince(world.clock())).toEqual([]);
    // A change up to 15 s before `since` may have been written after it.
    expect(await seqsSince(NOON + 20_000 + 15_500)).toEqual([2]);
  });

  it('pages, with the first page’s server time on each (IM-CHANGE-2)', async () => {
    for (let n = 0; n < 101; n += 1) {
      await say(`m${n}`);
      world.advance(1);
      await change(`e${n}`, `x${n}`, { seq: n + 1 });
    }
    const serverTime = world.clock();
    const first = await since(NOON);
    expect(first.messages).toHaveLength(100);
    world.advance(5_000);
    const second = await since(NOON, first.cursor ?? '');
    expect(second).toMatchObject({ messages: [{ seq: 101 }], cursor: null, serverTime });
    await expect(since(NOON, first.cursor ?? '', 'alice')).rejects.toEqual(badCursor);
    await say('hi', { to: 'carol' }, 'bob');
    const elsewhere = since(NOON, first.cursor ?? '', 'bob', 'dm:bob:carol');
    await expect(elsewhere).rejects.toEqual(badCursor);
  });

  it('refuses a cursor with malformed numbers', async () => {
    await say('one');
    for (const items of [
      ['x1', 'alice', 'one', '1', '1'],
      ['1x', 'alice', 'one', '1', '1'],
    ]) {
      const cursor = encodeCursor('bob', [DM, ...items]);
      await expect(since(NOON, cursor)).rejects.toEqual(refused('invalid_request'));
    }
  });

  it('reads only the volumes that were marked since, less 15 s', async () => {
    await say('one');
    await change('e1', 'x');
    const read: (readonly number[])[] = [];
    const messages: World['messages'] = {
      ...world.messages,
      changed(id, range) {
        read.push(range.volumes);
        return world.messages.changed(id, range);
      },
    };
    for (const sinceMs of [NOON + 15_000, NOON + 15_001])
      await readChanges({ ...world, messages }, 'bob', DM, { sinceMs });
    expect(read).toEqual([[0], []]);
  });

  it('shows the customer of a support chat its changes, and asks for no role', async () => {
    const { conversationId } = await openChat(world, by('bob').caller, {});
    const { seq } = await say('one', { conversationId }, 'bob');
    await edit(world, by('bob'), { conversationId, seq, editId: 'e', content: text('x') });
    expect(await seqsSince(NOON, 'bob', conversationId)).toEqual([seq]);
  });

  it('returns reset above 1,000 changed messages, and for a time more than 30 days ago (IM-CHANGE-2)', async () => {
    await say('one');
    await change('e1', 'x');
    const counting = (count: number) => {
      const page = { messages: [], count, next: undefined };
      const messages = { ...world.messages, changed: async () => page };
      return readChanges({ ...world, messages }, 'bob', DM, { sinceMs: NOON });
    };
    expect(await counting(1_000)).not.toHaveProperty('reset');
    expect(await counting(1_001)).toEqual({ messages: [], cursor: null, serverTime: NOON, reset: true });
    const days = 30 * 24 * HOUR_MS;
    expect(await since(NOON - days)).not.toHaveProperty('reset');
    expect(await since(NOON - days - 1)).toMatchObject({ messages: [], reset: true });
  });

  it('refuses a cursor of a feed with an earlier time (IM-CHANGE-2)', async () => {
    for (let n = 0; n < 101; n += 1) {
      await say(`m${n}`);
      await change(`e${n}`, `x${n}`, { seq: n + 1 });
    }
    const first = await since(NOON);
    const later = since(NOON + HOUR_MS, first.cursor ?? '');
    await expect(later).rejects.toEqual(badCursor);
    // All changes are of this time, so the cursor is at the beginning of the range.
    expect((await since(NOON + 15_000, first.cursor ?? '')).messages).toHaveLength(1);
  });

  it('is found through the list of conversations, for edits and recalls (IM-CHANGE-3)', async () => {
    await say('one');
    world.advance(HOUR_MS);
    const list = async () => {
      const { conversations } = await readConversations(world, 'bob', {
        limit: 10,
        changedSinceMs: world.clock(),
      });
      return conversations.map(({ conversationId }) => conversationId);
    };
    expect(await list()).toEqual([]);
    await change('e1', 'x');
    expect(await list()).toEqual([DM]);
    world.advance(HOUR_MS);
    expect(await list()).toEqual([]);
    await recall(world, { userId: 'alice', isService: true }, { conversationId: DM, seq: 1 });
    expect(await list()).toEqual([DM]);
  });
});

describe('a recall', () => {
  const target = { conversationId: DM, seq: 1 };
  /** What is forgotten of a message, with this call between the recall's read and its write. */
  async function forgottenBy(meanwhile: () => Promise<unknown>) {
    const forgotten: string[] = [];
    const note = (what: string) => async () => void forgotten.push(what);
    const ports = {
      ...world,
      reactionWriter: { ...world.reactionWriter, forget: note('reactions') },
      pinWriter: { ...world.pinWriter, unpin: note('pin') as unknown as World['pinWriter']['unpin'] },
      messageWriter: {
        ...world.messages,
        async recall(...request: Parameters<World['messages']['recall']>) {
          await meanwhile();
          return world.messages.recall(...request);
        },
      },
    };
    await recall(ports, by('alice'), target);
    return forgotten;
  }
  const reactToIt = () => react(world, { userId: 'bob' }, { ...target, name: '👍', on: true });
  const pinIt = () => pin(world, { userId: 'bob' }, { ...target, on: true });

  it('writes nothing about reactions and pins that the message has never had', async () => {
    await say('oops');
    expect(await forgottenBy(async () => {})).toEqual([]);
  });

  it.each([
    ['reactions', reactToIt],
    ['pin', pinIt],
  ])('forgets its %s, also one that comes while it is recalled (IM-REACT, IM-PIN)', async (what, use) => {
    await say('oops');
    await use();
    expect(await forgottenBy(async () => {})).toEqual([what]);
    world = createWorld();
    await world.routes.connect(aSession({ userId: 'alice' }));
    await say('oops');
    await change('e1', 'oops!');
    expect(await forgottenBy(use)).toContain(what);
  });

  it('that comes second returns the result of the first, without a push (IM-CHANGE-5)', async () => {
    const { conversationId } = await createGroup(world, 'alice', {
      name: 'R',
      members: ['bob'],
      openHistory: false,
    });
    await say('oops', { conversationId }, 'bob');
    const group = { conversationId, seq: 2 };
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async recall(...request) {
        await recall(world, { userId: 'alice' }, group);
        world.connections.posts.length = 0;
        return world.messages.recall(...request);
      },
    };
    const second = await recall({ ...world, messageWriter }, by('bob'), group);
    expect(second.content).toMatchObject({ type: 'recalled', by: 'alice' });
    expect(pushed()).toEqual([]);
  });
});

describe('an inbox page', () => {
  it('takes the length that its messages have now (IM-HELLO-1)', async () => {
    const { fillPage, firstEntries } = await import('../../../lambdas/domain/delivery/inbox.ts');
    const { referenceTo } = await import('../../../lambdas/domain/model/reference.ts');
    for (const words of ['one', 'two', 'three']) {
      await say(words);
      world.advance(1);
    }
    const { messages } = await world.messages.page(DM, { head: 99, limit: 3 });
    await world.inboxWriter.put(
      messages.map((message) => ({ userId: 'bob', reference: referenceTo(message) })),
    );
    for (const seq of [1, 2, 3]) await change(`e${seq}`, 'x'.repeat(12_000), { seq });
    const page = await fillPage(world, 'bob', await firstEntries(world, 'bob'));
    expect(page.messages.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(page).toMatchObject({ more: true, messageIds: page.messages.map(({ messageId }) => messageId) });
  });
});
