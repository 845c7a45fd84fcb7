import type { Effect } from './seen-message.ts';

/** Of a conversation. What is missing has its default in a list, and stays as it is in a change. */
export interface Settings {
  readonly muted?: boolean;
  readonly archived?: boolean;
  readonly pinned?: boolean;
  readonly notify?: 'all' | 'mentions' | 'none';
}

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

/** One try to change a user's own settings of a conversation. */
export interface SettingsTried {
  readonly type: 'settings';
  readonly user: string;
  readonly conversationId: string;
  readonly change: Settings;
  /** The log index of the request. */
  readonly begun: number;
  readonly outcome: Effect;
}

export type PeopleEvent = BlockTried | SettingsTried;
