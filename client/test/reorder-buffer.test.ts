import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReorderBuffer } from '../src/sync/reorder-buffer.ts';

/** Feeds seqs one by one; returns the released ones in order. */
function accept(buffer: ReorderBuffer<number>, seqs: readonly number[], nowMs = 0): number[] {
  return seqs.flatMap((seq) => buffer.accept([[seq, seq]], nowMs));
}

describe('ReorderBuffer', () => {
  it('releases each seq once and in order, however often and in whatever order it arrives (IM-PUSH-1)', () => {
    const arrivals = fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 30 })).chain(([origin, count]) => {
      const all = Array.from({ length: count }, (_, index) => origin + 1 + index);
      const noise = fc.array(fc.constantFrom(...all), { maxLength: 40 });
      return fc.record({
        origin: fc.constant(origin),
        all: fc.constant(all),
        order: noise.chain((repeats) => {
          const sequence = [...all, ...repeats];
          return fc.shuffledSubarray(sequence, { minLength: sequence.length });
        }),
      });
    });
    fc.assert(
      fc.property(arrivals, ({ origin, all, order }) => {
        expect(accept(new ReorderBuffer<number>(origin), order)).toEqual(all);
      }),
    );
  });

  it('releases in strictly increasing order even if some seqs never arrive and their holes are skipped (IM-SEND-3)', () => {
    const cases = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(cases, (order) => {
        const buffer = new ReorderBuffer<number>(0);
        const left = accept(buffer, order);
        for (let { hole } = buffer; hole !== undefined; hole = buffer.hole) left.push(...buffer.skip(hole));
        expect(left).toEqual([...order].sort((a, b) => a - b));
      }),
    );
  });

  it('shows the lowest hole, the entry after it, and when the hole was noticed', () => {
    const buffer = new ReorderBuffer<number>(2);
    buffer.accept([[6, 6]], 100);
    buffer.accept([[8, 8]], 200);
    buffer.accept([[5, 5]], 300);
    expect(buffer.hole).toEqual({ from: 3, to: 4, missedAtMs: 100, next: 5 });
    expect(accept(buffer, [3, 4])).toEqual([3, 4, 5, 6]);
    expect(buffer.hole).toEqual({ from: 7, to: 7, missedAtMs: 200, next: 8 });
    expect(accept(buffer, [7])).toEqual([7, 8]);
    expect(buffer.hole).toBeUndefined();
  });

  it('shows a hole below a known head', () => {
    const buffer = new ReorderBuffer<number>(2);
    buffer.noteHead(2, 50);
    expect(buffer.hole).toBeUndefined();
    buffer.noteHead(4, 100);
    buffer.noteHead(5, 200);
    expect(buffer.hole).toEqual({ from: 3, to: 5, missedAtMs: 100, next: undefined });
    expect(accept(buffer, [3, 4], 300)).toEqual([3, 4]);
    expect(buffer.hole).toEqual({ from: 5, to: 5, missedAtMs: 200, next: undefined });
  });

  it('skips the lowest hole only', () => {
    const buffer = new ReorderBuffer<number>(0);
    accept(buffer, [3, 5]);
    expect(buffer.skip({ from: 4, to: 4 })).toEqual([]);
    expect(buffer.skip({ from: 1, to: 2 })).toEqual([3]);
    expect(buffer.settled).toBe(3);
  });

  it('releases an entry from before its origin, or of a skipped hole, at once and once', () => {
    const buffer = new ReorderBuffer<number>(10);
    expect(
      buffer.accept(
        [
          [7, 7],
          [4, 4],
        ],
        0,
      ),
    ).toEqual([4, 7]);
    expect(accept(buffer, [7, 4])).toEqual([]);
    accept(buffer, [13]);
    expect(buffer.skip({ from: 11, to: 12 })).toEqual([13]);
    expect(accept(buffer, [12, 12, 13, 11])).toEqual([12, 11]);
  });

  it('reports whether part of a skipped hole is still missing', () => {
    const buffer = new ReorderBuffer<number>(0);
    accept(buffer, [4]);
    buffer.skip({ from: 1, to: 3 });
    expect(buffer.lacks(1, 3)).toBe(true);
    accept(buffer, [2, 1]);
    expect(buffer.lacks(1, 3)).toBe(true);
    accept(buffer, [3]);
    expect(buffer.lacks(1, 3)).toBe(false);
  });
});
