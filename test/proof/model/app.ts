import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  type ChatMessage,
  type Client,
  createClient,
  type Environment,
  fullJitterBackoff,
  type ImError,
  MessageView,
  RefusedError,
  Store,
} from '../../../client/src/index.ts';
import type { LocalRuntime } from '../../../local/runtime.ts';
import type { Ended, Outcome, SeenMessage } from '../history.ts';
import type { Recorder } from '../recorder.ts';
import { outcomeOfCode, type SendIntent } from './send-intent.ts';
import { WeakStore } from './weak-store.ts';

export interface AppPorts {
  readonly recorder: Recorder;
  readonly runtime: Pick<LocalRuntime, 'wsUrl' | 'httpUrl'>;
  readonly portalUrl: string;
  readonly token: () => Promise<string>;
  /** The ids of the conversations that it shows. */
  readonly conversations: () => readonly string[];
}

/** Short, so that a run need not wait. */
const retryPolicy = fullJitterBackoff({ baseMs: 20, capMs: 500 });
const silent = { debug: () => {}, warn: () => {}, error: () => {} };
/** A reply's time-out, a hole's age, and a retry. */
const SETTLE_MS = 40_000;
const POLL_MS = 50;
const DEVICE = 'app';

/** One run of the program, from its start to its crash. */
interface Life {
  readonly im: Client;
  readonly views: ReadonlyMap<string, MessageView>;
  readonly sockets: Set<WebSocket>;
  /** Its store worked from the start: unsent messages are there in the order of writing. */
  isInOrder: boolean;
  isOver: boolean;
  wake(): void;
}

/** A device with the real SDK, whose store, clock, and network fail. */
export class App {
  readonly user: string;
  readonly store = new WeakStore();
  readonly #ports: AppPorts;
  readonly #tries = new Map<string, { readonly id: number; readonly intent: SendIntent }>();
  #life: Life | undefined;
  #isCaptive = false;
  #clockOffsetMs = 0;
  crashes = 0;

  constructor(user: string, ports: AppPorts) {
    this.user = user;
    this.#ports = ports;
  }

  start(): void {
    const { recorder, runtime, token, conversations } = this.#ports;
    const sockets = new Set<WebSocket>();
    const state = { isOver: false, wake: () => {} };
    let begun = recorder.now;
    const im = createClient({
      ...runtime,
      getToken: token,
      deviceId: DEVICE,
      logger: silent,
      retryPolicy,
      store: new Store(this.store.backend(() => state.isOver)),
      environment: this.#environment(state, sockets),
    });
    const unlessOver =
      <Event>(act: (event: Event) => void) =>
      (event: Event): void => {
        if (!state.isOver) act(event);
      };
    im.on(
      'message',
      unlessOver((message) => this.#hear(message)),
    );
    im.on(
      'connection',
      unlessOver(({ current, error }) => {
        if (current === 'failed')
          this.#end(String(error?.message), { begun, ...(error && { code: error.code }) });
        else begun = recorder.now;
      }),
    );
    const views = new Map(
      conversations().map((id) => {
        const conversation = im.conversation(id);
        conversation.on(
          'state',
          unlessOver((message) => this.#settle(message, im)),
        );
        return [id, new MessageView(conversation)] as const;
      }),
    );
    const isInOrder = this.store.mood === 'works' || this.store.mood === 'loses';
    this.#life = Object.assign(state, { im, views, sockets, isInOrder });
    im.connect().catch(() => {});
  }

  send(intent: SendIntent): void {
    const { conversationId, clientMsgId, content } = intent;
    this.#try(intent);
    // The state's event tells the outcome.
    this.#running.im
      .conversation(conversationId)
      .send({ type: 'text', text: String(content['text']) }, { clientMsgId })
      .acked.catch(() => {});
  }

  #try(intent: SendIntent): void {
    const { user, conversationId, clientMsgId, content } = intent;
    const id = this.#ports.recorder.begin({ user, via: 'socket', conversationId, clientMsgId, content });
    this.#tries.set(clientMsgId, { id, intent });
  }

  /** The next program sends what the store has, also what this one was told is refused, and then it may be taken. */
  #tryAgain(clientMsgId: string): void {
    const intent = this.#tries.get(clientMsgId)?.intent;
    if (intent !== undefined) this.#try(intent);
  }

  /** The program ends without a word: nothing that it had under way is finished. */
  crash(): void {
    this.crashes += 1;
    this.#restart('crashed');
  }

