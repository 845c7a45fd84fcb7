import type { Message } from '../../../protocol/frames.ts';
import {
  DisconnectedError,
  type ImError,
  RefusedError,
  SessionClosedError,
  TimeoutError,
} from '../model/errors.ts';
import type { DeskPush } from '../model/events.ts';
import { HEARTBEAT_INTERVAL_MS, REPLY_TIMEOUT_MS } from '../model/limits.ts';
import type { Target } from '../model/target.ts';
import type { Cancel, Environment, Socket } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import { type Action, type Fields, isReply, type Reply } from './exchanges.ts';
import { type ConversationPush, parseFrame } from './frames.ts';

/** Receives what the server pushes. */
export interface PushListener {
  /** May be called before `welcome` (IM-FRAME-7). */
  onMessages(messages: readonly Message[]): void;
  onPush(push: ConversationPush): void;
  onDesk(push: DeskPush): void;
  /** Called with the server's time, in epoch milliseconds, of each heartbeat's reply. */
  onServerTime(epochMs: number): void;
}

/** Provides the session that requests go through. */
export interface SessionSource {
  /** Null without a connection. */
  readonly current: Session | null;
  /** @throws DisconnectedError without a connection. */
  require(): Session;
}

interface PendingReply {
  /** How many frames the session had heard at the time of the request. */
  readonly heard: number;
  readonly cancelTimeout: Cancel;
  resolve(frame: Reply<Action>): void;
  reject(error: ImError): void;
}

/** One socket from its opening to its end: requests and replies, heartbeats, and detecting that it is dead. */
export class Session {
  /** Resolves when the socket is open; rejects with `disconnected` or `timeout` if it doesn't open. */
  readonly opened: Promise<void>;
  readonly #socket: Socket;
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
  #heartbeatIntervalMs: number = HEARTBEAT_INTERVAL_MS;
  #cancelBeat: Cancel = () => {};
  #cancelExpiry: Cancel = () => {};
  #cancelVerdict: Cancel = () => {};

  /** `onLost`: the open session has ended, because of the network, silence, or the server. Never after `close`. */
  constructor(
    socket: Socket,
    environment: Environment,
    logger: Logger,
    listener: PushListener,
    onLost: (error: ImError) => void,
  ) {
    this.#socket = socket;
    this.#environment = environment;
    this.#listener = listener;
    this.#onLost = onLost;
    this.#logger = logger;
    this.opened = this.#open();
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * Sends a frame and resolves to its reply. Rejects with `RefusedError` for an error frame, `TimeoutError` without a
   * reply in 10 s (the gateway's own frames are no reply, IM-FRAME-6), `DisconnectedError` if the socket closes.
   */
  request<A extends Action>(action: A, fields: Fields<A>): Promise<Reply<A>> {
    if (this.#state === 'closed') return Promise.reject(new DisconnectedError());
    const id = String(this.#nextId++);
    return new Promise<Reply<A>>((resolve, reject) => {
      this.#pending.set(id, {
        heard: this.#heard,
        cancelTimeout: this.#environment.after(REPLY_TIMEOUT_MS, () => this.#onTimeout(id, action)),
        resolve: resolve as (frame: Reply<Action>) => void,
        reject,
      });
      this.#send({ action, id, ...fields });
    });
  }

  /** Sends a frame that has no reply. */
  sendTyping(target: Target, typing: boolean): void {
    if (this.#state === 'open') this.#send({ action: 'typing', ...target, typing });
  }

  /** Checks that the socket is alive: if no frame arrives in time, the session ends. One probe at a time. */
  probe(withinMs: number = REPLY_TIMEOUT_MS): void {
    if (this.#state !== 'open') return;
    const heard = this.#heard;
    this.#cancelVerdict();
    if (withinMs < REPLY_TIMEOUT_MS)
      this.#cancelVerdict = this.#environment.after(withinMs, () => {
        if (this.#heard === heard) this.#lose(new DisconnectedError('the connection is dead'));
      });
    if (this.#pending.has(this.#probeId)) return;
    this.#probeId = String(this.#nextId);
    this.request('heartbeat', {}).then(
      ({ serverTime }) => this.#listener.onServerTime(serverTime),
      (error: unknown) => this.#logger.debug('no heartbeat', { error }),
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
    this.#end(new DisconnectedError('the client closed the connection'));
  }

  #send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
    this.#restBeat();
  }

  #open(): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      const cancel = this.#environment.after(REPLY_TIMEOUT_MS, () =>
        this.#lose(new TimeoutError('opening the connection', REPLY_TIMEOUT_MS)),
      );
      this.#socket.onopen = () => {
        cancel();
        if (this.#state === 'opening') this.#state = 'open';
        this.#restBeat();
        resolve();
      };
      this.#failOpening = (error) => {
        cancel();
        reject(error);
      };
    });
    opened.catch(() => {});
    this.#socket.onmessage = (event: { readonly data: unknown }) => this.#onFrame(event.data);
    this.#socket.onclose = () =>
      this.#lose(
        new DisconnectedError(this.#state === 'opening' ? 'could not open the connection' : undefined),
      );
    // A close event always follows. Without a handler some implementations throw.
    this.#socket.onerror = () => {};
    return opened;
  }

  #failOpening: (error: ImError) => void = () => {};

  #onFrame(data: unknown): void {
    if (this.#state === 'closed') return;
    this.heardAtMs = this.#environment.wallClockMs();
    this.#heard += 1;
    const frame = parseFrame(data);
    if (frame === undefined) return;
    switch (frame.type) {
      case 'messages':
        this.#listener.onMessages(frame.messages);
        break;
      case 'read':
      case 'recalled':
      case 'typing':
        this.#listener.onPush(frame);
        break;
      case 'desk.assigned':
      case 'desk.updated':
        this.#listener.onDesk(frame);
        break;
      case 'session.closed':
        this.#lose(new SessionClosedError(frame.code, frame.reconnect));
        break;
      case 'error':
        this.#onErrorFrame(new RefusedError(frame), frame.id);
        break;
      default:
        if (isReply(frame)) this.#take(frame.id)?.resolve(frame);
    }
  }

  #onErrorFrame(error: RefusedError, id: string | null): void {
    // This session takes no more requests; they are retried on the next one.
    if (error.code === 'session_expired') this.#expire();
    else if (id === null) this.#logger.warn('the server could not read a frame', { code: error.code });
    else this.#take(id)?.reject(error);
  }

  #take(id: string): PendingReply | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.cancelTimeout();
    return pending;
  }

  #onTimeout(id: string, action: Action): void {
    const pending = this.#take(id);
    if (pending === undefined) return;
    const error = new TimeoutError(action, REPLY_TIMEOUT_MS);
    pending.reject(error);
    // If no frame has arrived since, the socket is dead, whatever its state. Otherwise only this reply was lost.
    if (this.#heard === pending.heard) this.#lose(new DisconnectedError('the connection is dead', error));
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
    this.#failOpening(error);
    for (const pending of this.#pending.values()) {
      pending.cancelTimeout();
      pending.reject(new DisconnectedError(undefined, error));
    }
    this.#pending.clear();
    // The handlers stay: closing a socket that is still connecting emits an error, which needs a handler.
    this.#socket.close();
  }
}
