import type { Message, Sent } from '../../../protocol/frames.ts';
import type { OutgoingFiles } from '../files/outgoing-files.ts';
import { ImError, RefusedError, toImError } from '../model/errors.ts';
import { MAX_CONTENT_BYTES } from '../model/limits.ts';
import type { Target } from '../model/target.ts';
import type { Environment } from '../support/environment.ts';
import type { SendFields } from '../transport/exchanges.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import type { Destination, OutgoingMessage, Stored } from './outgoing-message.ts';

/** The part of a session that the outbox uses. */
export interface Sender {
  request(action: 'sendMessage', fields: SendFields): Promise<Stored>;
}

/** Keeps unsent messages when the program ends. */
export interface Journal {
  /** Stores a message to send, or one that was refused. */
  keep(message: OutgoingMessage, refusal?: RefusedError): void;
  /** Removes a message that was sent or discarded. */
  forget(message: OutgoingMessage): void;
}

/** What messages with files need: see `files/uploader.ts`. */
export interface Uploads {
  /** Uploads the files that are not uploaded yet. Resolves without their `ids` if the connection is lost meanwhile. */
  upload(files: OutgoingFiles, target: Target, isOnline: () => boolean): Promise<void>;
  /**
   * A message whose files are uploaded was refused. Resolves to the message if an earlier attempt has stored it, to true if the
   * files are to be uploaded once more, otherwise to false.
   */
  mend(message: OutgoingMessage, error: ImError): Promise<Message | boolean>;
}

export interface OutboxPorts {
  readonly policy: RetryPolicy;
  readonly environment: Pick<Environment, 'after'>;
  /** Without one, unsent messages are lost when the program ends. */
  readonly journal?: Journal | undefined;
  readonly uploads: Uploads;
  /** Called when the server has stored the message. */
  onSent(message: OutgoingMessage, sent: Sent): void;
}

/**
 * Sends messages, one at a time per conversation to keep their order (IM-SEND-4). A message whose outcome is unknown
 * (no answer, `unavailable`, `internal`, a lost connection) or that was `rate_limited` is sent again with the same
 * `clientMsgId` until the outcome is known. The server stores it once (IM-SEND-1, IM-SEND-2).
 */
