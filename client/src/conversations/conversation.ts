import type { AttachmentLink } from '../../../protocol/attachments.ts';
import type { Message, MessageChange, Sent, UserPresence } from '../../../protocol/frames.ts';
import type { FileSource, SendFileOptions } from '../files/file-source.ts';
import { OutgoingFiles } from '../files/outgoing-files.ts';
import type { SentContent } from '../model/content.ts';
import { ImError, invalid, messageOf } from '../model/errors.ts';
import type { ConversationEvents, Gap } from '../model/events.ts';
import { ATTACHMENTS_PER_MESSAGE } from '../model/limits.ts';
import type { ChatMessage, OwnMessage } from '../model/message.ts';
import type { SendOptions } from '../model/send-options.ts';
import type { ConversationSettings } from '../model/settings.ts';
import type { FileData } from '../model/upload.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { type Draft, OutgoingMessage, type Said } from '../outbox/outgoing-message.ts';
import type { Off } from '../support/emitter.ts';
import { type Environment, newId } from '../support/environment.ts';
import type { ServerClock } from '../support/server-clock.ts';
import type { HistoryRange, HttpApi } from '../transport/http-api.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import type { SessionSource } from '../transport/session.ts';
import { type ComposePorts, compose, emitOwn } from './compose.ts';
import type { ConversationList } from './conversation-list.ts';
import type { ConversationState } from './conversation-state.ts';
import type { ReadReceiptSender } from './read-receipt-sender.ts';

/** A page of history. */
export interface HistoryPage {
  /** Ascending by seq. */
  readonly messages: readonly ChatMessage[];
  /** Whether more follow in the direction of paging. */
  readonly hasMore: boolean;
}

export interface ConversationPorts extends ComposePorts {
  readonly policy: RetryPolicy;
  readonly environment: Pick<Environment, 'nowMs' | 'after' | 'random'>;
  readonly clock: Pick<ServerClock, 'now'>;
  readonly sessions: SessionSource;
  readonly http: Pick<HttpApi, 'call' | 'history'>;
  readonly outbox: Pick<Outbox, 'add' | 'retry' | 'discard' | 'messagesOf'>;
  readonly readReceipts: Pick<ReadReceiptSender, 'mark'>;
  readonly list: Pick<ConversationList, 'read' | 'settings' | 'set'>;
  readonly incoming: { changed(message: Message, change?: MessageChange): void };
  readonly sync: { readonly isLive: boolean };
  report(error: unknown): void;
}

/** At most one typing notification in this time. Other clients forget one after some seconds (docs/protocol.md, section 4). */
const TYPING_INTERVAL_MS = 3_000;

/** One conversation: sending, events, and history. Get one from `im.direct` or `im.conversation`. */
export class Conversation {
  /** @internal */
  readonly state: ConversationState;
  /** @internal */
  readonly ports: ConversationPorts;
  #lastTyping: { readonly typing: boolean; readonly atMs: number } | undefined;

  /** @internal */
  constructor(state: ConversationState, ports: ConversationPorts) {
    this.state = state;
    this.ports = ports;
  }

  /** The conversation id. Undefined for a direct conversation until this client has connected once. */
  get id(): string | undefined {
    return this.state.id;
  }

  /** The ids of the users who are typing, in the order they started. The same array until it changes. */
  get typingUsers(): readonly string[] {
    return this.state.typingUsers.users;
  }

  /**
   * This user's own settings of the conversation, as in `ConversationSummary`. The same object until they change; the event
   * `conversations` of the client reports that. Makes no request.
   *
   * @example
   * const { muted, notify = 'all' } = conversation.settings;
   */
  get settings(): ConversationSettings {
    return this.ports.list.settings(this.id ?? '');
  }

  /** The open gaps, ascending (see `Gap`). The same array until it changes. */
  get gaps(): readonly Gap[] {
    return this.state.gaps;
  }

  /**
   * Sends a message. Returns at once, before the message is transmitted, and never throws: the message's `acked` and
   * `state` report the outcome. Without a connection the message waits; after `close`, or if the connection failed for
   * good, it fails at once, and a `store` keeps it for the next client. Messages of a conversation arrive in the order of
   * these calls (IM-SEND-4), and do not wait for files (see `sendFile`).
   *
   * @param content at most 16,384 bytes as JSON in UTF-8, with the mentions; more fails with `payload_too_large`. A value
   * that is no content fails with `invalid_request`, without a `message` event
   * @param options the message that this one answers, and the users it mentions: kept with the content until it is sent
   *
   * @example
   * const message = conversation.send({ type: 'text', text: 'hi' });
   * const { seq } = await message.acked;
   */
  send(content: SentContent, options: SendOptions = {}): OwnMessage {
    const { clock, environment, outbox } = this.ports;
    const clientMsgId = options.clientMsgId ?? newId(environment);
    const [said, flaw] = copyOf({ ...options, clientMsgId, content });
    const draft = { said, writtenAtMs: clock.now() };
    if (flaw !== undefined) return this.#broken(draft, flaw);
    // For the other clients, a message ends the typing.
    this.#lastTyping = undefined;
    const message = compose(this.ports, this.state, draft);
    outbox.add(message);
    return message;
  }