  /** Its user's ban is lifted: if it was told of the ban, it is started again. */
  comeBack(): void {
    if (this.isBarred) this.#restart('is started again after a ban');
  }

  get isBarred(): boolean {
    const { current, error } = this.#running.im.connection;
    return current === 'failed' && (error?.code === 'banned' || error?.code === 'forbidden');
  }

  #restart(why: string): void {
    const life = this.#running;
    this.#keep();
    life.isOver = true;
    for (const socket of life.sockets) {
      Object.assign(socket, { onopen: null, onmessage: null, onerror: null, onclose: null });
      socket.close();
    }
    this.#ports.recorder.note(`${this.user}/${DEVICE} ${why}`);
    for (const { clientMsgId } of this.#kept()) this.#tryAgain(clientMsgId);
    this.start();
  }

  /** A jump of the device's clock: set, or a sleep that timers don't notice. */
  turnClock(byMs: number): void {
    this.#clockOffsetMs += byMs;
  }

  /** Between the device and the network stands a proxy that answers HTML, or no more. */
  capture(isCaptive: boolean): void {
    this.#isCaptive = isCaptive;
    for (const socket of this.#running.sockets) socket.close();
  }

  get unsentCount(): number {
    return [...this.#running.views.values()].flatMap(pendingIn).length;
  }

  /** Records the unsent messages in the order in which they are shown. */
  look(): void {
    const { views, isInOrder } = this.#running;
    if (!isInOrder || this.store.mood === 'throws') return;
    for (const [conversationId, { snapshot }] of views) {
      const unsent = pendingIn({ snapshot }).map(({ clientMsgId }) => clientMsgId);
      this.#ports.recorder.add({ type: 'unsent', user: this.user, device: DEVICE, conversationId, unsent });
    }
  }

  /** Everything works again. Resolves when nothing is unsent any more, or after a while in vain. */
  async heal(): Promise<void> {
    this.#keep();
    this.store.mood = 'works';
    this.capture(false);
    this.#running.wake();
    const isIdle = () => this.#running.im.connection.current === 'connected' && this.unsentCount === 0;
    // A failed restore is tried again with the next connection, and what was refused before a ban was lifted may come late.
    await this.#until(() => {
      this.comeBack();
      return isIdle();
    });
    if (isIdle() && this.store.isOutdated) this.crash();
    const isSettled = () => isIdle() && this.#kept().length === 0;
    await this.#until(isSettled);
    if (isSettled()) return;
    this.#end(`${this.#running.im.connection.current}, ${this.#kept().length} in the store`);
  }

  /** Its user is erased, and it must be told so. */
  async end(): Promise<void> {
    this.store.mood = 'works';
    this.capture(false);
    this.#running.wake();
    await this.#until(() => this.isBarred);
    if (!this.isBarred) this.#end(`${this.#running.im.connection.current}, although its user is erased`);
  }

