import type { Mentions, Message, Pinned, Reaction, Sent } from '../../../protocol/frames.ts';
import type { Content } from './content.ts';
import type { ImError } from './errors.ts';
import type { Upload } from './upload.ts';

/**
 * `pending`: not acknowledged yet. `sent`: the server has stored it. `read`: this user's message, and another user has
 * read it. `failed`: the server refused it, or the client was closed before it was sent.
 */
export type MessageState = 'pending' | 'sent' | 'read' | 'failed';

/** A message, this user's or another's. */
export interface ChatMessage {
  /** Identifies the message within its conversation and never changes: use it as the key in lists. */
  readonly key: string;
  /** The conversation's id. Undefined for a message of this client until it has connected once. */
  readonly conversationId: string | undefined;
  /** Chosen by the sender's client; unique per sender and conversation (IM-SEND-2). */
  readonly clientMsgId: string;
  /** The sender. Undefined for a message of this client until it has connected once. */
  readonly from: string | undefined;
  /** Whether this user sent it, here or on another device. */
  readonly mine: boolean;
  /** The content to show. */
  readonly content: Content;
  /** Epoch milliseconds: the server's time, or this device's until that is known. */
  readonly sentAt: number;
  /** Whether it was sent, read, or refused. */
  readonly state: MessageState;
  /** The position in the conversation: order by this. Undefined until sent. */
  readonly seq: number | undefined;
  /** The server's id of the message, globally unique. Undefined until sent. */
  readonly messageId: string | undefined;
  /** 0 as sent, higher with each change. */
  readonly rev: number;
  /** When its sender last edited it: epoch milliseconds by the server's clock. Undefined if never. */
  readonly editedAt?: number | undefined;
  /** The `seq` of the message that this one answers. Undefined if it answers none, and once it is recalled. */
  readonly replyTo?: number | undefined;
  /** The users it mentions: user ids, or `'all'`. Undefined if it mentions none, and once it is recalled. */
  readonly mentions?: Mentions | undefined;
  /**
   * The reactions, in order of first use. Undefined if there are none. Where they come from a push, `users` and `mine` are
   * missing; a `MessageView` keeps the ones it knows.
   */
  readonly reactions?: readonly Reaction[] | undefined;
  /** The user who pinned it, and the time. Undefined unless it is pinned. */
  readonly pinned?: Pinned | undefined;
  /** The reason, in state `failed`. */
  readonly error?: ImError | undefined;
  /**
   * The uploads of a message with files that this client sends, in the order of its attachments; a `MessageView` keeps them until it
   * is closed or the message recalled: so the local files can be shown in place of a download. Each change makes a new array. Until the
   * message is sent, its `content` has ids of this client's own; use the index as the key in lists.
   */
  readonly uploads?: readonly Upload[] | undefined;
}

/** A message that this client sent. Its properties change with its state. */
export interface OwnMessage extends ChatMessage {
  /**
   * Resolves when the server has stored the message (IM-SEND-1), whichever attempt succeeded. Rejects with an `ImError`
   * if the server refused it or the client was closed. Stays pending while the connection is lost. `retry` replaces it.
   *
   * @example
   * const { seq, sentAt } = await conversation.send({ type: 'text', text: 'hi' }).acked;
   */
  readonly acked: Promise<Sent>;
}

/** User ids have no colon, so keys of different users never collide. */
export function keyOf(clientMsgId: string, otherUser = ''): string {
  return `${otherUser}:${clientMsgId}`;
}

/** Converts a message from the server. `readUpTo`: how far others have read. */
export function receivedMessage(message: Message, userId: string | undefined, readUpTo = 0): ChatMessage {
  const { from, seq, clientMsgId } = message;
  const mine = from === userId;
  const state = mine && seq <= readUpTo ? 'read' : 'sent';
  const key = keyOf(clientMsgId, mine ? '' : from);
  return { ...message, key, mine, state };
}

const FIELDS = [
  'key',
  'conversationId',
  'clientMsgId',
  'from',
  'mine',
  'content',
  'sentAt',
  'state',
  'seq',
  'messageId',
  'rev',
  'editedAt',
  'replyTo',
  'mentions',
  'reactions',
  'pinned',
  'error',
  'uploads',
] as const satisfies (keyof ChatMessage)[];

/** A snapshot of an own message: unlike the original it never changes. */
export function copyOf(message: ChatMessage): ChatMessage {
  return Object.fromEntries(FIELDS.map((field) => [field, message[field]])) as unknown as ChatMessage;
}

/** Whether the two copies look the same. */
export function isSame(a: ChatMessage, b: ChatMessage): boolean {
  const plain = ['state', 'seq', 'sentAt', 'from', 'error', 'uploads', 'rev'] as const;
  const deep = ['reactions', 'content'] as const;
  return (
    plain.every((field) => a[field] === b[field]) &&
    deep.every((field) => JSON.stringify(a[field]) === JSON.stringify(b[field]))
  );
}
