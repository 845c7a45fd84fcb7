import type { Pinned } from '../../../protocol/frames.ts';
import type { MessagePlace, PinState } from './message.ts';

/** A pinned message. */
export interface Pin extends MessagePlace, Pinned {}

export interface Pins {
  /** Grows with each pin and unpin. */
  readonly version: number;
  /** The latest first. */
  readonly pins: readonly Pin[];
}

export interface PinReader {
  /** The pins of a conversation, including those of recalled or expired messages. Reads strongly. */
  pins(conversationId: string): Promise<Pins>;
}

/** `full`: the conversation has as many pins as it may (`LIMITS.pinsPerConversation`). */
export type PinOutcome = 'full' | { readonly isChanged: boolean; readonly state: PinState };

export interface PinWriter {
  /** Pins the message. Idempotent: the first pin stays. */
  pin(message: MessagePlace, pinned: Pinned): Promise<PinOutcome>;
  /** Unpins the message. Idempotent. */
  unpin(message: MessagePlace): Promise<Exclude<PinOutcome, 'full'>>;
  /** Removes these pins, unless the list has another version. */
  drop(conversationId: string, seqs: readonly number[], version: number): Promise<void>;
}
