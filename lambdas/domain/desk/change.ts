import type { SystemContent } from '../../../protocol/content.ts';
import { NotFoundError, UnavailableError } from '../../shared/errors.ts';
import type { ConversationTable, Head } from '../conversation.ts';
import type { DeliveryPorts } from '../delivery.ts';
import type { MessageTable } from '../message.ts';
import { systemMessage } from '../system-message.ts';
import type { Chat, ChatChange, DeskTable } from './chat.ts';
import type { DeskQueuePorts } from './desk-queue.ts';
import { tell } from './tell.ts';

export interface DeskPorts extends DeliveryPorts, DeskQueuePorts {
  readonly desk: DeskTable;
  readonly conversations: ConversationTable;
  readonly messages: MessageTable;
  /** Hears once a minute how long the next in a queue has been waiting. */
  readonly onWait?: (queue: string, waitMs: number) => void;
}

/** Who speaks when nobody did: no user id has a colon. */
export const DESK = 'im:desk';

/** What a chat becomes, and what its conversation says about that. */
export interface Decision {
  readonly after: Chat;
  readonly content: Omit<SystemContent, 'type'>;
  /** See `ChatChange`. */
  readonly ifOffline?: true;
}

export interface ChangeOptions {
  /** As it was read a moment ago, which spares the first reading. */
  readonly head?: Head | undefined;
  /** Who gets an answer instead of a push. */
  readonly exceptConnectionId?: string;
}

/** Each attempt is lost to somebody who wrote into the chat or changed it meanwhile: so many don't do so at once. */
const ATTEMPTS = 8;

/**
 * Changes a chat as `decide` says of its present state, and tells those concerned; `undefined`: it is as it should be.
 * The change takes the head's next seq within its own transaction, so that it has its place among the messages, and
 * whatever has a higher seq looks for members after it (ADR 5).
 * @throws what `decide` throws
 * @throws {UnavailableError} somebody else was always faster
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
    await tell(ports, change, exceptConnectionId);
    return change.after;
  }
  throw new UnavailableError();
}

/** One attempt on a chat as it was read. @returns what is yet to be told; `undefined`: somebody else was faster */
export async function tryChange(
  { desk, clock }: Pick<DeskPorts, 'desk' | 'clock'>,
  before: Chat | undefined,
  headSeq: number,
  { after, content, ifOffline }: Decision,
): Promise<ChatChange | undefined> {
  const message = systemMessage({ clock }, after.conversationId, headSeq + 1, content);
  const change = { before, after, message, ...(ifOffline && { ifOffline }) };
  return (await desk.apply(change)) ? change : undefined;
}
