import { describe, expect, it } from 'vitest';
import { askHook, requireMaySend } from '../../../lambdas/domain/messages/before-send.ts';
import { UNLIMITED } from '../../../lambdas/domain/model/budget.ts';
import {
  type Conversation,
  type Head,
  resolveConversation,
} from '../../../lambdas/domain/model/conversation.ts';
import type { Hook } from '../../../lambdas/domain/model/hook.ts';
import { HOOK_PRICE } from '../../../lambdas/domain/model/prices.ts';
import type { MessageRequest } from '../../../protocol/frames.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { NOON } from '../../adapters/memory/world.ts';

const QUESTION = {
  from: 'alice',
  conversationId: 'dm:alice:bob',
  kind: 'direct',
  clientMsgId: 'c1',
} as const;
const CONTENT = '{"text":"hi","type":"text"}';

/** What is stored of a text, with what it refers to, if the hook gives this answer. */
async function asked(
  answer: unknown,
  { onFailure = 'reject' as Hook['onFailure'], ...refers }: Partial<Hook> & Partial<MessageRequest> = {},
) {
  const charged: number[] = [];
  const budget = { ...UNLIMITED, charge: async (credits: number) => void charged.push(credits) };
  const hook: Hook = { onFailure, ask: async () => answer };
  const stored = await askHook({ hook, budget }, QUESTION, { contentJson: CONTENT, ...refers });
  return { stored, charged };
}

describe('the hook', () => {
  it('costs the author its price (IM-BUDGET-1)', async () => {
    expect(await asked({ verdict: 'accept' })).toEqual({ stored: CONTENT, charged: [HOOK_PRICE] });
  });

  it.each([
    ['blank', ' \n', 'The message was refused.'],
    ['of characters of two units', '😀'.repeat(201), '😀'.repeat(LIMITS.hookReasonChars)],
  ])('gives a reason that is %s (IM-HOOK-1)', async (_, reason, message) => {
    await expect(asked({ verdict: 'reject', reason })).rejects.toMatchObject({ message });
  });

  it('rejects, also where a message may pass without a verdict (IM-HOOK-1)', async () => {
    const rejected = asked({ verdict: 'reject', reason: 'no' }, { onFailure: 'accept' });
    await expect(rejected).rejects.toMatchObject({ code: 'blocked_content' });
  });

  it('may rewrite to no more than fits with what the message refers to (IM-HOOK-2, IM-FRAME-5)', async () => {
    const text = 'x'.repeat(LIMITS.maxContentBytes - '{"text":"","type":"text"}'.length);
    const answer = { verdict: 'rewrite', content: { type: 'text', text } };
    expect((await asked(answer)).stored).toHaveLength(LIMITS.maxContentBytes);
    await expect(asked(answer, { mentions: ['bob'] })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('gives the operator the reason why its answer is no verdict (IM-HOOK-2)', async () => {
    const cause = { name: 'InvocationError', cause: { name: 'InvalidRequestError' } };
    await expect(asked({ verdict: 'maybe' })).rejects.toMatchObject({ code: 'unavailable', cause });
  });
});

describe('a message that the hook is not asked about:', () => {
  const GROUP = { conversationId: 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV' };
  const CHAT = { conversationId: 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV' };
  const head = (facts: Partial<Head>): Head => ({ seq: 1, atMs: NOON, ...facts });
  const slow = (admins: readonly string[] = []) =>
    head({ group: { name: 'Crew', admins, memberCount: 2, openHistory: false, slowModeSeconds: 30 } });
  const turnAt = (atMs: number, clientMsgId = 'c0') => ({ atMs, seconds: 30, clientMsgId });
  const check = (target: object, at: Head, turn = turnAt(NOON)) => {
    const conversation: Conversation = resolveConversation('alice', target);
    requireMaySend(conversation, { from: 'alice', clientMsgId: 'c1' }, at, turn, NOON + 10_000);
  };
  const refused = (code: string, more: object = {}) => expect.objectContaining({ code, ...more });

  it('one in a support chat that is closed (IM-DESK-3)', () => {
    const chat = { state: 'closed' } as Head['chat'] & object;
    expect(() => check(CHAT, head({ chat }))).toThrow(refused('forbidden'));
    check(CHAT, head({ chat: { ...chat, state: 'waiting' } }));
    check(CHAT, head({}));
  });

  it('one before its turn, which is told how long to wait (IM-BUDGET-5)', () => {
    expect(() => check(GROUP, slow())).toThrow(refused('slow_mode', { retryAfterMs: 20_000 }));
    expect(() => check(GROUP, slow(), turnAt(NOON - 19_999))).toThrow(
      refused('slow_mode', { retryAfterMs: 1 }),
    );
    expect(() => check(GROUP, slow(), turnAt(NOON + 10_000))).toThrow(refused('slow_mode'));
  });

  it.each([
    ['the interval is over', slow(), turnAt(NOON - 20_000)],
    ['the turn was this message’s', slow(), turnAt(NOON, 'c1')],
    ['the turn is later than now: clocks differ', slow(), turnAt(NOON + 10_001)],
    ['its author is an admin', slow(['alice']), turnAt(NOON)],
    ['slow mode is over', head({}), turnAt(NOON)],
  ])('but it is asked if %s (IM-BUDGET-5)', (_, at, turn) => {
    expect(() => check(GROUP, at, turn)).not.toThrow();
  });
});
