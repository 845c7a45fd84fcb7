import type { Message } from '../../../protocol/frames.ts';
import type { HistoryBody } from '../../../protocol/http.ts';
import { ImError } from '../model/errors.ts';
import type { Gap } from '../model/events.ts';
import { HOLE_MS, PAGE_MAX } from '../model/limits.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import { type Hole, Timeline } from './reorder-buffer.ts';

/** A hole is mostly a push that overtook another: give that this long to arrive, then read history. */
const HOLE_FETCH_MS = 500;
/** Then look again, at these distances, until the hole is filled or void. */
const HOLE_REFETCH_MS = [1_000, 2_000, 4_000, 8_000];
/** What lies above a hole is kept back this long and no longer. */
const HOLE_HOLD_MS = 1_000;
/**
 * A hole below a message that was stored this long ago is older than 15 s whatever way one counts: the message took
 * its seq after the hole's and at most one function time-out from its `sentAt`; clocks differ by 2 s. So catching up
 * on old history waits for nothing.
 */
const OLD_MESSAGE_MS = 2 * HOLE_MS;

export interface LanePorts {
  readonly http: {
    history(
      conversationId: string,
      range: { after?: number; before?: number; limit: number },
    ): Promise<HistoryBody>;
  };
  readonly environment: Pick<Environment, 'nowMs' | 'after'>;
  readonly logger: Logger;
  readonly outbox: {
    /** A message of this device's own that is still on its way: its sender is told, and nobody else needs to be. */
    claim(message: Message): boolean;
  };
  readonly incoming: {
    /** Each message once, in order of seq, but for those that fill an open gap. */
    message(message: Message): void;
    gap(conversationId: string, gap: Gap): void;
    /** Whether this user becomes a member by this message: what lies before is not missing. */
    isJoining(message: Message): boolean;
  };
}

/** Null: known, but shown already by the local echo. */
type Entry = Message | null;

/**
 * The incoming messages of one conversation: brings them into order, fetches holes, and gives them up (IM-PUSH-1,
 * IM-HELLO-3). What lies above a hole waits a second at most; then the hole becomes a gap, which goes on to be looked
 * for while the conversation goes on.
 */
export class Lane {
  readonly #id: string;
  readonly #ports: LanePorts;
  readonly #serverNowMs: () => number | null;
  readonly #timeline: Timeline<Entry>;
  /** Open ones, ascending. */
  #gaps: Hole<Entry>[] = [];
  /** The reads of this lane, one after the other. */
  #reading: Promise<void> = Promise.resolve();
  #cancelRead: Cancel | null = null;
  #cancelHold: Cancel | null = null;
  /** Where the hole begins that is looked for. */
  #watchedFrom: number | undefined;
  #rereads = 0;
  #isStopped = false;

  /** `serverNowMs`: the server's clock as far as it is known. */
  constructor(id: string, origin: number, ports: LanePorts, serverNowMs: () => number | null) {
    this.#id = id;
    this.#ports = ports;
    this.#serverNowMs = serverNowMs;
    this.#timeline = new Timeline<Entry>(origin);
  }

  get isBehind(): boolean {
    return this.#missing !== undefined;
  }

