import type { StoredContent } from '../../../protocol/content.ts';
import type { Conversation } from './conversation.ts';

/** A message, or an edit of one, before it is stored (IM-HOOK-1). */
export interface HookQuestion {
  readonly from: string;
  readonly conversationId: string;
  readonly kind: Conversation['kind'];
  /** Of a group. */
  readonly memberCount?: number;
  readonly content: StoredContent;
  readonly clientMsgId: string;
  /** Of an edit: the message that is edited. @default - a new message */
  readonly seq?: number;
}

/** The operator's function that looks at messages before they are stored (IM-HOOK). */
export interface Hook {
  /** What happens to a message if the function gives no answer. */
  readonly onFailure: OnFailure;
  /**
   * Asks once.
   * @returns the function's answer, unchecked
   * @throws {InvocationError} it gave none in time
   */
  ask(question: HookQuestion): Promise<unknown>;
}

export type OnFailure = 'accept' | 'reject';

/** An operator's function gave no answer, since it failed, was throttled, is gone, or took too long; or none of use. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
}
