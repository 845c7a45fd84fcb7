/** The lowest missing seqs below a known one. */
export interface Hole<Entry> {
  readonly from: number;
  readonly to: number;
  /** When this device first noticed the hole. */
  readonly missedAtMs: number;
  /** The entry right after the hole, if it has arrived. */
  readonly next: Entry | undefined;
}

/**
 * Puts one conversation's entries in order of seq and drops repeats (IM-PUSH-1). Entries arrive in any order and any
 * number of times; each is released once, in order. An entry above a hole waits until the hole is filled or skipped.
 *
 * The buffer starts at an origin: older entries are history. An older entry that arrives anyway (from the inbox), or
 * one of a skipped hole, is released at once.
 */
export class ReorderBuffer<Entry> {
  /** All seqs up to here were released, were skipped, or lie before the origin. */
  #settled: number;
  /** Ranges that no entry waits for. */
  readonly #skipped: (readonly [from: number, to: number])[] = [];
  readonly #late = new Set<number>();
  readonly #waiting = new Map<number, { readonly entry: Entry; readonly atMs: number }>();
  /** Known heads, ascending: each `seq` exists or is a hole. */
  #heads: { readonly seq: number; readonly atMs: number }[] = [];

  constructor(origin: number) {
    this.#settled = origin;
    this.#skipped.push([1, origin]);
  }

  get settled(): number {
    return this.#settled;
  }

  /** Takes entries; returns those released, in order. */
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

  /** Records that the server has allocated seqs up to `head`: those not here are missing. */
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

  /** Whether any of these skipped seqs is still missing. */
  lacks(from: number, to: number): boolean {
    let missing = to - from + 1;
    for (const seq of this.#late) if (from <= seq && seq <= to) missing -= 1;
    return missing > 0;
  }

  /**
   * Skips the lowest hole; returns the entries released. Entries of the hole that arrive later are released at once.
   */
  skip(hole: Pick<Hole<Entry>, 'from' | 'to'>): Entry[] {
    const { from, to } = hole;
    if (from !== this.#settled + 1) return [];
    this.#skipped.push([from, to]);
    this.#settled = to;
    return this.#release();
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