  accept(messages: readonly Message[]): void {
    this.#take(
      messages.map((message): [number, Entry] => [
        message.seq,
        this.#ports.outbox.claim(message) ? null : message,
      ]),
    );
  }

  /** The last message of the server's list: new if it is further than what is here. */
  acceptLast(message: Message): void {
    if (message.seq > this.#timeline.settled) this.accept([message]);
  }

  /** A message that this device sent has this seq. */
  settle(seq: number): void {
    this.#take([[seq, null]]);
  }

  /** The server has handed out seqs up to `head`. */
  noteHead(head: number): void {
    this.#timeline.noteHead(head, this.#ports.environment.nowMs());
  }

  /** Reads from history what is missing. */
  read(): Promise<void> {
    const reading = this.#reading.then(() => this.#readPages());
    this.#reading = reading.catch(() => {});
    return reading;
  }

  /** Reads what is missing, and keeps nothing back for what isn't there: connected means that all is shown. */
  async catchUp(): Promise<void> {
    await this.read();
    for (let { hole } = this.#timeline; hole?.next !== undefined; hole = this.#timeline.hole)
      this.#openGap(hole);
    this.#watch();
  }

  /** No more looking for holes, until `resume`. */
  stop(): void {
    this.#isStopped = true;
    this.#unwatch();
  }

  resume(): void {
    this.#isStopped = false;
    this.#watch();
  }

  /** The lowest seqs that are missing and not void. */
  get #missing(): Hole<Entry> | undefined {
    return this.#gaps[0] ?? this.#timeline.hole;
  }

  #take(entries: Iterable<readonly [number, Entry]>): void {
    this.#emit(this.#timeline.accept(entries, this.#ports.environment.nowMs()));
    this.#closeGaps('filled', ({ from, to }) => !this.#timeline.lacks(from, to));
    for (let { hole } = this.#timeline; this.#isBeforeJoining(hole); hole = this.#timeline.hole)
      this.#emit(this.#timeline.skip(hole));
    this.#watch();
  }

  #isBeforeJoining(hole: Hole<Entry> | undefined): hole is Hole<Entry> {
    return hole?.next !== undefined && hole.next !== null && this.#ports.incoming.isJoining(hole.next);
  }

  #emit(entries: readonly Entry[]): void {
    for (const entry of entries) if (entry !== null) this.#ports.incoming.message(entry);
  }

  #openGap(hole: Hole<Entry>): void {
    this.#gaps.push(hole);
    const { from, to } = hole;
    this.#ports.incoming.gap(this.#id, { from, to, state: 'open' });
    this.#emit(this.#timeline.skip(hole));
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

  /** Sees to it that what is missing is looked for after a while, and holds nothing up for long. */
  #watch(): void {
    const missing = this.#missing;
    if (missing?.from !== this.#watchedFrom) {
      this.#unwatch();
      this.#watchedFrom = missing?.from;
      this.#rereads = 0;
    }
    if (this.#isStopped) return;
    if (missing !== undefined && this.#cancelRead === null) this.#planRead(missing);
    const { hole } = this.#timeline;
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
      const current = this.#timeline.hole;
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
      const missing = [...this.#gaps, this.#timeline.hole].find(
        (hole) => hole !== undefined && hole.to > after,
      );
      if (missing === undefined) break;
      after = Math.max(after, missing.from - 1);
      const readAtMs = this.#ports.environment.nowMs();
      const page = await this.#page(after);
      this.accept(page.messages);
      const lastSeq = page.messages.at(-1)?.seq;
      hasMore = page.hasMore && lastSeq !== undefined;
      after = lastSeq ?? after;
      // Reads are strongly consistent: what is not on the page was not there at `readAtMs`.
      this.#giveUp(hasMore ? after : Number.POSITIVE_INFINITY, readAtMs);
    }
    this.#watch();
  }

  async #page(after: number): Promise<HistoryBody> {
    try {
      return await this.#ports.http.history(this.#id, { after, limit: PAGE_MAX });
    } catch (error) {
      // No longer ours to read: there is nothing to miss.
      const gone = error instanceof ImError && (error.code === 'not_found' || error.code === 'forbidden');
      if (!gone) throw error;
      return { messages: [], head: after, hasMore: false };
    }
  }

  #giveUp(absentUpTo: number, readAtMs: number): void {
    const isOver = (hole: Hole<Entry>): boolean => hole.to <= absentUpTo && this.#isVoid(hole, readAtMs);
    this.#closeGaps('void', isOver);
    for (let { hole } = this.#timeline; hole !== undefined && isOver(hole); hole = this.#timeline.hole) {
      this.#emit(this.#timeline.skip(hole));
    }
  }

  /** Whether a hole that was not in history at `readAtMs` will never be filled (IM-SEND-3, IM-HELLO-3). */
  #isVoid({ missedAtMs, next }: Hole<Entry>, readAtMs: number): boolean {
    if (readAtMs - missedAtMs >= HOLE_MS) return true;
    const serverNow = this.#serverNowMs();
    if (!next || serverNow === null) return false;
    return serverNow - (this.#ports.environment.nowMs() - readAtMs) - next.sentAt >= OLD_MESSAGE_MS;
  }
}
