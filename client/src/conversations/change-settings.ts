import type { SettingsBody } from '../../../protocol/people.ts';
import type { ConversationSettings, SettingsChanges } from '../model/settings.ts';
import type { Conversation } from './conversation.ts';

/**
 * Changes this user's own settings of a conversation: mutes it, archives it, keeps it on top of the list (IM-SETTINGS-1). Over
 * HTTP: works without a connection. Settings that are absent stay as they are. The user's other devices see the change in their next list.
 *
 * @param changes `muted` may be a time, in epoch milliseconds by the server's clock (`im.serverNowMs`)
 * @throws a `RefusedError` (`not_found` if the user isn't in the conversation, or if a direct one has no message yet), a
 * `NetworkError`, a `TimeoutError` after 10 s, an `UnauthorizedError`
 *
 * @example
 * await changeSettings(conversation, { muted: im.serverNowMs() + 3_600_000 });
 */
export async function changeSettings(
  conversation: Conversation,
  changes: SettingsChanges,
): Promise<ConversationSettings> {
  const { ports, state } = conversation;
  const id = await state.resolve();
  const path = `/conversations/${encodeURIComponent(id)}`;
  const { settings } = await ports.http.call<SettingsBody>('PATCH', path, changes);
  ports.list.set(id, settings);
  return settings;
}
