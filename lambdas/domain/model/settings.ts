import type { ConversationSettings, SettingsChange } from '../../../protocol/people.ts';

/** A member's own settings of a conversation, as their membership holds them (IM-SETTINGS-1). */
export interface StoredSettings {
  /** Epoch milliseconds; `FOREVER` without an end. After that time it still says which messages came while it was muted. */
  readonly mutedUntilMs?: number;
  /** The last message when it was archived. Nothing is written when a later one brings the conversation back. */
  readonly archivedSeq?: number;
  readonly pinned?: true;
  readonly notify?: 'mentions' | 'none';
  /** When they last changed, taken before they were written. */
  readonly atMs: number;
  /** Grows with each change. */
  readonly version: number;
}

/** The last message that the member may see; `undefined` if there is none. */
export type LastMessage = { readonly seq: number; readonly sentAt: number } | undefined;

/** The latest time of JavaScript. */
const FOREVER = 8.64e15;

/** The settings as clients see them: without those that have their defaults. */
export function shownSettings(
  { mutedUntilMs = 0, notify, pinned, ...settings }: StoredSettings,
  last: LastMessage,
  nowMs: number,
): ConversationSettings {
  return {
    ...(mutedUntilMs > nowMs && { muted: mutedUntilMs >= FOREVER ? true : mutedUntilMs }),
    ...(isArchived({ mutedUntilMs, ...settings }, last) && { archived: true }),
    ...(pinned && { pinned }),
    ...(notify !== undefined && { notify }),
  };
}

/** Whether no message has brought it back: one that is newer, and came while the conversation was not muted. */
function isArchived(
  { archivedSeq, mutedUntilMs = 0 }: Pick<StoredSettings, 'archivedSeq' | 'mutedUntilMs'>,
  last: LastMessage,
): boolean {
  if (archivedSeq === undefined) return false;
  return last === undefined || last.seq <= archivedSeq || last.sentAt < mutedUntilMs;
}

/**
 * Returns the settings after the change, at `nowMs`. Settles first whether the conversation is still archived: a new end of
 * `muted` must not archive it again, nor bring it back.
 */
export function changedSettings(
  before: StoredSettings | undefined,
  change: SettingsChange,
  last: LastMessage,
  nowMs: number,
): StoredSettings {
  const { muted, archived, pinned, notify } = change;
  const until = typeof muted === 'number' ? muted : muted ? FOREVER : 0;
  const mutedUntilMs = muted === undefined ? (before?.mutedUntilMs ?? 0) : until;
  const isNowArchived = archived ?? isArchived(before ?? {}, last);
  const isNowPinned = pinned ?? before?.pinned;
  const notified = notify ?? before?.notify ?? 'all';
  return {
    ...(mutedUntilMs > nowMs && { mutedUntilMs }),
    ...(isNowArchived && { archivedSeq: last?.seq ?? 0 }),
    ...(isNowPinned && { pinned: true }),
    ...(notified !== 'all' && { notify: notified }),
    // A clock that is behind must not hide the change from another device.
    atMs: Math.max(nowMs, before?.atMs ?? 0),
    version: (before?.version ?? 0) + 1,
  };
}
