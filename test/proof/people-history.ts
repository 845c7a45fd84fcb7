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

/** A user has said that they type, or that they do not any more. */
export interface Types {
  readonly type: 'types';
  readonly user: string;
  readonly conversationId: string;
  readonly on: boolean;
}

/** A `typing` push. */
export interface TypingPushed {
  readonly type: 'typing';
  readonly user: string;
  readonly connection: string;
  readonly conversationId: string;
  /** Who types. */
  readonly of: string;
  readonly on: boolean;
}

/** As the protocol has it. */
export interface UserPresence {
  readonly userId: string;
  readonly online: boolean;
  readonly lastSeenAt: number | null;
}

/** The answer to a question about presence. */
export interface PresenceSeen {
  readonly type: 'presence';
  readonly user: string;
  /** If the question named one, and no users. */
  readonly conversationId?: string;
  /** The log index of the request. */
  readonly begun: number;
  readonly users: readonly UserPresence[];
}

/** One try to meet people to whom nobody has written before. */
export interface Recruited {
  readonly type: 'recruited';
  readonly user: string;
  /** The user writes to each of them, or they are the members of a new group, or of an old one. */
  readonly way: 'write' | 'found' | 'add';
  readonly people: readonly string[];
  /** The log index of the request. */
  readonly begun: number;
  readonly outcome: Effect;
  /** Why it was refused. */
  readonly code?: string;
}

/** Whom a user has met in the end. */
export interface Met {
  readonly type: 'met';
  readonly user: string;
  /** The peers and fellow members of all conversations. */
  readonly people: readonly string[];
  /** How many they may be. */
  readonly atMost: number;
}

export type PeopleEvent = BlockTried | SettingsTried | Types | TypingPushed | PresenceSeen | Recruited | Met;
