import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openChat } from '../../../lambdas/domain/desk/customer.ts';
import { createGroup, updateGroup } from '../../../lambdas/domain/groups/change.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { passOnLive } from '../../../lambdas/domain/messages/live.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { hintTyping } from '../../../lambdas/domain/messages/typing.ts';
import { type Hook, type HookQuestion, InvocationError } from '../../../lambdas/domain/model/hook.ts';
import { blockUser } from '../../../lambdas/domain/people/blocks.ts';
import { canonicalJson } from '../../../lambdas/shared/json.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { serveEvent } from '../../../lambdas/transport/service-events.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { aRequest, by, callerOf, createWorldOf, type World } from '../../adapters/memory/world.ts';

const CONVERSATION = 'dm:alice:bob';
const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
const text = (words: string) => ({ type: 'text', text: words }) as const;

/** A world with a hook that gives these answers, one after the other, and the last one again and again. */
async function asking(...answers: readonly unknown[]) {
  const world = await createWorldOf('alice', 'bob');
  const asked: HookQuestion[] = [];
  const hook: Hook = {
    onFailure: 'reject',
    ask: async (question) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(question);
      if (answer instanceof Error) throw answer;
      return typeof answer === 'function' ? answer(question) : answer;
    },
  };
  return { world: { ...world, hook }, asked };
}

const ACCEPT = { verdict: 'accept' };
const REJECT = { verdict: 'reject', reason: 'Please keep it friendly.' };
const history = async (world: World, conversationId = CONVERSATION) =>
  (await world.messages.page(conversationId, { head: 99, after: 0, limit: 100 })).messages;
const say = (world: World, words = 'hi', clientMsgId = 'c1') =>
  send(world, 'alice', aRequest({ content: text(words), clientMsgId }), callerOf('alice'));

const block = (world: World) => blockUser(world, 'bob', 'alice');
async function groupOf(world: World, admin: string, members: readonly string[], rules: object = {}) {
  const request = { name: 'Crew', openHistory: false, members, ...rules };
  return (await createGroup(world, admin, request)).conversationId;
}

describe('the hook', () => {
  it('sees who writes what where, before a seq is taken (IM-HOOK-1)', async () => {
    const { world, asked } = await asking(async () => {
      expect((await world.conversations.head(CONVERSATION)).seq).toBe(0);
      return ACCEPT;
    });
    expect(await say(world)).toMatchObject({ seq: 1, duplicate: false });
    expect(asked).toEqual([
      { from: 'alice', conversationId: CONVERSATION, kind: 'direct', content: text('hi'), clientMsgId: 'c1' },
    ]);
  });

  it('sees the number of members of a group, and no system message (IM-HOOK-1)', async () => {
    const { world, asked } = await asking(ACCEPT);
    const id = await groupOf(world, 'alice', ['bob']);
    expect(asked).toEqual([]);
    await send(world, 'alice', { clientMsgId: 'c1', conversationId: id, content: text('hi') });
    expect(asked).toMatchObject([{ kind: 'group', memberCount: 2, conversationId: id }]);
  });

  it('sees messages of a support chat, but not that it was opened (IM-HOOK-1)', async () => {
    const { world, asked } = await asking(ACCEPT);
    const { conversationId } = await openChat(world, callerOf('alice'), { topic: 'a boat' });
    expect(asked).toEqual([]);
    await send(world, 'alice', { clientMsgId: 'c1', conversationId, content: text('hi') });
    expect(asked).toMatchObject([{ kind: 'support', conversationId }]);
  });

  it('rejects a message with its reason, and nothing of it remains (IM-HOOK-1, IM-REFUSE-16)', async () => {
    const { world } = await asking(REJECT);
    await expect(say(world)).rejects.toMatchObject({
      code: 'blocked_content',
      message: 'Please keep it friendly.',
    });
    expect((await world.conversations.head(CONVERSATION)).seq).toBe(0);
    expect(await history(world)).toEqual([]);
    expect(world.connections.posts).toEqual([]);
  });

  it.each([
    ['too long', 'x'.repeat(300), 'x'.repeat(LIMITS.hookReasonChars)],
    ['broken', 'a\ud800', 'a\ufffd'],
    ['missing', undefined, 'The message was refused.'],
    ['no text', 7, 'The message was refused.'],
  ])('rejects a message even if the reason is %s (IM-HOOK-1)', async (_, reason, message) => {
    const { world } = await asking({ verdict: 'reject', reason });
    await expect(say(world)).rejects.toMatchObject({ code: 'blocked_content', message });
  });

  it('rewrites a message; a repeat of what was written finds what was made of it (IM-HOOK-3)', async () => {
    const { world } = await asking({ verdict: 'rewrite', content: text('h*') }, REJECT);
    const first = await say(world);
    expect(first.content).toEqual(text('h*'));
    expect(await history(world)).toMatchObject([{ contentJson: canonicalJson(text('h*'), 'content') }]);
    expect(await say(world)).toEqual({ ...first, duplicate: true });
    await expect(say(world, 'h*')).rejects.toMatchObject({ code: 'idempotency_conflict' });
    expect(await history(world)).toHaveLength(1);
  });

  it.each([
    ['rejects it now', REJECT],
    ['fails now', new InvocationError('No answer')],
  ])(
    'does not change what is stored: a repeat gets its ack though the hook %s (IM-HOOK-3)',
    async (_, now) => {
      const { world } = await asking(ACCEPT, now);
      const first = await say(world);
      expect(await say(world)).toEqual({ ...first, duplicate: true });
    },
  );

  it('is not asked about a repeat that says so (IM-HOOK-3)', async () => {
    const { world, asked } = await asking(ACCEPT);
    await say(world);
    await send(world, 'alice', aRequest({ resend: true }), callerOf('alice'));
    expect(asked).toHaveLength(1);
  });

  it('is asked again about a message that it rejected (IM-HOOK-3)', async () => {
    const { world, asked } = await asking(REJECT, ACCEPT);
    await expect(say(world)).rejects.toMatchObject({ code: 'blocked_content' });
    expect(await say(world)).toMatchObject({ seq: 1 });
    expect(asked).toHaveLength(2);
  });
});

