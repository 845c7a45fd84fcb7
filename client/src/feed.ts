import type { Message } from '../../protocol/frames.ts';
import type { Conversation, HistoryBody } from '../../protocol/http.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Cancel, Environment } from './environment.ts';
import { ImError } from './errors.ts';
import type { Logger } from './logger.ts';
import { type Hole, Timeline } from './timeline.ts';

/** A hole is mostly a push that overtook another: give that this long to arrive. */
const HOLE_FETCH_MS = 500;
/** Then look again, at these distances, until the hole is filled or void. */
const HOLE_REFETCH_MS = [1_000, 2_000, 4_000, 8_000];
/**
 * A hole below a message that was stored this long ago is older than 15 s whatever way one counts: the message took
 * its seq after the hole's and at most one function time-out from its `sentAt`; clocks differ by 2 s. So catching up
 * on old history waits for nothing.
 */
const OLD_MESSAGE_MS = 2 * LIMITS.holeMs;
/** Histories read at the same time while catching up. */
const CONCURRENT_READS = 4;

export interface FeedPorts {
  readonly http: {
    conversations(): Promise<readonly Conversation[]>;
    history(conversationId: string, range: { after: number; limit: number }): Promise<HistoryBody>;
  };
  readonly environment: Pick<Environment, 'nowMs' | 'after'>;
  readonly logger: Logger;
  /** A message of this device's own that is still on its way: its sender is told, and nobody else needs to be. */
  claim(message: Message): boolean;
  /** Each message once, in order of seq within its conversation. */
  emit(message: Message): void;
}

/** Null: known, but shown already by the local echo. */
type Entry = Message | null;

interface Lane {
  readonly id: string;
  readonly timeline: Timeline<Entry>;
  /** The reads of this lane, one after the other. */
  reading: Promise<void>;
  cancelWatch: Cancel | null;
  /** Where the hole begins that is looked for. */
  watchedFrom: number | undefined;
  rereads: number;
}

/**
 * The one place that every incoming message goes through, whether pushed, from the inbox, or from history. It orders
 * and dedupes, fetches holes, and gives them up (IM-PUSH-1, IM-HELLO-3).
 *
 * A fresh device begins at the heads as they were before its first session: what came earlier is history, what comes
 * later is fed.
 */
export class Feed {
  readonly #ports: FeedPorts;
  readonly #lanes = new Map<string, Lane>();
  #origins: ReadonlyMap<string, number> | null = null;
  /** Pushes that came before the first inbox was drained: older messages go first. */
  #held: Message[] | null = [];
  #serverAheadMs: number | null = null;
  #stopped = false;

  constructor(ports: FeedPorts) {
    this.#ports = ports;
  }

  /** Notes where this device begins. Does something the first time only, and must come before the first session. */
  async begin(): Promise<void> {
    this.#stopped = false;
    if (this.#origins !== null) return;
    const conversations = await this.#ports.http.conversations();
    this.#origins = new Map(conversations.map(({ conversationId, head }) => [conversationId, head]));
  }

  /** The server's clock, for the age of messages. */
  setServerTime(epochMs: number): void {
    this.#serverAheadMs = epochMs - this.#ports.environment.nowMs();
  }

  push(messages: readonly Message[]): void {
    if (this.#held === null) this.#deliver(messages);
    else this.#held.push(...messages);
  }

  fromInbox(messages: readonly Message[]): void {
    this.#deliver(messages);
  }

  /** The inbox is drained. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#deliver(held);
  }

  /** A message that this device sent has this seq. */
  settle(conversationId: string, seq: number): void {
    this.#accept(this.#lane(conversationId), [[seq, null]]);
  }

  /** Reads from history whatever the heads show to be missing here (IM-HELLO-3). */
  async catchUp(): Promise<void> {
    const behind: Lane[] = [];
    for (const { conversationId, head } of await this.#ports.http.conversations()) {
      const lane = this.#lane(conversationId);
      lane.timeline.noteHead(head, this.#ports.environment.nowMs());
      if (lane.timeline.hole !== undefined) behind.push(lane);
    }
    const read = async (): Promise<void> => {
      for (let lane = behind.shift(); lane !== undefined; lane = behind.shift()) await this.#read(lane);
    };
    await Promise.all(Array.from({ length: CONCURRENT_READS }, read));
  }

  /** No more looking for holes, until `begin`. */
  stop(): void {
    this.#stopped = true;
    for (const lane of this.#lanes.values()) {
      lane.cancelWatch?.();
      lane.cancelWatch = null;
    }
  }

  #lane(id: string): Lane {
    const known = this.#lanes.get(id);
    if (known !== undefined) return known;
    const timeline = new Timeline<Entry>(this.#origins?.get(id) ?? 0);
    const lane: Lane = {
      id,
      timeline,
      reading: Promise.resolve(),
      cancelWatch: null,
      watchedFrom: undefined,
      rereads: 0,
    };
    this.#lanes.set(id, lane);
    return lane;
  }

  #deliver(messages: readonly Message[]): void {
    for (const message of messages)
      this.#accept(this.#lane(message.conversationId), [this.#entryOf(message)]);
  }

  #entryOf(message: Message): [number, Entry] {
    return [message.seq, this.#ports.claim(message) ? null : message];
  }

  #accept(lane: Lane, entries: Iterable<readonly [number, Entry]>): void {
    this.#emit(lane.timeline.accept(entries, this.#ports.environment.nowMs()));
    this.#watch(lane);
  }

  #emit(entries: readonly Entry[]): void {
    for (const entry of entries) if (entry !== null) this.#ports.emit(entry);
  }

