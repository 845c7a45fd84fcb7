import type { Json } from '../../flow/setup/json.ts';
import type { TestSocket } from '../../flow/setup/socket.ts';

/** Shorter than a real client's, so that repeats meet originals that are still running. */
const PATIENCE_MS = 4_000;

export type Answer =
  | { readonly is: 'reply'; readonly frame: Json }
  | { readonly is: 'silence'; readonly why: string };

export interface LineListener {
  /** A frame that is not a reply. */
  onPush(frame: Json): void;
  onClose(): void;
}

interface Waiting {
  readonly answer: (answer: Answer) => void;
  readonly late: ((frame: Json) => void) | undefined;
  isOver: boolean;
}

/** One socket of a device: separates replies from pushes, and stops waiting when it should (IM-FRAME-6). */
export class Line {
  readonly connection: string;
  readonly #socket: TestSocket;
  readonly #listener: LineListener;
  readonly #waiting = new Map<string, Waiting>();
  #requests = 0;
  #isDeaf = false;

  constructor(connection: string, socket: TestSocket, listener: LineListener) {
    this.connection = connection;
    this.#socket = socket;
    this.#listener = listener;
    for (const frame of socket.frames) this.#take(frame);
    socket.raw.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('{')) this.#take(JSON.parse(text));
    });
    socket.raw.on('close', () => {
      this.#giveUp('the socket closed');
      listener.onClose();
    });
  }

  get isOpen(): boolean {
    return this.#socket.raw.readyState === this.#socket.raw.OPEN && !this.#isDeaf;
  }

  /** From now on nothing arrives, without a close: a phone in a tunnel. */
  goDeaf(): void {
    this.#isDeaf = true;
  }

  close(): void {
    if (this.#isDeaf) this.#socket.raw.terminate();
    else this.#socket.raw.close();
  }

  /** @param late called with a reply that comes after the time-out */
  request(frame: Readonly<Record<string, unknown>>, late?: (frame: Json) => void): Promise<Answer> {
    this.#requests += 1;
    const id = `r${this.#requests}`;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    if (!this.isOpen) return Promise.resolve({ is: 'silence', why: 'the socket is closed' });
    const timer = setTimeout(() => this.#end(id, { is: 'silence', why: 'no answer' }), PATIENCE_MS);
    const answer = (one: Answer) => {
      clearTimeout(timer);
      resolve(one);
    };
    this.#waiting.set(id, { answer, late, isOver: false });
    this.#socket.raw.send(JSON.stringify({ ...frame, id }));
    return promise;
  }

  /** What is not answered. */
  tell(frame: Readonly<Record<string, unknown>>): void {
    if (this.isOpen) this.#socket.raw.send(JSON.stringify(frame));
  }

  /** Resolves when everything the gateway sent before has arrived. */
  async flush(): Promise<void> {
    const { raw } = this.#socket;
    if (!this.isOpen) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    raw.once('pong', () => resolve());
    raw.once('close', () => resolve());
    raw.ping();
    await promise;
  }

  #take(frame: Json): void {
    if (this.#isDeaf) return;
    // The gateway's own frame has no id, so every waiting request must be repeated.
    if (frame.type === undefined) this.#giveUp("a frame of the gateway's own");
    else if (this.#waiting.has(frame.id)) this.#reply(frame);
    else this.#listener.onPush(frame);
  }

  #reply(frame: Json): void {
    const waiting = this.#waiting.get(frame.id);
    if (waiting?.isOver === true) waiting.late?.(frame);
    else this.#end(frame.id, { is: 'reply', frame });
  }

  #giveUp(why: string): void {
    for (const id of this.#waiting.keys()) this.#end(id, { is: 'silence', why });
  }

  #end(id: string, answer: Answer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined || waiting.isOver) return;
    waiting.isOver = true;
    waiting.answer(answer);
  }
}
