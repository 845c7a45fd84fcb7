import type { Effect } from './seen-message.ts';

/** One try to block another user, or to lift the block. */
export interface BlockTried {
  readonly type: 'block';
  /** The user who blocks. */
  readonly user: string;
  /** The user who is blocked. */
  readonly peer: string;
  readonly on: boolean;
  /** The log index of the request. */
  readonly begun: number;
  readonly outcome: Effect;
}

/** One try to mute a conversation, or to end that. */
export interface MuteTried {
  readonly type: 'mute';
  readonly user: string;
  readonly conversationId: string;
  readonly on: boolean;
  /** The log index of the request. */
  readonly begun: number;
  readonly outcome: Effect;
}

export type PeopleEvent = BlockTried | MuteTried;
