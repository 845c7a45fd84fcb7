import type { Effect, Outcome } from '../history.ts';

/** What a user wants sent, once: every try of it is the same. */
export interface Letter {
  readonly user: string;
  readonly conversationId: string;
  /** The other user of a direct conversation. */
  readonly peer?: string;
  readonly clientMsgId: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** Written by a service, through the service queue. */
  readonly byEvent: boolean;
  /** In the order in which they became known. */
  readonly outcomes: Outcome[];
}

/** Ends the session, and says nothing about the letter: another session may send it. */
const SESSION_CODES = new Set(['session_expired', 'unauthorized']);

/** Done or not, nobody knows: it must be sent again (IM-FRAME-6). */
export function isOpen({ outcomes }: Letter): boolean {
  return outcomes.some(({ is }) => is === 'unknown') && !outcomes.some(isLastWord);
}

function isLastWord(outcome: Outcome): boolean {
  if (outcome.is === 'refused') return !SESSION_CODES.has(outcome.code);
  return outcome.is !== 'unknown';
}

export interface FrameOptions {
  /** Names the other user instead of the conversation. */
  readonly byPeer: boolean;
  /** Says that it is a repeat. */
  readonly hint: boolean;
  /** How wrong the client's clock is. */
  readonly skewMs: number;
}

/** As it goes over the wire, with lies about what is the server's to say (IM-SEND-6). */
export function requestOf(letter: Letter, { byPeer, hint, skewMs }: FrameOptions): Record<string, unknown> {
  const { peer, conversationId, clientMsgId, content } = letter;
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

/** What an error's code says about the send (IM-SEND-1). */
export function outcomeOfCode(code: string): Outcome {
  return UNKNOWN.has(code) ? { is: 'unknown', why: code } : { is: 'refused', code };
}
