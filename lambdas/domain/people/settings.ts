import type { SettingsBody, SettingsChange } from '../../../protocol/people.ts';
import type { Clock } from '../../shared/clock.ts';
import { NotFoundError, UnavailableError } from '../../shared/errors.ts';
import {
  type ConversationReader,
  type ConversationWriter,
  type Membership,
  resolveConversation,
} from '../model/conversation.ts';
import type { MessageReader } from '../model/message.ts';
import { changedSettings, type LastMessage, shownSettings } from '../model/settings.ts';

export interface SettingsPorts {
  readonly conversations: ConversationReader;
  readonly conversationWriter: ConversationWriter;
  readonly messages: MessageReader;
  readonly clock: Clock;
}

/** Each failure means that another device of the user has just changed the settings. A user has ten devices. */
const ATTEMPTS = 10;

/**
 * Changes the user's own settings of a conversation, and leaves those that the change doesn't name. Two devices that change
 * different ones at once both take effect. Idempotent: what is in effect already is not written.
 * @throws {NotFoundError} the user is not a member, or a direct conversation has no message yet
 */
export async function changeSettings(
  ports: SettingsPorts,
  userId: string,
  target: string,
  change: SettingsChange,
): Promise<SettingsBody> {
  const { conversationId } = resolveConversation(userId, { conversationId: target });
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const membership = await ports.conversations.membership(userId, conversationId);
    if (membership === undefined) throw new NotFoundError();
    const { settings: before } = membership;
    const last = await lastMessageFor(ports, membership, change);
    const now = ports.clock();
    const after = changedSettings(before, change, last, now);
    const settings = shownSettings(after, last, now);
    const isInEffect =
      JSON.stringify(settings) === JSON.stringify(before ? shownSettings(before, last, now) : {});
    const written = isInEffect || (await ports.conversationWriter.setSettings(userId, conversationId, after));
    if (written) return { conversationId, settings };
  }
  throw new UnavailableError();
}

/** Reads the last message only if the conversation is archived, or shall be. */
async function lastMessageFor(
  { conversations, messages }: SettingsPorts,
  { conversationId, visibleFrom, settings }: Membership,
  { archived }: SettingsChange,
): Promise<LastMessage> {
  if (settings?.archivedSeq === undefined && archived !== true) return undefined;
  const { seq } = await conversations.head(conversationId);
  const page = await messages.page(conversationId, { from: visibleFrom, limit: 1, head: seq });
  return page.messages[0];
}
