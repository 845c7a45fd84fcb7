import WebSocket from 'ws';

export type Frame = Readonly<Record<string, unknown>>;

export interface Received {
  readonly frame: Frame;
  /** `performance.now()`, before the frame was parsed. */
  readonly atMs: number;
}

/** Far above any latency profile: a frame that takes this long is lost. */
const TIMEOUT_MS = 60_000;

interface Waiter {
  readonly fits: (frame: Frame) => boolean;
  readonly resolve: (received: Received) => void;
}

/**
 * A minimal client that stores nothing, so that a machine can run a thousand of them. It drops frames that no caller awaits, so
 * call `next` *before* you cause a push.
 */
export class Socket {
  readonly #raw: WebSocket;
  readonly #waiters = new Set<Waiter>();
  #nextId = 0;
  /** If set, receives every incoming frame. */
  onFrame: ((frame: Frame) => void) | undefined;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;

  private constructor(raw: WebSocket) {
    this.#raw = raw;
    raw.on('error', () => undefined);
    this.ended = new Promise((resolve) => raw.once('close', () => resolve()));
    raw.on('message', (data) => this.#receive(String(data), performance.now()));
  }

  static async open(url: string, token?: string): Promise<Socket> {
    const protocols = token === undefined ? [] : ['im.v1', `im.token.${token}`];
    const raw = new WebSocket(url, protocols);
    const socket = new Socket(raw);
    await new Promise<void>((resolve, reject) => {
      raw.once('open', resolve);
      raw.once('error', reject);
    });
    return socket;
  }

  /** Sends a frame with a new id and resolves with the reply. @throws {Error} the reply is an error frame */
  async request(frame: Frame): Promise<Frame> {
    this.#nextId += 1;
    const id = `r${String(this.#nextId).padStart(6, '0')}`;
    const reply = this.next((one) => one['id'] === id);
    this.send({ id, ...frame });
    const { frame: answer } = await reply;
    if (answer['type'] === 'error') throw new Error(`Refused: ${JSON.stringify(answer)}`);
    return answer;
  }

  send(frame: Frame): void {
    this.#raw.send(JSON.stringify(frame));
  }

  /** Resolves with the next matching frame. A lost frame fails the run. */
  next(fits: (frame: Frame) => boolean): Promise<Received> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error('A frame that was waited for did not come.'));
      }, TIMEOUT_MS);
      const waiter: Waiter = {
        fits,
        resolve: (received) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(received);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Resolves with the push of the message with this clientMsgId. */
  message(clientMsgId: string): Promise<Received> {
    return this.next(({ messages }) => Array.isArray(messages) && messages[0]?.clientMsgId === clientMsgId);
  }

  get isOpen(): boolean {
    return this.#raw.readyState === WebSocket.OPEN;
  }

  async close(): Promise<void> {
    this.#raw.close();
    await this.ended;
  }

  /** Ends the connection without a close frame, like a lost network. */
  cut(): void {
    this.#raw.terminate();
  }

  #receive(text: string, atMs: number): void {
    const isWanted = this.#waiters.size > 0 || this.onFrame !== undefined;
    if (!isWanted || !text.startsWith('{')) return;
    const frame: Frame = JSON.parse(text);
    this.onFrame?.(frame);
    for (const { fits, resolve } of this.#waiters) if (fits(frame)) resolve({ frame, atMs });
  }
}
