import { NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { systemMessage } from '../messages/system-message.ts';
import type { Chat, ChatChange } from '../model/chat.ts';
import type { Head } from '../model/conversation.ts';
import type { Transition } from './chat-state.ts';
import { notify } from './notify.ts';
import type { DeskPorts } from './ports.ts';

export interface Decision extends Transition {
  /** See `ChatChange`. */
  readonly ifOffline?: true;
}

export interface ChangeOptions {
  /** The head, if it has just been read: saves the first read. */
  readonly head?: Head | undefined;
  /** The session that gets a reply instead of a push. */
  readonly exceptConnectionId?: string;
}

/** An attempt fails if a message or another change takes the seq first. Eight in a row is practically impossible. */
const ATTEMPTS = 8;

/**
 * Changes a chat as `decide` returns for its current state, and notifies its members. If `decide` returns `undefined`,
 * changes nothing. The change takes the head's next seq in its own transaction: it is ordered among the messages, and a
 * message with a higher seq reads the members after the change (ADR 6).
 * @throws what `decide` throws
 * @throws {UnavailableError} every attempt lost the race for the seq
 */
export async function changeChat(
  ports: DeskPorts,
  conversationId: string,
  decide: (chat: Chat) => Promise<Decision | undefined> | Decision | undefined,
  { head: known, exceptConnectionId }: ChangeOptions = {},
): Promise<Chat> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const isKnown = attempt === 0 && known !== undefined;
    const { seq, chat: before } = isKnown ? known : await ports.conversations.head(conversationId);
    if (before === undefined) throw new NotFoundError();
    const decision = await decide(before);
    if (decision === undefined) return before;
    const change = await tryChange(ports, before, seq, decision);
    if (change === undefined) continue;
    await notify(ports, change, exceptConnectionId);
    return change.after;
  }
  throw new UnavailableError();
}

/**
 * Tries the change once, on the chat as it was read.
 * @returns the change, still to be notified; `undefined` if another change came first
 */
export async function tryChange(
  { deskWriter, clock }: Pick<DeskPorts, 'deskWriter' | 'clock'>,
  before: Chat | undefined,
  headSeq: number,
  { after, content, ifOffline }: Decision,
): Promise<ChatChange | undefined> {
  const message = systemMessage({ clock }, after.conversationId, headSeq + 1, content);
  const change = { before, after, message, ...(ifOffline && { ifOffline }) };
  return (await deskWriter.apply(change)) ? change : undefined;
}