  #end(why: string, more: Pick<Ended, 'code' | 'begun'> = {}): void {
    this.#ports.recorder.add({ type: 'ended', user: this.user, device: DEVICE, why, ...more });
  }

  async #until(is: () => boolean): Promise<void> {
    const deadline = Date.now() + SETTLE_MS;
    while (!is() && Date.now() < deadline) await delay(POLL_MS);
  }

  /**
   * Pages each of these views to its start, waits until it has what its user may see, as it is now, and records it. On a new
   * connection: a push of a change may have been lost, and after a connection the client asks (IM-CHANGE-4).
   */
  async show(mustShow: ReadonlyMap<string, readonly SeenMessage[]>): Promise<void> {
    const { views, sockets } = this.#running;
    for (const socket of sockets) socket.close();
    await Promise.all(
      [...mustShow].map(async ([conversationId, wanted]) => {
        const view = views.get(conversationId);
        if (view === undefined) return;
        const deadline = Date.now() + SETTLE_MS;
        const isComplete = () => {
          const revs = new Map(view.snapshot.messages.map(({ seq, rev }) => [seq, rev]));
          return wanted.every(({ seq, rev = 0 }) => (revs.get(seq) ?? -1) >= rev);
        };
        while (!isComplete() && Date.now() < deadline) {
          if (view.snapshot.hasEarlier) await view.loadEarlier();
          else await delay(POLL_MS);
        }
        const messages = view.snapshot.messages.flatMap(seen);
        this.#ports.recorder.add({
          type: 'shown',
          user: this.user,
          device: DEVICE,
          conversationId,
          messages,
        });
      }),
    );
  }

  /** Waits until it lists these conversations and no others, and records what it lists. */
  async list(wanted: readonly string[]): Promise<void> {
    const { im } = this.#running;
    const deadline = Date.now() + SETTLE_MS;
    const listed = () => (im.conversations() ?? []).map(({ conversationId }) => conversationId);
    const isRight = () => isDeepStrictEqual(listed().toSorted(), wanted.toSorted());
    while (!isRight() && Date.now() < deadline) await delay(POLL_MS);
    this.#ports.recorder.add({
      type: 'offered',
      user: this.user,
      device: DEVICE,
      conversationIds: listed(),
    });
  }

  close(): void {
    this.#running.im.close();
  }

  get #running(): Life {
    if (this.#life === undefined) throw new Error('The app has not started.');
    return this.#life;
  }

  /** Of the store's records: those that were not refused. */
  #kept(): readonly { readonly conversationId: string; readonly clientMsgId: string }[] {
    return this.store.values
      .map((value) => JSON.parse(value))
      .filter(({ refused }) => refused === undefined)
      .map(({ target, clientMsgId }) => ({ conversationId: target.conversationId, clientMsgId }));
  }

  /** What the store has now must arrive, whatever happens to the program. */
  #keep(): void {
    for (const one of this.#kept()) this.#ports.recorder.add({ type: 'kept', user: this.user, ...one });
  }

  #hear(message: ChatMessage): void {
    const messages = seen(message);
    if (messages.length > 0)
      this.#ports.recorder.add({ type: 'saw', user: this.user, device: DEVICE, channel: 'push', messages });
  }

  #settle({ clientMsgId, state, messageId, seq, sentAt, error }: ChatMessage, { connection }: Client): void {
    const one = this.#tries.get(clientMsgId);
    if (one === undefined || state === 'pending') return;
    const outcome: Outcome =
      messageId !== undefined && seq !== undefined
        ? { is: 'acked', messageId, seq, sentAt, duplicate: false }
        : // All that is unsent fails with the connection, and stays in the store.
          connection.current === 'failed'
          ? { is: 'unknown', why: String(error) }
          : refusal(error);
    one.intent.outcomes.push(this.#ports.recorder.settle(one.id, outcome));
  }

  #environment(life: Pick<Life, 'isOver' | 'wake'>, sockets: Set<WebSocket>): Partial<Environment> {
    const { portalUrl, runtime } = this.#ports;
    const over = () => life.isOver;
    const isCaptive = () => this.#isCaptive;
    return {
      WebSocket: class extends WebSocket {
        constructor(url: string, protocols: string[]) {
          super(isCaptive() ? portalUrl.replace('http', 'ws') : url, protocols);
          sockets.add(this);
          this.addEventListener('close', () => sockets.delete(this));
        }
      },
      fetch: async (url, init) => {
        if (over()) return new Promise(() => {});
        return fetch(isCaptive() ? url.replace(runtime.httpUrl, portalUrl) : url, init);
      },
      wallClockMs: () => Date.now() + this.#clockOffsetMs,
      after: (delayMs, task) => {
        const timer = setTimeout(() => over() || task(), Math.min(delayMs, 2 ** 31 - 1));
        return () => clearTimeout(timer);
      },
      onWake: (wake) => {
        life.wake = wake;
        return () => {};
      },
    };
  }
}

function pendingIn({ snapshot }: Pick<MessageView, 'snapshot'>): readonly ChatMessage[] {
  return snapshot.messages.filter(({ state }) => state === 'pending');
}

function refusal(error: ImError | undefined): Outcome {
  return error instanceof RefusedError ? outcomeOfCode(error.code) : { is: 'unknown', why: String(error) };
}

/** None if the server has not stored it yet. */
function seen(message: ChatMessage): readonly SeenMessage[] {
  const { conversationId, seq, messageId, clientMsgId, from, content, sentAt } = message;
  const { rev, reactions, pinned } = message;
  if (conversationId === undefined || seq === undefined || messageId === undefined || from === undefined)
    return [];
  const changed = {
    ...(rev !== undefined && { rev }),
    ...(reactions !== undefined && { reactions }),
    ...(pinned !== undefined && { pinned }),
  };
  return [{ conversationId, seq, messageId, clientMsgId, from, content, sentAt, ...changed }];
}