export class Outbox {
  readonly #ports: OutboxPorts;
  /** All pending and failed messages, in the order they were written. */
  readonly #written: OutgoingMessage[] = [];
  /** The pending and the claimed ones, in the order they are sent: a retry comes last. */
  readonly #queue: OutgoingMessage[] = [];
  /** Conversations with a message that is being sent or waits for a retry. */
  readonly #busy = new Set<string>();
  #sender: Sender | null = null;
  /** The reason why the connection has ended for good, until `reopen`. */
  #ended: ImError | undefined;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  add(message: OutgoingMessage): void {
    this.#written.push(message);
    this.#enqueue(message);
  }

  #enqueue(message: OutgoingMessage): void {
    const { content, mentions } = message;
    // The gateway closes the socket on a frame above 32 KB, so a retry would never succeed.
    if (byteLength(JSON.stringify(content) + (JSON.stringify(mentions) ?? '')) > MAX_CONTENT_BYTES) {
      this.#fail(message, tooLarge());
      return;
    }
    this.#ports.journal?.keep(message);
    this.#queue.push(message);
    this.#flush();
  }

  /** Takes an earlier run's messages: unsent ones, and refused ones with their refusal. */
  restore(messages: readonly (readonly [message: OutgoingMessage, refusal: ImError | undefined])[]): void {
    const unsent: OutgoingMessage[] = [];
    for (const [message, refusal] of messages) {
      if (refusal === undefined) unsent.push(message);
      else message.fail(refusal);
    }
    // They are older than all messages of this run.
    this.#written.unshift(...messages.map(([message]) => message));
    this.#queue.unshift(...unsent);
    this.#flush();
  }

  /** Whether a message of the conversation with this id is here. An id counts in its conversation only (IM-SEND-2). */
  has(destination: Destination, clientMsgId: string): boolean {
    return [...this.#written, ...this.#queue].some(
      (one) => one.clientMsgId === clientMsgId && isSame(one.destination, destination),
    );
  }

  /** The pending and failed messages of a conversation, in the order they were written. */
  messagesOf(destination: Destination): OutgoingMessage[] {
    return this.#written.filter((message) => isSame(message.destination, destination));
  }

  /** Queues a failed message of the conversation again, after all pending ones. Returns undefined if none with this id has failed. */
  retry(destination: Destination, clientMsgId: string): Promise<Sent> | undefined {
    const message = this.#find(destination, clientMsgId);
    if (message?.state !== 'failed') return undefined;
    message.restart();
    this.#enqueue(message);
    return message.acked;
  }

  /**
   * Removes a message of the conversation that has failed, or whose files are being uploaded. Returns undefined if there is
   * none with this id.
   */
  discard(destination: Destination, clientMsgId: string): OutgoingMessage | undefined {
    const message = this.#find(destination, clientMsgId);
    if (message?.state === 'failed') {
      this.#forget(message);
      return message;
    }
    if (message?.files === undefined || message.mayBeStored) return undefined;
    this.#forget(message);
    message.fail(new ImError('cancelled', 'the message was cancelled', { retryable: false }));
    this.#flush();
    return message;
  }

  #find(destination: Destination, clientMsgId: string): OutgoingMessage | undefined {
    return this.messagesOf(destination).find((message) => message.clientMsgId === clientMsgId);
  }

  /** Sends through a session that the server has welcomed. */
  resume(sender: Sender): void {
    this.#sender = sender;
    this.#flush();
  }

  pause(): void {
    this.#sender = null;
  }

  /** Lets messages wait again, since the program wants a connection again. */
  reopen(): void {
    this.#ended = undefined;
  }

  /**
   * Fails all pending messages, and later ones until `reopen`, since the connection has closed for good. The program may
   * `retry` them; the journal keeps them as unsent, so the next run sends them.
   */
  failAll(error: ImError): void {
    this.#ended = error;
    this.pause();
    // A claimed one is sent; the next run repeats it, too.
    for (const message of this.#queue.splice(0)) if (!message.isStored) message.fail(error);
  }

  /** Drops a message here, but not from the journal: it belongs to another user. */
  withdraw(message: OutgoingMessage): void {
    remove(this.#written, message);
    remove(this.#queue, message);
    message.files?.stop();
  }

  /**
   * Checks whether a message from the server is one that is pending or failed here. If so, it counts as sent. This client goes on
   * repeating it until its ack: the function that stored it may have died before it told anybody.
   */
  claim(message: Message): boolean {
    const { clientMsgId, conversationId } = message;
    const own = this.#written.find(
      (one) =>
        one.clientMsgId === clientMsgId && one.conversationId === conversationId && one.from === message.from,
    );
    if (own === undefined) return false;
    // Its content is what a hook made of it (IM-HOOK-3).
    const sent = { ...message, duplicate: true };
    // Files that are not uploaded: another run has sent it, and there is nothing to repeat.
    if (own.files !== undefined && own.files.ids === undefined) this.#succeed(own, sent);
    else {
      if (own.state === 'failed') {
        this.#ports.journal?.keep(own);
        this.#queue.push(own);
      }
      remove(this.#written, own);
      this.#tell(own, sent);
      this.#flush();
    }
    return true;
  }

  #flush(): void {
    if (this.#ended !== undefined) this.failAll(this.#ended);
    // Files keep their order among each other. Nobody expects that a text waits for a video.
    const uploading = new Set<string>();
    for (const message of [...this.#queue]) {
      const { conversationId, files } = message;
      if (this.#sender === null || conversationId === undefined) continue;
      if (files !== undefined && files.ids === undefined) {
        uploading.add(conversationId);
        this.#upload(message, files);
      }
      const waits = files !== undefined && uploading.has(conversationId);
      if (waits || this.#busy.has(conversationId)) continue;
      this.#busy.add(conversationId);
      void this.#send(message, conversationId, this.#sender, 0);
    }
  }

  #upload(message: OutgoingMessage, files: OutgoingFiles): void {
    if (files.isRunning) return;
    files.isRunning = true;
    const { signal } = files;
    const end = (error?: ImError): void => {
      // Stopped: the message is gone or has failed, and may be uploaded anew already.
      if (signal.aborted) return;
      files.isRunning = false;
      if (error !== undefined) this.#fail(message, error);
      // A later run must send the same ids: with others, the server would not recognize the message.
      else if (files.ids !== undefined) this.#ports.journal?.keep(message);
      this.#flush();
    };
    this.#ports.uploads
      .upload(files, message.destination.target, () => this.#sender !== null)
      .then(
        () => end(),
        (cause: unknown) => end(toImError(cause)),
      );
  }

  async #send(
    message: OutgoingMessage,
    conversationId: string,
    sender: Sender,
    attempt: number,
  ): Promise<void> {
    try {
      const sent = await sender.request('sendMessage', message.nextRequest());
      if (this.#isOpen(message)) this.#succeed(message, sent);
    } catch (cause) {
      const error = toImError(cause);
      if (error.code === 'disconnected' && this.#sender === sender) this.pause();
      const delayMs = this.#resendDelayMs(message, error, attempt);
      if (delayMs !== null) {
        this.#resendAfter(delayMs, message, conversationId, attempt + 1);
        return;
      }
      const isMended = await this.#mend(message, error);
      if (!isMended && this.#isOpen(message) && error.code !== 'disconnected') this.#fail(message, error);
    }
    this.#next(conversationId);
  }

  /** Of a message with files, solves what sending it again would not. Returns whether it did. */
  async #mend(message: OutgoingMessage, error: ImError): Promise<boolean> {
    if (message.files === undefined || message.state !== 'pending') return false;
    const mended = await this.#ports.uploads.mend(message, error).catch(() => false as const);
    if (mended instanceof Object && message.state === 'pending')
      this.#succeed(message, { ...mended, duplicate: true });
    return mended !== false;
  }

  /** Null: no automatic retry, or only on the next session. */
  #resendDelayMs(message: OutgoingMessage, error: ImError, attempt: number): number | null {
    if (!this.#isOpen(message) || !isWorthRepeating(error)) return null;
    return this.#ports.policy.nextDelayMs({ attempt, error });
  }

  #resendAfter(delayMs: number, message: OutgoingMessage, conversationId: string, attempt: number): void {
    this.#ports.environment.after(delayMs, () => {
      // Not open: the outcome is known by now. No session: the next one starts with a fresh attempt.
      if (!this.#isOpen(message) || this.#sender === null) this.#next(conversationId);
      else void this.#send(message, conversationId, this.#sender, attempt);
    });
  }

  #next(conversationId: string): void {
    this.#busy.delete(conversationId);
    this.#flush();
  }

  #isOpen(message: OutgoingMessage): boolean {
    return this.#queue.includes(message);
  }

  /** Ends the repeats of a claimed message, whose outcome is known. Returns whether it is one. */
  #endClaimed(message: OutgoingMessage): boolean {
    if (message.isStored) this.#forget(message);
    return message.isStored;
  }

  #succeed(message: OutgoingMessage, sent: Stored): void {
    if (this.#endClaimed(message)) return;
    this.#forget(message);
    this.#tell(message, sent);
  }

  #tell(message: OutgoingMessage, sent: Stored): void {
    message.succeed(sent);
    this.#ports.onSent(message, sent);
  }

  #fail(message: OutgoingMessage, error: ImError): void {
    if (this.#endClaimed(message)) return;
    if (error instanceof RefusedError) this.#ports.journal?.keep(message, error);
    remove(this.#queue, message);
    message.fail(error);
  }

  #forget(message: OutgoingMessage): void {
    this.#ports.journal?.forget(message);
    this.withdraw(message);
  }
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}

function isSame(a: Destination, b: Destination): boolean {
  return a === b || (a.id !== undefined && a.id === b.id);
}

/** In UTF-8. `JSON.stringify` has escaped lone surrogates, for which `encodeURIComponent` would throw. */
export function byteLength(json: string): number {
  return encodeURIComponent(json).replace(/%../g, '.').length;
}

export function tooLarge(): RefusedError {
  const message = `content exceeds ${MAX_CONTENT_BYTES} bytes`;
  return new RefusedError({ code: 'payload_too_large', message, retryable: false });
}

/** Whether to retry on the same session. */
function isWorthRepeating(error: ImError): boolean {
  return error.retryable && error.code !== 'disconnected' && error.code !== 'closed';
}
