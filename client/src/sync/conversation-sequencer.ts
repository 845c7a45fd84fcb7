import type { Message } from '../../../protocol/frames.ts';
import type { HistoryBody } from '../../../protocol/http.ts';
import { ImError } from '../model/errors.ts';
import type { Gap } from '../model/events.ts';
import { HOLE_MS, PAGE_MAX } from '../model/limits.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import type { ServerClock } from '../support/server-clock.ts';
import type { HistoryRange } from '../transport/http-api.ts';
import { type Hole, ReorderBuffer } from './reorder-buffer.ts';

/** Usually a hole means that one push has overtaken another, so history is read only after this time. */
const HOLE_FETCH_MS = 500;
/** After that, history is read at these intervals until the hole is filled or void. */
const HOLE_REFETCH_MS = [1_000, 2_000, 4_000, 8_000];
/** Messages above a hole wait this long at most. */
const HOLE_HOLD_MS = 1_000;
/**
 * A hole below a message stored this long ago is certainly older than 15 s: the message got its seq after the hole's,
 * at most one function timeout from its `sentAt`, and clocks differ by up to 2 s. So catching up on old history never
 * waits.
 */
const OLD_MESSAGE_MS = 2 * HOLE_MS;

export interface SequencerPorts {
  readonly http: {
    history(conversationId: string, range: HistoryRange): Promise<HistoryBody>;
  };
  readonly environment: Pick<Environment, 'nowMs' | 'after'>;
  readonly clock: Pick<ServerClock, 'now' | 'isKnown'>;
  readonly logger: Logger;
  readonly outbox: {
    /** Whether this is a message still pending here: it was emitted when it was written, and now counts as sent. */
    claim(message: Message): boolean;
  };
  readonly incoming: {
    /** Called with each message once, in order of seq except for those that fill an open gap. */
    message(message: Message): void;
    changed(message: Message): void;
    gap(conversationId: string, gap: Gap): void;
    /** Whether this message makes this user a member, so that the messages before it aren't missing. */
    isJoining(message: Message): boolean;
  };
}

/** Null: a message of this device, already shown by the local echo. */
type Entry = Message | null;

/**
 * Puts the incoming messages of one conversation in order, reads holes from history, and declares them void (IM-PUSH-1,
 * IM-HELLO-3). Messages above a hole wait a second at most. Then the hole becomes a gap: the sequencer emits later
 * messages and keeps looking for the missing ones.
 */
export class ConversationSequencer {
  readonly #id: string;
  readonly #ports: SequencerPorts;
  readonly #buffer: ReorderBuffer<Entry>;
  /** The open gaps, ascending. */
  #gaps: Hole<Entry>[] = [];
  /** History is read once at a time. */
  #reading: Promise<void> = Promise.resolve();
  #cancelRead: Cancel | null = null;
  #cancelHold: Cancel | null = null;
  /** The first seq of the hole that the timers are set for. */
  #watchedFrom: number | undefined;
  #rereads = 0;
  #isStopped = false;

  /** `origin`: older messages are history. */
  constructor(id: string, origin: number, ports: SequencerPorts) {
    this.#id = id;
    this.#ports = ports;
    this.#buffer = new ReorderBuffer<Entry>(origin);
  }

  get isBehind(): boolean {
    return this.#missing !== undefined;
  }

