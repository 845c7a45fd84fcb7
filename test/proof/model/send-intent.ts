import type { Effect, Outcome } from '../history.ts';

/** A message that a user wants sent once: every try of it is the same. */
export interface SendIntent {
  readonly user: string;
  readonly conversationId: string;
  /** The other user of a direct conversation. */
  readonly peer?: string;
  readonly clientMsgId: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** Written by a service, through the service queue. */
  readonly byEvent: boolean;
  /** In the order in which they arrived. */
  readonly outcomes: Outcome[];
}

/** These end the session only: another session may still send the message. */
const SESSION_CODES = new Set(['session_expired', 'unauthorized']);

/** True while the outcome is unknown, so that it must be sent again (IM-FRAME-6). */
export function isOpen({ outcomes }: SendIntent): boolean {
  return outcomes.some(({ is }) => is === 'unknown') && !outcomes.some(isLastWord);
}

function isLastWord(outcome: Outcome): boolean {
  if (outcome.is === 'refused') return !SESSION_CODES.has(outcome.code);
  return outcome.is !== 'unknown';
}

export interface FrameOptions {
  /** Names the other user instead of the conversation. */
  readonly byPeer: boolean;
  /** Marks it as a repeat. */
  readonly hint: boolean;
  /** The error of the client's clock. */
  readonly skewMs: number;
}

/** The request, with forged values of fields that only the server may set (IM-SEND-6). */
export function requestOf(
  intent: SendIntent,
  { byPeer, hint, skewMs }: FrameOptions,
): Record<string, unknown> {
  const { peer, conversationId, clientMsgId, content } = intent;
  return {
    clientMsgId,
    ...(byPeer && peer !== undefined ? { to: peer } : { conversationId }),
    content,
    ...(hint && { resend: true }),
    from: 'mallory',
    seq: 1_000_000,
    sentAt: Date.now() + skewMs,
  };
}

const UNKNOWN = new Set(['unavailable', 'internal']);

export function effectOfCode(code: unknown): Effect {
  return typeof code !== 'string' || UNKNOWN.has(code) ? 'unknown' : 'refused';
}

/** The outcome that an error code implies (IM-SEND-1). */
export function outcomeOfCode(code: string): Outcome {
  return UNKNOWN.has(code) ? { is: 'unknown', why: code } : { is: 'refused', code };
}
