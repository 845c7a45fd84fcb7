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
  /** As it was read a moment ago, which spares the first read. */
  readonly head?: Head | undefined;
  /** The session that gets an answer instead of a push. */
  readonly exceptConnectionId?: string;
}

/** Each attempt is lost to a message or a change that came first: so many don't come at once. */
const ATTEMPTS = 8;

/**
 * Changes a chat as `decide` says of its present state, and notifies those concerned; `undefined`: it is as it should be.
 * The change takes the head's next seq within its own transaction, so that it has its place among the messages, and
 * whatever has a higher seq looks for members after it (ADR 5).
 * @throws what `decide` throws
 * @throws {UnavailableError} every attempt came second
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

/** One attempt on a chat as it was read. @returns the change, not notified yet; `undefined`: another one came first */
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
