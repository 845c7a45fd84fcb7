import type {
  ErrorFrame,
  HeartbeatFrame,
  InboxFrame,
  Message,
  MessageRequest,
  MessagesPush,
  SentFrame,
  SessionClosedPush,
  WelcomeFrame,
} from '../../protocol/frames.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Cancel, Environment, Socket } from './environment.ts';
import { DisconnectedError, type ImError, RefusedError, SessionClosedError, TimeoutError } from './errors.ts';
import type { Logger } from './logger.ts';

interface Exchanges {
  hello: { fields: Record<never, never>; reply: WelcomeFrame };
  ackInbox: { fields: { batch: string }; reply: InboxFrame };
  sendMessage: { fields: MessageRequest; reply: SentFrame };
  heartbeat: { fields: Record<never, never>; reply: HeartbeatFrame };
}

export type Action = keyof Exchanges;
export type Reply<A extends Action> = Exchanges[A]['reply'];

export interface SessionEvents {
  /** Messages that nobody asked for; may come before `welcome` (IM-FRAME-7). */
  onMessages(messages: readonly Message[]): void;
  /** The open session is over, by the network, by silence, or by the server. Once; never after `close`. */
  onLost(error: ImError): void;
}

interface PendingReply {
  /** How many frames had been heard when it was asked. */
  readonly heardBefore: number;
  readonly cancelTimeout: Cancel;
  resolve(frame: HandledFrame): void;
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
  #heard = 0;
  #heartbeatIntervalMs: number = LIMITS.heartbeatIntervalMs;
  #cancelBeat: Cancel = () => {};
  #cancelExpiry: Cancel = () => {};

  constructor(socket: Socket, environment: Environment, events: SessionEvents, logger: Logger) {
    this.#socket = socket;
    this.#environment = environment;
    this.#events = events;
    this.#logger = logger;
    this.opened = this.#open();
  }

  /**
   * Sends a frame, resolves to its reply. Rejects with `RefusedError` for an error frame, `TimeoutError` if nothing
   * answers within 10 s (the gateway's own frames are no answer, IM-FRAME-6), `DisconnectedError` if the socket goes.
   */
  request<A extends Action>(action: A, fields: Exchanges[A]['fields']): Promise<Reply<A>> {
    if (this.#state === 'over') return Promise.reject(new DisconnectedError());
    const id = String(this.#nextId++);
    return new Promise<Reply<A>>((resolve, reject) => {
      this.#pending.set(id, {
        heardBefore: this.#heard,
        cancelTimeout: this.#environment.after(LIMITS.replyTimeoutMs, () => this.#onTimeout(id, action)),
        resolve: resolve as (frame: HandledFrame) => void,
        reject,
      });
      this.#socket.send(JSON.stringify({ action, id, ...fields }));
      this.#restBeat();
    });
  }

  /** What `welcome` says: how long this side may be silent, and when the session ends (milliseconds from now). */
  keepAlive(heartbeatIntervalMs: number, endsInMs: number): void {
    this.#heartbeatIntervalMs = heartbeatIntervalMs;
    this.#restBeat();
    this.#cancelExpiry();
    this.#cancelExpiry = this.#environment.after(Math.max(0, endsInMs), () => this.#expire());
  }

  /** Ends it from this side, without a word to `onLost`. Requests under way reject. */
  close(): void {
    this.#end(new DisconnectedError('this side closed the connection'));
  }

  #open(): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      const cancel = this.#environment.after(LIMITS.replyTimeoutMs, () =>
        this.#lose(new TimeoutError('opening the connection', LIMITS.replyTimeoutMs)),
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
    this.#heard += 1;
    const frame = parseFrame(data);
    // The gateway's own frames have no type (IM-FRAME-6), later protocol versions unknown ones (IM-FRAME-1).
    if (frame === undefined) this.#logger.debug('ignored a frame that is not of the protocol');
    else if (frame.type === 'messages') this.#events.onMessages(frame.messages);
    else if (frame.type === 'session.closed') this.#lose(new SessionClosedError(frame.code, frame.reconnect));
    else if (frame.type === 'error') this.#onErrorFrame(new RefusedError(frame), frame.id);
    else this.#take(frame.id)?.resolve(frame);
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
    const error = new TimeoutError(action, LIMITS.replyTimeoutMs);
    pending.reject(error);
    // Not a byte since: the socket is dead, whatever it claims. Otherwise just this reply was lost.
    if (this.#heard === pending.heardBefore)
      this.#lose(new DisconnectedError('the connection is dead', error));
  }

  /** A heartbeat is due only after this side has been silent for the whole interval (IM-BEAT). */
  #restBeat(): void {
    this.#cancelBeat();
    if (this.#state === 'over') return;
    this.#cancelBeat = this.#environment.after(this.#heartbeatIntervalMs, () => {
      this.request('heartbeat', {}).catch((error: unknown) => this.#logger.debug('no heartbeat', { error }));
    });
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

/** What this client makes sense of. */
type HandledFrame =
  | WelcomeFrame
  | InboxFrame
  | SentFrame
  | HeartbeatFrame
  | ErrorFrame
  | MessagesPush
  | SessionClosedPush;

const HANDLED: Record<HandledFrame['type'], true> = {
  welcome: true,
  inbox: true,
  sent: true,
  heartbeat: true,
  error: true,
  messages: true,
  'session.closed': true,
};

function parseFrame(data: unknown): HandledFrame | undefined {
  if (typeof data !== 'string' || !data.startsWith('{')) return undefined;
  try {
    const frame: { readonly type?: unknown } = JSON.parse(data);
    const handled = typeof frame.type === 'string' && Object.hasOwn(HANDLED, frame.type);
    return handled ? (frame as HandledFrame) : undefined;
  } catch {
    return undefined;
  }
}
