import type { EditedContent } from '../model/content.ts';
import { MAX_CONTENT_BYTES } from '../model/limits.ts';
import { byteLength, tooLarge } from '../outbox/outbox.ts';
import { newId } from '../support/environment.ts';
import type { Conversation } from './conversation.ts';

/** Options of `editMessage`. */
export interface EditOptions {
  /** `[A-Za-z0-9_-]{1,64}`: the same value repeats the same edit. Defaults to a fresh id. */
  readonly editId?: string;
  /** The users that the message mentions from now on: user ids, or `'all'`. Defaults to none. */
  readonly mentions?: readonly string[] | 'all';
  /** Refuses the edit (`conflict`) unless the message has this `rev`, so that it overwrites no change unseen. */
  readonly ifRev?: number;
}

/**
 * Replaces the content of a message of this user, for all members, up to 24 hours after it was sent (an option of the
 * deployment). Views and events show the edit when the server has stored it.
 *
 * @param content at most 16,384 bytes as JSON in UTF-8
 * @throws a `RefusedError` (`edit_window_passed`, `payload_too_large`, `forbidden` for others' and recalled messages, `not_found`, `conflict`), a
 * `DisconnectedError` without a connection, a `TimeoutError` after 10 s: then the edit may be in effect, and a repeat with
 * the same `editId` is safe
 *
 * @example
 * await editMessage(conversation, message.seq, { type: 'text', text: 'Hello!' });
 */
export async function editMessage(
  conversation: Conversation,
  seq: number,
  content: EditedContent,
  options: EditOptions = {},
): Promise<void> {
  const { ports, state } = conversation;
  const { editId = newId(ports.environment) } = options;
  // The gateway closes the socket on a frame above 32 KB, and the error would look worth a retry.
  if (byteLength(JSON.stringify(content) + (JSON.stringify(options.mentions) ?? '')) > MAX_CONTENT_BYTES)
    throw tooLarge();
  const fields = { ...state.target, seq, content, ...options, editId };
  const { message } = await ports.sessions.require().request('edit', fields);
  ports.incoming.changed(message, { kind: 'edited', by: state.userId ?? '' });
}
