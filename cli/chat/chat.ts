import type {
  ChatMessage,
  Client,
  ConnectionChange,
  Conversation,
  OwnMessage,
} from '../../client/src/index.ts';
import { toImError } from '../../client/src/model/errors.ts';
import { commanded } from './commands.ts';
import { connectionLine, errorText, messageLine } from './lines.ts';
import { safeText } from './safe-text.ts';
import type { Screen } from './screen.ts';

const HISTORY_MESSAGES = 20;

/** Each message once, by seq; at the end those that have none, since they were not sent. */
function inOrder(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const bySeq = new Map(messages.map((message) => [message.seq ?? message, message]));
  const place = ({ seq }: ChatMessage) => seq ?? Number.POSITIVE_INFINITY;
  return [...bySeq.values()].sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

/** A conversation on a screen. */
export class Chat {
  readonly #im: Client;
  readonly #peer: string;
  readonly #conversation: Conversation;
  readonly #screen: Screen;
  readonly #pending = new Set<OwnMessage>();
  readonly #doing = new Set<Promise<void>>();
  /** By seq. */
  readonly #shown = new Map<number, ChatMessage>();
  /** Messages that arrived, or were decided, before history was shown: any of them may be older than some of history's. */
  #early: ChatMessage[] | null = [];
  #status: { change: ConnectionChange; retryAtMs: number | undefined } | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #wasConnected = false;
  failures = 0;
  failedCommands = 0;

  constructor(im: Client, peer: string, screen: Screen) {
    this.#im = im;
    this.#peer = peer;
    this.#conversation = im.direct(peer);
    this.#screen = screen;
    im.on('connection', (change) => this.#onConnection(change));
    this.#conversation.on('message', (message) => this.#onMessage(message));
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Connects, then shows the last messages. Rejects if the connection fails for good. */
  async start(): Promise<void> {
    // Until it is there, the lines have the id.
    this.#im.profiles.get(this.#peer).catch(() => {});
    await this.#im.connect();
    const { messages } = await this.#conversation.history({ limit: HISTORY_MESSAGES });
    const early = this.#early ?? [];
    this.#early = null;
    const firstNew = this.#firstNew(early);
    const all = inOrder([...early, ...messages]);
    const news = all.filter(({ mine, seq = 0 }) => !mine && seq >= firstNew);
    for (const message of all) {
      if (message === news[0]) this.#screen.write(`── ${news.length} new ──`);
      this.#show(message);
    }
  }

  /** Seq of the first message that came before history and was not read. */
  #firstNew(early: readonly ChatMessage[]): number {
    const readSeq = this.#readSeq;
    const seqs = early.filter(({ mine }) => !mine).map(({ seq = 0 }) => seq);
    return Math.min(...seqs.filter((seq) => seq > readSeq));
  }

  /** How far this user has read, here or on another device. */
  get #readSeq(): number {
    const { id } = this.#conversation;
    return this.#im.conversations()?.find(({ conversationId }) => conversationId === id)?.readSeq ?? 0;
  }

  /** Takes a line that was typed, or is from a pipe: a command, or a message. */
  enter(line: string): void {
    const doing = commanded(this.#im, this.#peer, line, (message) => this.#follow(message));
    if (doing === undefined) this.send(line);
    else this.#report(doing);
  }

  #report(doing: Promise<string>): void {
    const done = doing.then(
      (outcome) => this.#screen.write(`· ${safeText(outcome)}`),
      (error: unknown) => {
        this.failedCommands += 1;
        this.#screen.write(`· ${errorText(toImError(error))}`);
      },
    );
    this.#doing.add(done);
    void done.finally(() => this.#doing.delete(done));
  }

  send(text: string): void {
    if (text.trim() === '') return;
    this.#follow(this.#conversation.send({ type: 'text', text }));
  }

  #follow(message: OwnMessage): void {
    this.#pending.add(message);
    if (!this.#screen.live && this.#im.state !== 'connected' && message.state === 'pending')
      this.#screen.write(messageLine(message, new Date()));
    message.acked
      .catch(() => {
        this.failures += 1;
      })
      .finally(() => {
        this.#pending.delete(message);
        this.#show(message);
        this.#showBelow();
      });
    this.#showBelow();
  }

  /** Resolves when all commands are done, and no message is pending. */
  async flushed(): Promise<void> {
    while (this.#doing.size + this.#pending.size > 0)
      await Promise.allSettled([...this.#doing, ...[...this.#pending].map(({ acked }) => acked)]);
  }

  stop(): void {
    clearInterval(this.#ticking);
    this.#im.close();
  }

  #onMessage(message: ChatMessage): void {
    // A message of this terminal is shown when its outcome is known.
    if (message.state !== 'pending') this.#show(message);
  }

  #show(message: ChatMessage): void {
    if (this.#early !== null) {
      this.#early.push(message);
      return;
    }
    if (message.seq !== undefined && this.#shown.has(message.seq)) return;
    const { from = '', replyTo = 0 } = message;
    const name = this.#im.profiles.known(from)?.name;
    this.#screen.write(messageLine(message, new Date(), this.#shown.get(replyTo), name));
    if (message.seq === undefined) return;
    this.#shown.set(message.seq, message);
    if (!message.mine) this.#conversation.markRead(message.seq);
  }

  #onConnection(change: ConnectionChange): void {
    const retryAtMs = change.retryInMs === undefined ? undefined : Date.now() + change.retryInMs;
    this.#status = { change, retryAtMs };
    clearInterval(this.#ticking);
    if (this.#screen.live && retryAtMs !== undefined)
      this.#ticking = setInterval(() => this.#showBelow(), 1_000);
    this.#showBelow();
    const line = this.#isWorthALine(change) ? connectionLine(change, change.retryInMs) : undefined;
    if (line !== undefined) this.#screen.write(change.current === 'connected' ? this.#again(line) : line);
  }

  /** Writes a line when the connection is back, and, without a live screen, also when it is lost. */
  #isWorthALine({ current, previous }: ConnectionChange): boolean {
    if (current === 'connected') return true;
    return !this.#screen.live && current === 'reconnecting' && previous !== 'reconnecting';
  }

  #again(line: string): string {
    const again = this.#wasConnected;
    this.#wasConnected = true;
    return again ? `${line} again` : line;
  }

  #showBelow(): void {
    const now = new Date();
    const lines = [...this.#pending].map((message) => messageLine(message, now));
    const { change, retryAtMs } = this.#status ?? {};
    if (change !== undefined && change.current !== 'connected') {
      const leftMs = retryAtMs === undefined ? undefined : Math.max(0, retryAtMs - Date.now());
      const line = connectionLine(change, leftMs);
      if (line !== undefined) lines.push(line);
    }
    this.#screen.showBelow(lines);
  }
}