  accept(messages: readonly Message[]): void {
    // Keep a changed message: an older copy may still arrive.
    for (const message of messages) this.#ports.incoming.changed(message);
    this.#take(
      messages.map((message): [number, Entry] => [
        message.seq,
        this.#ports.outbox.claim(message) ? null : message,
      ]),
    );
  }

  /** Takes the last message of the server's list, if it is new here. */
  acceptLast(message: Message): void {
    if (message.seq > this.#buffer.settled) this.accept([message]);
  }

  /** Marks the seq of a message that this device sent as known. */
  settle(seq: number): void {
    this.#take([[seq, null]]);
  }

  /** Records that the server has allocated seqs up to `head`. */
  noteHead(head: number): void {
    this.#buffer.noteHead(head, this.#ports.environment.nowMs());
  }

  /** Reads the missing messages from history. */
  read(): Promise<void> {
    const reading = this.#reading.then(() => this.#readPages());
    this.#reading = reading.catch(() => {});
    return reading;
  }

  /** Reads the missing messages, and releases those that wait: once connected, every existing message is shown. */
  async catchUp(): Promise<void> {
    await this.read();
    for (let { hole } = this.#buffer; hole?.next !== undefined; hole = this.#buffer.hole) this.#openGap(hole);
    this.#watch();
  }

  /** Stops looking for missing messages until `resume`. */
  stop(): void {
    this.#isStopped = true;
    this.#unwatch();
  }

  resume(): void {
    this.#isStopped = false;
    this.#watch();
  }

  /** The lowest missing seqs that are not void. */
  get #missing(): Hole<Entry> | undefined {
    return this.#gaps[0] ?? this.#buffer.hole;
  }

  #take(entries: Iterable<readonly [number, Entry]>): void {
    this.#emit(this.#buffer.accept(entries, this.#ports.environment.nowMs()));
    this.#closeGaps('filled', ({ from, to }) => !this.#buffer.lacks(from, to));
    for (let { hole } = this.#buffer; this.#isBeforeJoining(hole); hole = this.#buffer.hole)
      this.#emit(this.#buffer.skip(hole));
    this.#watch();
  }

  #isBeforeJoining(hole: Hole<Entry> | undefined): hole is Hole<Entry> {
    return !!hole?.next && this.#ports.incoming.isJoining(hole.next);
  }

  #emit(entries: readonly Entry[]): void {
    for (const entry of entries) {
      try {
        if (entry) this.#ports.incoming.message(entry);
      } catch (error) {
        // One that is malformed must not take those after it along.
        this.#ports.logger.warn('bad frame', { error });
      }
    }
  }

  #openGap(hole: Hole<Entry>): void {
    this.#gaps.push(hole);
    const { from, to } = hole;
    this.#ports.incoming.gap(this.#id, { from, to, state: 'open' });
    this.#emit(this.#buffer.skip(hole));
  }

  #closeGaps(state: 'filled' | 'void', isOver: (gap: Hole<Entry>) => boolean): void {
    const over = this.#gaps.filter(isOver);
    if (over.length === 0) return;
    this.#gaps = this.#gaps.filter((gap) => !over.includes(gap));
    for (const { from, to } of over) this.#ports.incoming.gap(this.#id, { from, to, state });
  }

  #unwatch(): void {
    this.#cancelRead?.();
    this.#cancelHold?.();
    this.#cancelRead = this.#cancelHold = null;
  }

  /** Sets the timers that read missing messages and open a gap. */
  #watch(): void {
    const missing = this.#missing;
    if (missing?.from !== this.#watchedFrom) {
      this.#unwatch();
      this.#watchedFrom = missing?.from;
      this.#rereads = 0;
    }
    if (this.#isStopped) return;
    if (missing !== undefined && this.#cancelRead === null) this.#planRead(missing);
    const { hole } = this.#buffer;
    this.#cancelHold?.();
    this.#cancelHold = null;
    if (hole?.next !== undefined) this.#planOpening(hole);
  }

  #planRead(missing: Hole<Entry>): void {
    this.#cancelRead = this.#ports.environment.after(this.#readDelayMs(missing), () => {
      this.#cancelRead = null;
      this.#rereads += 1;
      this.read().catch((error: unknown) => {
        this.#ports.logger.warn('could not read history', { conversationId: this.#id, error });
        this.#watch();
      });
    });
  }

  #planOpening(hole: Hole<Entry>): void {
    const { environment } = this.#ports;
    const delayMs = Math.max(0, hole.missedAtMs + HOLE_HOLD_MS - environment.nowMs());
    this.#cancelHold = environment.after(delayMs, () => {
      this.#cancelHold = null;
      const current = this.#buffer.hole;
      if (current?.next !== undefined) this.#openGap(current);
      this.#watch();
    });
  }

  #readDelayMs(missing: Hole<Entry>): number {
    const delayMs = this.#rereads === 0 ? HOLE_FETCH_MS : (HOLE_REFETCH_MS[this.#rereads - 1] ?? 8_000);
    const voidInMs = missing.missedAtMs + HOLE_MS - this.#ports.environment.nowMs();
    return voidInMs > 0 ? Math.min(delayMs, voidInMs) : delayMs;
  }

  async #readPages(): Promise<void> {
    let after = 0;
    for (let hasMore = true; hasMore && !this.#isStopped; ) {
      const missing = [...this.#gaps, this.#buffer.hole].find(
        (hole) => hole !== undefined && hole.to > after,
      );
      if (missing === undefined) break;
      after = Math.max(after, missing.from - 1);
      const readAtMs = this.#ports.environment.nowMs();
      const page = await this.page({ after, limit: PAGE_MAX });
      this.accept(page.messages);
      const lastSeq = page.messages.at(-1)?.seq;
      hasMore = page.hasMore && lastSeq !== undefined;
      after = lastSeq ?? after;
      // Reads are strongly consistent: a seq that is not on the page did not exist at `readAtMs`.
      this.#giveUp(hasMore ? after : Number.POSITIVE_INFINITY, readAtMs);
    }
    this.#watch();
  }

  /** Reads a page of history; an empty one if this user has left since, which is no error. */
  async page(range: HistoryRange): Promise<HistoryBody> {
    try {
      return await this.#ports.http.history(this.#id, range);
    } catch (error) {
      // This user may no longer read the conversation, so no message is missing.
      const gone = error instanceof ImError && (error.code === 'not_found' || error.code === 'forbidden');
      if (!gone) throw error;
      return { messages: [], head: 0, hasMore: false };
    }
  }

  #giveUp(absentUpTo: number, readAtMs: number): void {
    const isOver = (hole: Hole<Entry>): boolean => hole.to <= absentUpTo && this.#isVoid(hole, readAtMs);
    this.#closeGaps('void', isOver);
    for (let { hole } = this.#buffer; hole !== undefined && isOver(hole); hole = this.#buffer.hole) {
      this.#emit(this.#buffer.skip(hole));
    }
  }

  /** Whether a hole that was not in history at `readAtMs` will never be filled (IM-SEND-3, IM-HELLO-3). */
  #isVoid({ missedAtMs, next }: Hole<Entry>, readAtMs: number): boolean {
    if (readAtMs - missedAtMs >= HOLE_MS) return true;
    const { clock, environment } = this.#ports;
    if (!next || !clock.isKnown) return false;
    return clock.now() - (environment.nowMs() - readAtMs) - next.sentAt >= OLD_MESSAGE_MS;
  }
}
