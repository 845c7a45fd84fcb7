import type { ServerFrame } from '../../../protocol/actions.ts';
import type { Message } from '../../../protocol/frames.ts';
import {
  DisconnectedError,
  type ImError,
  RefusedError,
  SessionClosedError,
  TimeoutError,
} from '../model/errors.ts';
import { HEARTBEAT_INTERVAL_MS, REPLY_TIMEOUT_MS } from '../model/limits.ts';
import { Deferred } from '../support/deferred.ts';
import type { Cancel, Environment, Socket } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import type { Action, Fields, Reply } from './exchanges.ts';
import type { ConversationPush } from './frames.ts';

/** Receives what the server pushes. */
export interface PushListener {
  /** May be called before `welcome` (IM-FRAME-7). */
  onMessages(messages: readonly Message[]): void;
  onPush(push: ConversationPush): void;
  /** Called with each push of another type, such as the desk's and those of an app's own routes. */
  onFrame(frame: unknown): void;
  /** Called with the server's time, in epoch milliseconds, of each heartbeat's reply. */
  onServerTime(epochMs: number): void;
  /** Called when the server refuses a frame because the user's budget is used up (IM-BUDGET-1). */
  onLimited(retryAfterMs: number): void;
}

/** Provides the session that requests go through. */
export interface SessionSource {
  /** Null without a connection. */
  readonly current: Session | null;
  /** @throws DisconnectedError without a connection. */
  require(): Session;
}

interface PendingReply {
  readonly cancelTimeout: Cancel;
  readonly reply: Deferred<unknown>;
}

/** No push of an app's own may have an id that starts with this. */
const ID_PREFIX = 'im-';

/** One socket from its opening to its end: requests and replies, heartbeats, and detecting that it is dead. */
export class Session {
  readonly #opened = new Deferred<void>();
  readonly #socket: Socket;
  readonly #url: string;
  readonly #environment: Environment;
  readonly #listener: PushListener;
  readonly #onLost: (error: ImError) => void;
  readonly #logger: Logger;
  readonly #pending = new Map<string, PendingReply>();
  #nextId = 1;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  /** When the last frame arrived, by the wall clock. */
  heardAtMs: number | undefined;
  #heard = 0;
  #probeId = '';
  /** Until then, frames without a reply would only be refused, and each refusal is charged. */
  #quietUntilMs = 0;
  #heartbeatIntervalMs: number = HEARTBEAT_INTERVAL_MS;
  #cancelBeat: Cancel = () => {};
  #cancelExpiry: Cancel = () => {};
  #cancelVerdict: Cancel = () => {};

  /** `onLost`: the open session has ended, because of the network, silence, or the server. Never after `close`. */
  constructor(
    socket: Socket,
    url: string,
    environment: Environment,
    logger: Logger,
    listener: PushListener,
    onLost: (error: ImError) => void,
  ) {
    this.#socket = socket;
    this.#url = url;
    this.#environment = environment;
    this.#listener = listener;
    this.#onLost = onLost;
    this.#logger = logger;
    this.#open();
  }