  /** A message that no event mentions. */
  #broken(draft: Draft, flaw: ImError): OwnMessage {
    const message = new OutgoingMessage(this.state, draft, () => {});
    message.fail(flaw);
    return message;
  }

  /**
   * Sends one message with 1 to 10 files. Returns at once and never throws, as `send`: the message is shown `pending`, its `uploads`
   * say how far they are, and it fails with the reason if a file can't be uploaded or is not allowed. The files are uploaded up to
   * three at a time, and again after a failure, never as a second message. Messages with files keep their order among each other;
   * `send` does not wait for an upload. `discard` cancels the message until its files are uploaded; `retry` sends a failed one again.
   *
   * From JPEG, PNG, and WebP of a type `image/…` it removes what the camera has noted, such as the place. All else goes as it is,
   * HEIC, AVIF, GIF, TIFF, and videos too: readers may see where they were taken. Convert such files, or ask the user, if that matters.
   *
   * Uploads start once there is a connection. With a `store` that keeps files, such as `indexedDbStore`, up to 25 MB of them
   * outlive the program.
   *
   * @param files a `File` or `Blob`, or a `FileSource` with what the app knows of it, or several
   *
   * @example
   * const message = conversation.sendFile(input.files, { text: 'Our cat' });
   * await message.acked;
   */
  sendFile(
    files: FileData | FileSource | Iterable<FileData | FileSource>,
    options: SendFileOptions = {},
  ): OwnMessage {
    const { clock, environment, outbox } = this.ports;
    const { text, onProgress, signal, keepMetadata, ...others } = options;
    const clientMsgId = others.clientMsgId ?? newId(environment);
    // JavaScript passes anything, such as a path.
    const list = Symbol.iterator in Object(files) ? [...(files as Iterable<FileData | FileSource>)] : [files];
    const given = list.map((file) => ('data' in Object(file) ? file : { data: file }) as FileSource);
    const sources = given.filter(({ data }) => typeof data?.size === 'number');
    const outgoing = new OutgoingFiles(clientMsgId, { sources, text, keepMetadata });
    const said = { ...others, clientMsgId, content: outgoing.content };
    const draft = { said, writtenAtMs: clock.now(), files: outgoing };
    const flaw = sources.length < given.length ? invalid(NO_FILE) : flawOf(sources, signal);
    if (flaw !== undefined) return this.#broken(draft, flaw);
    this.#lastTyping = undefined;
    const message = compose(this.ports, this.state, draft);
    if (onProgress !== undefined) outgoing.listen(onProgress);
    signal?.addEventListener('abort', () => this.discard(clientMsgId), { once: true });
    outbox.add(message);
    return message;
  }

  /**
   * The links to one file of a message, and to its thumbnail. They work for a minute at least and ten at most, for whoever has them;
   * then ask again. Makes one request for all files of a message, and none while its links are known. Works without a connection.
   *
   * @throws an `ImError` `not_found` if the message was recalled or is not sent yet, the file was removed, or this user may not read
   * the message; what `history` throws
   *
   * @example
   * const { url, thumbnailUrl } = await conversation.attachmentUrl(message, attachmentId);
   */
  async attachmentUrl(message: ChatMessage, attachmentId: string): Promise<AttachmentLink> {
    const { attachmentLink } = await import('../files/attachment-links.ts');
    return attachmentLink(this.ports, this.state, message, attachmentId);
  }

  /**
   * Sends a failed message again with the same `clientMsgId`. If an earlier attempt did reach the server, there is
   * still only one message (IM-SEND-2).
   *
   * @returns what `acked` resolves to
   * @throws what `acked` rejects with; an `ImError` `not_found` if no message with this id has failed
   *
   * @example
   * if (message.state === 'failed') await conversation.retry(message.clientMsgId);
   */
  async retry(clientMsgId: string): Promise<Sent> {
    const acked = this.ports.outbox.retry(this.state, clientMsgId);
    if (acked !== undefined) return acked;
    throw new ImError('not_found', `no failed message ${clientMsgId}`, { retryable: false });
  }

  /**
   * Removes a message that has failed, or whose files are being uploaded, also from the `store`. Returns false if there is none
   * with this id.
   *
   * @example
   * conversation.discard(message.clientMsgId);
   */
  discard(clientMsgId: string): boolean {
    const message = this.ports.outbox.discard(this.state, clientMsgId);
    if (message !== undefined) emitOwn(this.ports, this.state, 'discarded', message);
    return message !== undefined;
  }

  /**
   * Calls `listener` with each event of this name (see `ConversationEvents`). Returns an unsubscribe function.
   *
   * @example
   * const off = conversation.on('typing', ({ users }) => console.log(`typing: ${users.join(', ')}`));
   * off();
   */
  on<Name extends keyof ConversationEvents>(
    name: Name,
    listener: (event: ConversationEvents[Name]) => void,
  ): Off {
    return this.state.events.on(name, listener);
  }

  /**
   * Reads a page of history over HTTP: the latest, or the one before or after a seq. Works without a connection.
   *
   * @throws a `RefusedError` (`not_found` if this user isn't a member), a `NetworkError`, a `TimeoutError` after 10 s,
   * an `UnauthorizedError`
   *
   * @example
   * const latest = await conversation.history({ limit: 20 });
   * const [oldest] = latest.messages;
   * if (oldest?.seq !== undefined) await conversation.history({ before: oldest.seq, limit: 20 });
   */
  async history(range: HistoryRange = {}): Promise<HistoryPage> {
    const state = this.state;
    const { messages, hasMore } = await this.ports.http.history(await state.resolve(), range);
    for (const message of messages) this.ports.incoming.changed(message);
    return { messages: messages.map((message) => state.show(message)), hasMore };
  }

  /**
   * Marks everything up to `seq` as read by this user. Takes effect locally at once; the server is notified as soon as
   * there is a connection, and again after a failure. A lower `seq` than before has no effect; one beyond the last
   * message means the last message.
   *
   * @example
   * conversation.on('message', ({ mine, seq }) => {
   *   if (!mine && seq !== undefined) conversation.markRead(seq);
   * });
   */
  markRead(seq: number): void {
    // A message that was not sent yet has none.
    if (!seq) return;
    const { list, readReceipts, states } = this.ports;
    const { id, target } = this.state;
    const last = id === undefined ? 0 : Math.max(...states.of(id).map(({ lastSeq }) => lastSeq));
    const upTo = Math.min(seq, last || seq);
    readReceipts.mark(target, upTo);
    if (id !== undefined) list.read(id, upTo);
  }

  /**
   * Notifies the others that this user is typing. Call it at each keystroke: it sends at most one notification in three
   * seconds. `false` notifies them that this user has stopped; sending a message does too. Does nothing without a
   * connection.
   *
   * @example
   * input.addEventListener('input', () => conversation.typing(input.value !== ''));
   */
  typing(typing = true): void {
    const session = this.ports.sessions.current;
    const last = this.#lastTyping;
    const nowMs = this.ports.environment.nowMs();
    const isNews = last?.typing === true ? !typing || nowMs - last.atMs >= TYPING_INTERVAL_MS : typing;
    if (session === null || !isNews) return;
    this.#lastTyping = { typing, atMs: nowMs };
    session.tell('typing', { ...this.state.target, typing });
  }

  /**
   * The presence of the members: of both users, or of a group's first hundred.
   *
   * @throws what `Client.presence` throws
   *
   * @example
   * const online = (await conversation.presence()).filter((user) => user.online);
   */
  async presence(): Promise<readonly UserPresence[]> {
    const session = this.ports.sessions.require();
    const conversationId = await this.state.resolve();
    return (await session.request('presence', { conversationId })).users;
  }

  /**
   * Recalls a message for all members: this user's own within two minutes (an option of the deployment), or any message
   * as an admin of the group.
   *
   * @throws a `RefusedError` (`recall_window_passed`, `forbidden`, `not_found`), a `DisconnectedError` without a
   * connection, a `TimeoutError` after 10 s
   *
   * @example
   * await conversation.recall(seq);
   */
  async recall(seq: number): Promise<void> {
    const { incoming, sessions } = this.ports;
    const { message } = await sessions.require().request('recall', { ...this.state.target, seq });
    incoming.changed(message, { kind: 'recalled', by: this.state.userId ?? '' });
  }
}

/** Returns a copy, since a retry must have the content of the first attempt (IM-SEND-2); or the reason why it can't be sent. */
function copyOf(said: Said): [copy: Said, flaw?: ImError] {
  try {
    if (typeof said.content.type === 'string') return [JSON.parse(JSON.stringify(said))];
    throw new TypeError('content has no type');
  } catch (cause) {
    return [said, invalid(`send: ${messageOf(cause)}`, cause)];
  }
}

const NO_FILE =
  'sendFile: takes a File, a Blob, or { data } with one of them or a { uri, size }, no path and no bytes';

/** Why these files can't be a message. */
function flawOf(sources: readonly FileSource[], signal: AbortSignal | undefined): ImError | undefined {
  if (signal?.aborted) return new ImError('cancelled', 'cancelled before it began', { retryable: false });
  if (sources.length < 1 || sources.length > ATTACHMENTS_PER_MESSAGE)
    return invalid(`sendFile: a message has 1 to ${ATTACHMENTS_PER_MESSAGE} files, not ${sources.length}`);
  const bad = sources.find(({ data }) => !(data.size > 0));
  return bad && invalid(`sendFile: ${bad.name ?? bad.data.name ?? 'a file'} is empty`);
}
