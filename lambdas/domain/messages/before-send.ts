import * as z from 'zod/mini';
import { contentSchema, type SentContent, type StoredContent } from '../../../protocol/content.ts';
import type { MessageRequest } from '../../../protocol/frames.ts';
import { SYSTEM } from '../../../protocol/ids.ts';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import {
  BlockedContentError,
  ForbiddenError,
  InvalidRequestError,
  NoVerdictError,
  RateLimitedError,
} from '../../shared/errors.ts';
import { requireShallow } from '../../shared/json.ts';
import { describe, logger } from '../../shared/logger.ts';
import { parseWith } from '../../shared/parse.ts';
import { requireNotBlocked } from '../access/direct.ts';
import { requireMayPost } from '../access/posting.ts';
import type { Budget } from '../model/budget.ts';
import type { Conversation, Head, Turn } from '../model/conversation.ts';
import { type Hook, type HookQuestion, InvocationError } from '../model/hook.ts';
import { HOOK_PRICE } from '../model/prices.ts';
import { replaced } from './attach.ts';
import { contentJsonOf } from './store.ts';

/*
 * The hook: a function of the operator looks at a message before it is stored (IM-HOOK,
 * docs/adr/0046-a-hook-is-asked-before-a-seq.md).
 */

export interface AskPorts {
  /** `undefined`: this deployment has no hook. */
  readonly hook?: Hook | undefined;
  readonly budget: Budget;
}

/** What the sender wrote, as it would be stored. */
export interface Words extends Pick<MessageRequest, 'replyTo' | 'mentions'> {
  readonly contentJson: string;
}

/**
 * Asks the hook about content. Without a hook nothing happens.
 * @returns the content to store: the sender's, or what the hook made of it
 * @throws {BlockedContentError} the hook rejects it
 * @throws {NoVerdictError} the hook gave no valid answer, and the operator wants no message without one
 */
export async function askHook(
  { hook, budget }: AskPorts,
  question: Omit<HookQuestion, 'content'>,
  words: Words,
): Promise<string> {
  if (hook === undefined) return words.contentJson;
  await budget.charge(HOOK_PRICE);
  try {
    const answer = await hook.ask({ ...question, content: JSON.parse(words.contentJson) as StoredContent });
    return checked(answer, words);
  } catch (error) {
    if (error instanceof BlockedContentError) throw error;
    if (hook.onFailure === 'reject') throw new NoVerdictError({ cause: error });
    // Of a refusal the transport writes a line. The alarm LoggedFaults counts both (lib/observability.ts).
    logger.error('message passed without a verdict', { error: describe(error) });
    return words.contentJson;
  }
}

const verdictSchema = lazySchema(() =>
  z.discriminatedUnion('verdict', [
    z.object({ verdict: z.literal('accept') }),
    // A reject counts, whatever its reason is.
    z.object({ verdict: z.literal('reject'), reason: z.unknown() }),
    z.object({ verdict: z.literal('rewrite'), content: contentSchema() }),
  ]),
);

/** @throws {InvocationError} the answer is no verdict, or content that nobody may send */
function checked(answer: unknown, words: Words): string {
  try {
    return judge(answer, words);
  } catch (error) {
    if (error instanceof BlockedContentError) throw error;
    throw new InvocationError('The answer is no verdict.', { cause: error });
  }
}

function judge(answer: unknown, { contentJson, ...words }: Words): string {
  const verdict = parseWith(verdictSchema, answer);
  if (verdict.verdict === 'reject') throw new BlockedContentError(reasonText(verdict.reason));
  if (verdict.verdict === 'accept') return contentJson;
  // As deep as in a frame (IM-FRAME-3): not all clients could decode more.
  requireShallow(verdict);
  return contentJsonOf({
    ...words,
    content: rewritten(JSON.parse(contentJson) as StoredContent, verdict.content),
  });
}

/** Files stay: the hook may rewrite their text, and nothing else (IM-FILE-6). @throws {Error} it rewrites more */
function rewritten(content: StoredContent, wanted: SentContent): StoredContent {
  const now = replaced(content, wanted);
  if (now === undefined) throw new Error('The hook may rewrite only the text of files.');
  return now;
}

function reasonText(reason: unknown): string | undefined {
  if (typeof reason !== 'string' || reason.trim() === '') return undefined;
  return [...reason.toWellFormed()].slice(0, LIMITS.hookReasonChars).join('');
}

/** `system` is no user: messages to it would fill an inbox that no one reads. */
export function refuseSystemAsPeer(conversation: Conversation): void {
  if (conversation.kind === 'direct' && conversation.peer === SYSTEM)
    throw new InvalidRequestError([{ path: 'to', message: 'system takes no messages' }]);
}

/**
 * Checks by reads what the allocation of the seq checks by conditions: the hook sees only what would be stored now. The
 * conditions decide all the same, since the hook takes its time.
 * @throws {BlockedError} the peer has blocked the sender (IM-BLOCK-1)
 * @throws {ForbiddenError} the support chat is closed (IM-DESK-3), or only admins may write in the group (IM-BUDGET-5)
 * @throws {RateLimitedError} it is not the sender's turn (IM-BUDGET-5)
 */
export function requireMaySend(
  conversation: Conversation,
  { from, clientMsgId }: Pick<HookQuestion, 'from' | 'clientMsgId'>,
  head: Head,
  turn: Turn | undefined,
  nowMs: number,
): void {
  if (conversation.kind === 'direct') requireNotBlocked(head, conversation);
  if (conversation.kind === 'support' && head.chat?.state === 'closed')
    throw new ForbiddenError('This chat is closed.');
  requireMayPost(from, head.group);
  const { slowModeSeconds: seconds, admins = [] } = head.group ?? {};
  if (seconds === undefined || turn === undefined || admins.includes(from)) return;
  const waitMs = turn.atMs + seconds * 1_000 - nowMs;
  if (waitMs > 0 && turn.atMs <= nowMs && turn.clientMsgId !== clientMsgId)
    throw new RateLimitedError('This group is in slow mode.', waitMs, 'slow_mode');
}
