import type { Content } from '../../../protocol/content.ts';
import { isBanned } from '../model/ban.ts';
import type { Membership } from '../model/conversation.ts';
import { isMentioned, type StoredMessage } from '../model/message.ts';
import type { Notification } from '../model/notification.ts';
import { isInFront, isTrusted, type Presence, takesPushes } from '../model/session.ts';
import type { StoredSettings } from '../model/settings.ts';

/** What is known of a user and a message when the notification is due. */
export interface Facts {
  readonly message: StoredMessage | undefined;
  /** `undefined`: the user is no member. */
  readonly membership: Membership | undefined;
  readonly presence: Presence | undefined;
}

/** Whether the user wants to be told of the message, and has not seen it (IM-NOTIFY-2). */
export function isWorthTelling(
  { userId, missed }: Pick<Notification, 'userId' | 'missed'>,
  { message, membership, presence }: Facts,
  nowMs: number,
): boolean {
  if (message === undefined || !isSaid(message)) return false;
  if (membership === undefined || message.seq < membership.visibleFrom) return false;
  if (message.seq <= membership.readSeq) return false;
  if (!isWanted(membership.settings, message, userId, nowMs)) return false;
  return !isBanned(presence?.bannedUntilMs, nowMs) && !isHere(presence, missed, nowMs);
}

const SAID: readonly Content['type'][] = ['text', 'custom', 'file'];

/** Not recalled, not erased, and no line of the system's. */
function isSaid({ contentJson }: StoredMessage): boolean {
  return SAID.includes((JSON.parse(contentJson) as Content).type);
}

/** The user's own settings of the conversation (IM-SETTINGS-1). */
function isWanted(
  settings: StoredSettings | undefined,
  { mentions }: StoredMessage,
  userId: string,
  nowMs: number,
): boolean {
  const { mutedUntilMs = 0, notify } = settings ?? {};
  if (mutedUntilMs > nowMs || notify === 'none') return false;
  return notify !== 'mentions' || isMentioned(mentions, userId);
}

/**
 * Whether a session in front has the message, or gets it now: one that took it in the background and has come to the front, or that
 * has connected since. One that may not have it doesn't count: nobody knows whether its socket is alive.
 */
function isHere(presence: Presence | undefined, missed: readonly string[], nowMs: number): boolean {
  return (presence?.sessions ?? []).some(
    (session) =>
      isInFront(session) &&
      takesPushes(session, nowMs) &&
      isTrusted(session, nowMs) &&
      !missed.includes(session.connectionId),
  );
}