describe('while the hook is asked', () => {
  it.each([
    ['blocked in the direct conversation', undefined, 'forbidden'],
    ['bound by slow mode', { slowModeSeconds: 60 }, 'slow_mode'],
    ['not allowed to write any more', { posting: 'admins' }, 'forbidden'],
  ] as const)('the sender is %s: the message is refused (IM-HOOK-6)', async (_, rules, code) => {
    let act = async () => {};
    const { world } = await asking(async () => {
      await act();
      return ACCEPT;
    });
    const conversationId = rules && (await groupOf(world, 'bob', ['alice']));
    const target = conversationId === undefined ? { to: 'bob' } : { conversationId };
    const write = (clientMsgId: string) =>
      send(world, 'alice', { clientMsgId, content: text('hi'), ...target }, callerOf('alice'));
    await write('c1');
    act = async () => {
      act = async () => {};
      if (conversationId === undefined) return block(world);
      await updateGroup(world, 'bob', conversationId, rules ?? {});
      if (code === 'slow_mode') await write('c2');
    };
    await expect(write('c3')).rejects.toMatchObject({ code });
    const stored = await history(world, conversationId);
    expect(stored.map(({ clientMsgId }) => clientMsgId)).not.toContain('c3');
  });
});

describe('without a valid answer of the hook', () => {
  const FAILURES = [
    ['it fails', new InvocationError('The function failed: TypeError.')],
    ['it returns nothing', null],
    ['its verdict is unknown', { verdict: 'maybe' }],
    ['it rewrites to invalid content', { verdict: 'rewrite', content: { type: 'text', text: ' ' } }],
    ['it rewrites to a system message', { verdict: 'rewrite', content: { type: 'system', event: 'left' } }],
    [
      'it rewrites to what is nested too deep',
      { verdict: 'rewrite', content: { type: 'custom', data: nested(31) } },
    ],
    ['it rewrites to too much', { verdict: 'rewrite', content: text('x'.repeat(20_000)) }],
  ] as const;

  it.each(FAILURES)('a message is refused, to be sent again: %s (IM-HOOK-2)', async (_, answer) => {
    const { world } = await asking(answer, ACCEPT);
    // The cause is what the operator looks for in the log (docs/operations.md).
    await expect(say(world)).rejects.toMatchObject({
      code: 'unavailable',
      cause: { name: 'InvocationError' },
    });
    expect(await history(world)).toEqual([]);
    expect(await say(world)).toMatchObject({ seq: 1 });
  });

  it.each(FAILURES)(
    'a message passes unseen if the operator wants that: %s (IM-HOOK-2)',
    async (_, answer) => {
      const { world } = await asking(answer);
      const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
      onTestFinished(() => error.mockRestore());
      const passing = { ...world, hook: { ...world.hook, onFailure: 'accept' as const } };
      expect(await say(passing)).toMatchObject({ seq: 1 });
      const described = expect.objectContaining({ name: 'InvocationError' });
      expect(error.mock.calls).toEqual([['message passed without a verdict', { error: described }]]);
      expect(await history(world)).toMatchObject([{ contentJson: canonicalJson(text('hi'), 'content') }]);
    },
  );
});