  /** Sees to it that an open hole is looked for after a while. */
  #watch(lane: Lane): void {
    const { hole } = lane.timeline;
    if (hole?.from !== lane.watchedFrom) {
      lane.cancelWatch?.();
      lane.cancelWatch = null;
      lane.watchedFrom = hole?.from;
      lane.rereads = 0;
    }
    if (hole === undefined || lane.cancelWatch !== null || this.#stopped) return;
    lane.cancelWatch = this.#ports.environment.after(this.#watchDelayMs(lane, hole), () => {
      lane.cancelWatch = null;
      lane.rereads += 1;
      this.#read(lane).catch((error: unknown) => {
        this.#ports.logger.warn('could not read history', { conversationId: lane.id, error });
        this.#watch(lane);
      });
    });
  }

  #watchDelayMs(lane: Lane, hole: Hole<Entry>): number {
    const delayMs = lane.rereads === 0 ? HOLE_FETCH_MS : (HOLE_REFETCH_MS[lane.rereads - 1] ?? 8_000);
    const voidInMs = hole.missedAtMs + LIMITS.holeMs - this.#ports.environment.nowMs();
    return voidInMs > 0 ? Math.min(delayMs, voidInMs) : delayMs;
  }

  #read(lane: Lane): Promise<void> {
    const reading = lane.reading.then(() => this.#readPages(lane));
    lane.reading = reading.catch(() => {});
    return reading;
  }

  async #readPages(lane: Lane): Promise<void> {
    let after = lane.timeline.settled;
    for (let hasMore = true; hasMore && !this.#stopped; ) {
      const readAtMs = this.#ports.environment.nowMs();
      const page = await this.#page(lane, after);
      this.#accept(
        lane,
        page.messages.map((message) => this.#entryOf(message)),
      );
      const lastSeq = page.messages.at(-1)?.seq;
      hasMore = page.hasMore && lastSeq !== undefined;
      after = lastSeq ?? after;
      // Reads are strongly consistent: what is not on the page was not there at `readAtMs`.
      this.#giveUpHoles(lane, hasMore ? after : Number.POSITIVE_INFINITY, readAtMs);
    }
    this.#watch(lane);
  }

  async #page(lane: Lane, after: number): Promise<HistoryBody> {
    try {
      return await this.#ports.http.history(lane.id, { after, limit: LIMITS.pageMax });
    } catch (error) {
      // No longer ours to read: there is nothing to miss.
      const gone = error instanceof ImError && (error.code === 'not_found' || error.code === 'forbidden');
      if (!gone) throw error;
      return { messages: [], head: after, hasMore: false };
    }
  }

  #giveUpHoles(lane: Lane, absentUpTo: number, readAtMs: number): void {
    const { timeline } = lane;
    for (let { hole } = timeline; hole !== undefined && hole.to <= absentUpTo; hole = timeline.hole) {
      if (!this.#isVoid(hole, readAtMs)) return;
      this.#ports.logger.debug('gave up a hole', { conversationId: lane.id, from: hole.from, to: hole.to });
      this.#emit(timeline.giveUp(hole));
    }
  }

  /** Whether a hole that was not in history at `readAtMs` will never be filled (IM-SEND-3, IM-HELLO-3). */
  #isVoid({ missedAtMs, next }: Hole<Entry>, readAtMs: number): boolean {
    if (readAtMs - missedAtMs >= LIMITS.holeMs) return true;
    if (!next || this.#serverAheadMs === null) return false;
    return readAtMs + this.#serverAheadMs - next.sentAt >= OLD_MESSAGE_MS;
  }
}