  /** Resolves when the socket is open; rejects with `disconnected` or `timeout` if it doesn't open. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * Sends a frame and resolves to its reply. Rejects with `RefusedError` for an error frame, `TimeoutError` without a
   * reply in 10 s (the gateway's own frames are no reply, IM-FRAME-6), `DisconnectedError` if the socket closes.
   */
  request<A extends Action>(action: A, fields: Fields<A>): Promise<Reply<A>> {
    const heard = this.#heard;
    return this.#ask(action, fields, (error) => {
      // If no frame has arrived since, the socket is dead, whatever its state. Otherwise only this reply was lost.
      if (this.#heard === heard) this.#lose(new DisconnectedError(undefined, error));
    }) as Promise<Reply<A>>;
  }

  /** The same for an action that the protocol lacks. Its route may be slow, so silence says nothing about the socket. */
  requestOther(action: string, fields: object): Promise<unknown> {
    return this.#ask(action, fields, () => this.probe());
  }

  #ask(action: string, fields: object, onTimeout: (error: TimeoutError) => void): Promise<unknown> {
    if (this.#state === 'closed') return Promise.reject(new DisconnectedError());
    const id = ID_PREFIX + this.#nextId++;
    const reply = new Deferred<unknown>();
    const cancelTimeout = this.#environment.after(REPLY_TIMEOUT_MS, () => {
      const error = new TimeoutError(action, REPLY_TIMEOUT_MS);
      this.#replyTo(id)?.reject(error);
      onTimeout(error);
    });
    this.#pending.set(id, { cancelTimeout, reply });
    this.#send({ ...fields, action, id });
    return reply.promise;
  }

  /** Sends a frame that has no reply. Only while the session is open. */
  tell(action: 'typing' | 'live', fields: object): void {
    if (this.#environment.nowMs() >= this.#quietUntilMs) this.#send({ ...fields, action });
  }

  /** Checks that the socket is alive: if no frame arrives in time, the session ends. One probe at a time. */
  probe(withinMs: number = REPLY_TIMEOUT_MS): void {
    if (this.#state !== 'open') return;
    const heard = this.#heard;
    this.#cancelVerdict();
    if (withinMs < REPLY_TIMEOUT_MS)
      this.#cancelVerdict = this.#environment.after(withinMs, () => {
        if (this.#heard === heard) this.#lose(new DisconnectedError());
      });
    if (this.#pending.has(this.#probeId)) return;
    this.#probeId = ID_PREFIX + this.#nextId;
    this.request('heartbeat', {}).then(
      ({ serverTime }) => this.#listener.onServerTime(serverTime),
      // A failed probe ends the socket, which is reported then.
      () => {},
    );
  }

  /** Ends the session with this error and calls `onLost`. */
  fail(error: ImError): void {
    this.#lose(error);
  }

  /** Sets how long this side may be silent, from `welcome`. */
  beatEvery(heartbeatIntervalMs: number): void {
    this.#heartbeatIntervalMs = heartbeatIntervalMs;
    this.#restBeat();
  }

  /** Sets when the session ends, from `welcome` and `renew`: milliseconds from now. */
  expireIn(delayMs: number): void {
    this.#cancelExpiry();
    if (this.#state !== 'closed')
      this.#cancelExpiry = this.#environment.after(Math.max(0, delayMs), () => this.#expire());
  }

  /** Ends the session without calling `onLost`. Pending requests reject. */
  close(): void {
    this.#end(new DisconnectedError());
  }

  #send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
    this.#restBeat();
  }

  #open(): void {
    // The timer of the heartbeat: the first beat follows the opening.
    this.#cancelBeat = this.#environment.after(REPLY_TIMEOUT_MS, () =>
      this.#lose(new TimeoutError(this.#url, REPLY_TIMEOUT_MS)),
    );
    this.#socket.onopen = () => {
      if (this.#state !== 'opening') return;
      this.#state = 'open';
      this.#restBeat();
      this.#opened.resolve();
    };
    this.#socket.onmessage = (event: { readonly data: unknown }) => this.#onFrame(event.data);
    this.#socket.onclose = () =>
      this.#lose(
        new DisconnectedError(this.#state === 'opening' ? `could not connect to ${this.#url}` : undefined),
      );
    // A close event always follows. Without a handler some implementations throw.
    this.#socket.onerror = () => {};
  }

  #onFrame(data: unknown): void {
    if (this.#state === 'closed') return;
    this.heardAtMs = this.#environment.wallClockMs();
    this.#heard += 1;
    try {
      this.#take(JSON.parse(String(data)));
    } catch (error) {
      // A frame that is malformed, or no JSON, such as the gateway's own: Node ends a program whose handler throws.
      this.#logger.warn('bad frame', { error });
    }
  }

  /** The gateway's own frames have no type (IM-FRAME-6). Later versions of the protocol may send other types (IM-FRAME-1). */
  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case 'messages':
        this.#listener.onMessages(frame.messages);
        break;
      case 'read':
      case 'changed':
      case 'typing':
        this.#listener.onPush(frame);
        break;
      case 'session.closed':
        this.#lose(new SessionClosedError(frame.code, frame.reconnect, frame));
        break;
      case 'error':
        this.#onErrorFrame(new RefusedError(frame), frame.id);
        break;
      default:
        if (typeof frame.type === 'string') this.#onOther(frame);
    }
  }

  /** A reply, or a push that this client does not know. A reply that comes too late is neither. */
  #onOther(frame: object): void {
    const id = String((frame as { readonly id?: unknown }).id);
    if (id.startsWith(ID_PREFIX)) this.#replyTo(id)?.resolve(frame);
    else this.#listener.onFrame(frame);
  }

  #onErrorFrame(error: RefusedError, id: string | null): void {
    const { code, retryAfterMs = 0 } = error;
    if (code === 'rate_limited') {
      this.#listener.onLimited(retryAfterMs);
      if (id === null) this.#quietUntilMs = this.#environment.nowMs() + retryAfterMs;
    }
    // This session takes no more requests; they are retried on the next one.
    if (code === 'session_expired') this.#expire();
    else if (id === null) this.#logger.warn('the server refused a frame', { code });
    else this.#replyTo(id)?.reject(error);
  }

  #replyTo(id: string): Deferred<unknown> | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.cancelTimeout();
    return pending?.reply;
  }

  /** A heartbeat is due only after this side has been silent for the whole interval (IM-BEAT). */
  #restBeat(): void {
    this.#cancelBeat();
    if (this.#state === 'closed') return;
    this.#cancelBeat = this.#environment.after(this.#heartbeatIntervalMs, () => this.probe());
  }

  #expire(): void {
    this.#lose(new SessionClosedError('expired', true));
  }

  #lose(error: ImError): void {
    const wasOpen = this.#state === 'open';
    this.#end(error);
    if (wasOpen) this.#onLost(error);
  }

  #end(error: ImError): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelBeat();
    this.#cancelExpiry();
    this.#cancelVerdict();
    this.#opened.reject(error);
    for (const id of this.#pending.keys()) this.#replyTo(id)?.reject(new DisconnectedError(undefined, error));
    // The handlers stay: closing a socket that is still connecting emits an error, which needs a handler.
    this.#socket.close();
  }
}