describe('the hook is not asked about what is refused anyway (IM-HOOK-1):', () => {
  async function refused(prepare: (world: World) => Promise<string | undefined>, code: string) {
    const { world, asked } = await asking(ACCEPT);
    const conversationId = await prepare(world);
    asked.length = 0;
    const target = conversationId === undefined ? { to: 'bob' } : { conversationId };
    const request = { clientMsgId: 'c9', content: text('hi'), ...target };
    await expect(send(world, 'alice', request, callerOf('alice'))).rejects.toMatchObject({ code });
    expect(asked).toEqual([]);
  }

  it('a message of a blocked user', () =>
    refused(async (world) => {
      await block(world);
      return undefined;
    }, 'forbidden'));

  it('a message to a group that the sender is not in', () =>
    refused(async (world) => {
      return groupOf(world, 'bob', ['carol']);
    }, 'not_found'));

  it('a message to a group in which only admins write', () =>
    refused((world) => groupOf(world, 'bob', ['alice'], { posting: 'admins' }), 'forbidden'));

  it('a message before its turn in slow mode', () =>
    refused(async (world) => {
      const conversationId = await groupOf(world, 'bob', ['alice'], { slowModeSeconds: 30 });
      await send(world, 'alice', { clientMsgId: 'c1', conversationId, content: text('hi') });
      return conversationId;
    }, 'slow_mode'));

  it('a message of a session that has ended', () =>
    refused(async (world) => {
      await world.routes.disconnect(callerOf('alice'));
      return undefined;
    }, 'session_expired'));

  it('a reply to nothing', async () => {
    const { world, asked } = await asking(ACCEPT);
    await expect(send(world, 'alice', aRequest({ replyTo: 7 }))).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(asked).toEqual([]);
  });
});

describe('an edit', () => {
  const change = (world: World, words: string, editId = 'e1') =>
    edit(world, by('alice'), { to: 'bob', seq: 1, editId, content: text(words) });

  it('is shown to the hook with the seq of its message (IM-HOOK-1)', async () => {
    const { world, asked } = await asking(ACCEPT, ACCEPT, REJECT);
    await say(world);
    expect(await change(world, 'hello')).toMatchObject({ content: text('hello'), rev: 1 });
    expect(asked.at(-1)).toEqual({
      from: 'alice',
      conversationId: CONVERSATION,
      kind: 'direct',
      content: text('hello'),
      clientMsgId: 'c1',
      seq: 1,
    });
    await expect(change(world, 'bad', 'e2')).rejects.toMatchObject({ code: 'blocked_content' });
    expect(await history(world)).toMatchObject([
      { contentJson: canonicalJson(text('hello'), 'content'), rev: 1 },
    ]);
  });

  it('is rewritten, and its repeat is done already (IM-HOOK-3)', async () => {
    const { world, asked } = await asking(ACCEPT, { verdict: 'rewrite', content: text('h*') });
    await say(world);
    expect(await change(world, 'hello')).toMatchObject({ content: text('h*'), rev: 1 });
    expect(await change(world, 'hello')).toMatchObject({ content: text('h*'), rev: 1 });
    expect(asked).toHaveLength(2);
  });

  it('of a blocked user is not shown to the hook (IM-HOOK-1)', async () => {
    const { world, asked } = await asking(ACCEPT);
    await say(world);
    await block(world);
    await expect(change(world, 'hello')).rejects.toMatchObject({ code: 'forbidden' });
    expect(asked).toHaveLength(1);
  });
});

describe('with a hook', () => {
  it('a live text reaches nobody, typing does (IM-HOOK-5)', async () => {
    const { world, asked } = await asking(ACCEPT);
    await say(world);
    await send(world, 'bob', aRequest({ to: 'alice' }), callerOf('bob'));
    asked.length = 0;
    world.connections.posts.length = 0;
    await passOnLive(world, callerOf('alice'), { to: 'bob', liveId: 'l1', index: 1, content: text('h') });
    expect(world.connections.posts).toEqual([]);
    await hintTyping(world, callerOf('alice'), { to: 'bob', typing: true });
    expect(world.connections.posts).toMatchObject([{ frame: { type: 'typing' } }]);
    expect(asked).toEqual([]);
  });

  it('a service event that it rejects is dropped, and one that it fails for comes back (IM-HOOK-4)', async () => {
    const { world } = await asking(REJECT, new InvocationError('No answer'));
    const event = { type: 'message.send', from: 'alice', ...aRequest() } as const;
    const job = { body: event, recordId: 'r', sentAtMs: 0, isRepeat: false } as never;
    await serveEvent(world, job);
    expect(await history(world)).toEqual([]);
    await expect(serveEvent(world, job)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
