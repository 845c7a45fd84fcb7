import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timeline } from '../src/sync/reorder-buffer.ts';

/** Feeds seqs one by one; returns what left, in order of leaving. */
function feed(timeline: Timeline<number>, seqs: readonly number[], nowMs = 0): number[] {
  return seqs.flatMap((seq) => timeline.accept([[seq, seq]], nowMs));
}

describe('timeline', () => {
  it('lets each seq leave once and in order, however often and in whatever order it comes (IM-PUSH-1)', () => {
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
        expect(feed(new Timeline<number>(origin), order)).toEqual(all);
      }),
    );
  });

  it('is strictly increasing also when some seqs never come and their holes are skipped (IM-SEND-3)', () => {
    const cases = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(cases, (order) => {
        const timeline = new Timeline<number>(0);
        const left = feed(timeline, order);
        for (let { hole } = timeline; hole !== undefined; hole = timeline.hole)
          left.push(...timeline.skip(hole));
        expect(left).toEqual([...order].sort((a, b) => a - b));
      }),
    );
  });

  it('shows the lowest hole, what follows it, and when it was first missed', () => {
    const timeline = new Timeline<number>(2);
    timeline.accept([[6, 6]], 100);
    timeline.accept([[8, 8]], 200);
    timeline.accept([[5, 5]], 300);
    expect(timeline.hole).toEqual({ from: 3, to: 4, missedAtMs: 100, next: 5 });
    expect(feed(timeline, [3, 4])).toEqual([3, 4, 5, 6]);
    expect(timeline.hole).toEqual({ from: 7, to: 7, missedAtMs: 200, next: 8 });
    expect(feed(timeline, [7])).toEqual([7, 8]);
    expect(timeline.hole).toBeUndefined();
  });

  it('misses what a head shows to exist', () => {
    const timeline = new Timeline<number>(2);
    timeline.noteHead(2, 50);
    expect(timeline.hole).toBeUndefined();
    timeline.noteHead(4, 100);
    timeline.noteHead(5, 200);
    expect(timeline.hole).toEqual({ from: 3, to: 5, missedAtMs: 100, next: undefined });
    expect(feed(timeline, [3, 4], 300)).toEqual([3, 4]);
    expect(timeline.hole).toEqual({ from: 5, to: 5, missedAtMs: 200, next: undefined });
  });

  it('skips the lowest hole only', () => {
    const timeline = new Timeline<number>(0);
    feed(timeline, [3, 5]);
    expect(timeline.skip({ from: 4, to: 4 })).toEqual([]);
    expect(timeline.skip({ from: 1, to: 2 })).toEqual([3]);
    expect(timeline.settled).toBe(3);
  });

  it('lets a message from before its origin, or of a hole it skipped, leave at once and once', () => {
    const timeline = new Timeline<number>(10);
    expect(
      timeline.accept(
        [
          [7, 7],
          [4, 4],
        ],
        0,
      ),
    ).toEqual([4, 7]);
    expect(feed(timeline, [7, 4])).toEqual([]);
    feed(timeline, [13]);
    expect(timeline.skip({ from: 11, to: 12 })).toEqual([13]);
    expect(feed(timeline, [12, 12, 13, 11])).toEqual([12, 11]);
  });

  it('knows what is still missing of a hole that it skipped', () => {
    const timeline = new Timeline<number>(0);
    feed(timeline, [4]);
    timeline.skip({ from: 1, to: 3 });
    expect(timeline.lacks(1, 3)).toBe(true);
    feed(timeline, [2, 1]);
    expect(timeline.lacks(1, 3)).toBe(true);
    feed(timeline, [3]);
    expect(timeline.lacks(1, 3)).toBe(false);
  });
});
