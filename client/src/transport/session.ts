import type { Message } from '../../../protocol/frames.ts';
import {
  DisconnectedError,
  type ImError,
  RefusedError,
  SessionClosedError,
  TimeoutError,
} from '../model/errors.ts';
import { HEARTBEAT_INTERVAL_MS, REPLY_TIMEOUT_MS } from '../model/limits.ts';
import type { Cancel, Environment, Socket } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import {
  type Action,
  type ConversationPush,
  type DeskPush,
  type Fields,
  parseFrame,
  type Reply,
  type ReplyFrame,
  type Target,
} from './frames.ts';

export interface SessionEvents {
  /** Messages that nobody asked for; may come before `welcome` (IM-FRAME-7). */
  onMessages(messages: readonly Message[]): void;
  onPush(push: ConversationPush): void;
  onDesk(push: DeskPush): void;
  /** The open session is over, by the network, by silence, or by the server. Once; never after `close`. */
  onLost(error: ImError): void;
}

interface PendingReply {
  /** When the last frame had come when it was asked. */
  readonly heardAtMs: number | undefined;
  readonly cancelTimeout: Cancel;
  resolve(frame: ReplyFrame): void;
  reject(error: ImError): void;
}

/** One socket from its opening to its end: frames and their replies, heartbeats, and noticing its death. */
export class Session {
  /** Resolves when the socket is open; rejects with `disconnected` or `timeout` if that doesn't happen. */
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  readonly #environment: Environment;
  readonly #events: SessionEvents;
  readonly #logger: Logger;
  readonly #pending = new Map<string, PendingReply>();
  #nextId = 1;
  #state: 'opening' | 'open' | 'over' = 'opening';
  /** When the last frame came, by the wall clock. */
  heardAtMs: number | undefined;
  #probeId = '';
  #heartbeatIntervalMs: number = HEARTBEAT_INTERVAL_MS;
  #cancelBeat: Cancel = () => {};
  #cancelExpiry: Cancel = () => {};

  constructor(socket: Socket, environment: Environment, events: SessionEvents, logger: Logger) {
    this.#socket = socket;
    this.#environment = environment;
    this.#events = events;
    this.#logger = logger;
    this.opened = this.#open();
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /**
   * Sends a frame, resolves to its reply. Rejects with `RefusedError` for an error frame, `TimeoutError` if nothing
   * answers within 10 s (the gateway's own frames are no answer, IM-FRAME-6), `DisconnectedError` if the socket goes.
   */
  request<A extends Action>(action: A, fields: Fields<A>): Promise<Reply<A>> {
    if (this.#state === 'over') return Promise.reject(new DisconnectedError());
    const id = String(this.#nextId++);
    return new Promise<Reply<A>>((resolve, reject) => {
      this.#pending.set(id, {
        heardAtMs: this.heardAtMs,
        cancelTimeout: this.#environment.after(REPLY_TIMEOUT_MS, () => this.#onTimeout(id, action)),
        resolve: resolve as (frame: ReplyFrame) => void,
        reject,
      });
      this.#send({ action, id, ...fields });
    });
  }

  /** Sends a frame that has no reply. */
  tellTyping(target: Target, typing: boolean): void {
    if (this.#state === 'open') this.#send({ action: 'typing', ...target, typing });
  }

  /** Finds out whether the socket is alive: no sign in 10 s ends the session. One probe at a time. */
  probe(): void {
    if (this.#pending.has(this.#probeId) || this.#state !== 'open') return;
    this.#probeId = String(this.#nextId);
    this.request('heartbeat', {}).catch((error: unknown) => this.#logger.debug('no heartbeat', { error }));
  }

  /** Ends it for a reason of this side's, which `onLost` hears. */
  fail(error: ImError): void {
    this.#lose(error);
  }

  /** How long this side may be silent (milliseconds), as `welcome` says. */
  beatEvery(heartbeatIntervalMs: number): void {
    this.#heartbeatIntervalMs = heartbeatIntervalMs;
    this.#restBeat();
  }

  /** When the session ends, as `welcome` and `renew` say: milliseconds from now. */
  expireIn(delayMs: number): void {
    this.#cancelExpiry();
    if (this.#state !== 'over')
      this.#cancelExpiry = this.#environment.after(Math.max(0, delayMs), () => this.#expire());
  }

  /** Ends it from this side, without a word to `onLost`. Requests under way reject. */
  close(): void {
    this.#end(new DisconnectedError('this side closed the connection'));
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
        new DisconnectedError(this.#state === 'opening' ? 'the connection could not be opened' : undefined),
      );
    // A close always follows; without a handler some implementations throw.
    this.#socket.onerror = () => {};
    return opened;
  }

  #failOpening: (error: ImError) => void = () => {};

  #onFrame(data: unknown): void {
    if (this.#state === 'over') return;
    this.heardAtMs = this.#environment.wallClockMs();
    const frame = parseFrame(data);
    if (frame === undefined) return;
    switch (frame.type) {
      case 'messages':
        this.#events.onMessages(frame.messages);
        break;
      case 'read':
      case 'recalled':
      case 'typing':
        this.#events.onPush(frame);
        break;
      case 'desk.assigned':
      case 'desk.updated':
        this.#events.onDesk(frame);
        break;
      case 'session.closed':
        this.#lose(new SessionClosedError(frame.code, frame.reconnect));
        break;
      case 'error':
        this.#onErrorFrame(new RefusedError(frame), frame.id);
        break;
      default:
        this.#take(frame.id)?.resolve(frame);
    }
  }

  #onErrorFrame(error: RefusedError, id: string | null): void {
    // Nothing goes through this session any more; what was asked goes through the next.
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
    // Not a byte since: the socket is dead, whatever it claims. Otherwise just this reply was lost.
    if (this.heardAtMs === pending.heardAtMs)
      this.#lose(new DisconnectedError('the connection is dead', error));
  }

  /** A heartbeat is due only after this side has been silent for the whole interval (IM-BEAT). */
  #restBeat(): void {
    this.#cancelBeat();
    if (this.#state === 'over') return;
    this.#cancelBeat = this.#environment.after(this.#heartbeatIntervalMs, () => this.probe());
  }

  #expire(): void {
    this.#lose(new SessionClosedError('expired', true));
  }

  #lose(error: ImError): void {
    const wasOpen = this.#state === 'open';
    this.#end(error);
    if (wasOpen) this.#events.onLost(error);
  }

  #end(error: ImError): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#cancelBeat();
    this.#cancelExpiry();
    this.#failOpening(error);
    for (const pending of this.#pending.values()) {
      pending.cancelTimeout();
      pending.reject(new DisconnectedError(undefined, error));
    }
    this.#pending.clear();
    // The handlers stay: closing a socket that is still connecting reports an error, which needs a listener.
    this.#socket.close();
  }
}
