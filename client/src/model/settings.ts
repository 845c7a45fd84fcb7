import type { ConversationSettings } from '../../../protocol/people.ts';

export type { ConversationSettings };

/** The changes that `changeSettings` makes. Settings that are absent stay as they are. */
export interface SettingsChanges {
  /** True: no notifications. A number: none until then, in epoch milliseconds by the server's clock. */
  readonly muted?: boolean | number;
  /** Out of the way until a new message comes, unless the conversation is muted then (IM-SETTINGS-2). */
  readonly archived?: boolean;
  /** On top of the list. */
  readonly pinned?: boolean;
  /** The messages that notify the user. */
  readonly notify?: 'all' | 'mentions' | 'none';
}

/** The settings after a message, which ends `archived` unless it came while the conversation was muted (IM-SETTINGS-2). */
export function afterMessage(settings: ConversationSettings, sentAt: number): ConversationSettings {
  const { archived, ...others } = settings;
  const { muted = 0 } = others;
  return archived && muted !== true && muted <= sentAt ? others : settings;
}
