/** The lowest seqs that are missing below something known. */
export interface Hole<Entry> {
  readonly from: number;
  readonly to: number;
  /** When this device first knew that they are missing. */
  readonly missedAtMs: number;
  /** What comes right after it, if that is here. */
  readonly next: Entry | undefined;
}

/**
 * Order and uniqueness of one conversation's entries by seq (IM-PUSH-1). Entries come in any order and any number of
 * times; each leaves once, in order of seq. An entry above a hole waits until the hole is filled or skipped.
 *
 * A timeline begins at an origin: what is older is history. An older entry that comes all the same (the inbox brings
 * it), or one of a hole that was skipped, leaves at once: better late than never.
 */
export class Timeline<Entry> {
  /** Everything up to here has left, was skipped, or lies before the origin. */
  #settled: number;
  /** Ranges that nothing is waited for in. */
  readonly #skipped: (readonly [from: number, to: number])[] = [];
  readonly #late = new Set<number>();
  readonly #waiting = new Map<number, { readonly entry: Entry; readonly atMs: number }>();
  /** Heads that were told of: `seq` exists or is a hole. Ascending. */
  #heads: { readonly seq: number; readonly atMs: number }[] = [];

  constructor(origin: number) {
    this.#settled = origin;
    this.#skipRange(1, origin);
  }

  get settled(): number {
    return this.#settled;
  }

  /** Takes entries in; returns what may leave, in order. */
  accept(entries: Iterable<readonly [seq: number, entry: Entry]>, nowMs: number): Entry[] {
    const late: [number, Entry][] = [];
    for (const [seq, entry] of entries) {
      if (seq <= this.#settled) {
        if (this.#takeLate(seq)) late.push([seq, entry]);
      } else if (!this.#waiting.has(seq)) {
        this.#waiting.set(seq, { entry, atMs: nowMs });
      }
    }
    late.sort(([a], [b]) => a - b);
    return [...late.map(([, entry]) => entry), ...this.#release()];
  }

  /** The server has handed out seqs up to `head`: what is not here by then is missing. */
  noteHead(head: number, nowMs: number): void {
    if (head > Math.max(this.#settled, this.#heads.at(-1)?.seq ?? 0))
      this.#heads.push({ seq: head, atMs: nowMs });
  }

  get hole(): Hole<Entry> | undefined {
    const from = this.#settled + 1;
    const nextSeq = Math.min(...this.#waiting.keys());
    const to = Number.isFinite(nextSeq) ? nextSeq - 1 : (this.#heads.at(-1)?.seq ?? 0);
    if (to < from) return undefined;
    const signs = [...this.#waiting.values(), ...this.#heads.filter((head) => head.seq >= from)];
    const missedAtMs = Math.min(...signs.map(({ atMs }) => atMs));
    return { from, to, missedAtMs, next: this.#waiting.get(nextSeq)?.entry };
  }

  /** Whether something between these seqs is still missing, though nothing waits for it any more. */
  lacks(from: number, to: number): boolean {
    let missing = to - from + 1;
    for (const seq of this.#late) if (from <= seq && seq <= to) missing -= 1;
    return missing > 0;
  }

  /** Waits no longer for the lowest hole; returns what may leave. What comes of the hole later leaves at once. */
  skip(hole: Pick<Hole<Entry>, 'from' | 'to'>): Entry[] {
    if (hole.from !== this.#settled + 1) return [];
    this.#skipRange(hole.from, hole.to);
    this.#settled = hole.to;
    return this.#release();
  }

  #skipRange(from: number, to: number): void {
    if (to >= from) this.#skipped.push([from, to]);
  }

  #takeLate(seq: number): boolean {
    if (this.#late.has(seq) || !this.#skipped.some(([from, to]) => from <= seq && seq <= to)) return false;
    this.#late.add(seq);
    return true;
  }

  #release(): Entry[] {
    const released: Entry[] = [];
    for (let next = this.#waiting.get(this.#settled + 1); next; next = this.#waiting.get(this.#settled + 1)) {
      this.#settled += 1;
      this.#waiting.delete(this.#settled);
      released.push(next.entry);
    }
    this.#heads = this.#heads.filter((head) => head.seq > this.#settled);
    return released;
  }
}
