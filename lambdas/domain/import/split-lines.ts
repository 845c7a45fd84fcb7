import { IMPORT_LIMITS } from '../../../protocol/import.ts';

/** Where in a file, after how many lines. */
export interface Place {
  readonly offset: number;
  readonly line: number;
  /** In the middle of a line that is too long. */
  readonly isTooLong?: boolean;
}

/** A line, and the place after it. */
export interface RawLine extends Place {
  /** `undefined`: it is too long. */
  readonly bytes: Buffer | undefined;
}

const NEWLINE = 0x0a;

/**
 * The lines of a part of a file. The last one may go on behind it, so it is left to the next part, unless this is the end.
 * @param part as long as two of the longest lines, or else the end of the file
 */
export function* splitLines(part: Buffer, place: Place, isEnd: boolean): Generator<RawLine> {
  let { line, isTooLong = false } = place;
  let from = 0;
  while (from < part.length) {
    const newline = part.indexOf(NEWLINE, from);
    const to = newline === -1 ? part.length : newline;
    const isWhole = newline !== -1 || isEnd;
    const isLonger = to - from > IMPORT_LIMITS.lineBytes;
    if (!isWhole && !isLonger && !isTooLong) return;
    const after = to + (newline === -1 ? 0 : 1);
    const isFirstOfIt = !isTooLong;
    const bytes = isLonger || isTooLong ? undefined : part.subarray(from, to);
    isTooLong = !isWhole;
    from = after;
    // A line that is too long is told of once, at its beginning.
    if (isFirstOfIt) line += 1;
    const now = { offset: place.offset + after, line, ...(isTooLong && { isTooLong }) };
    yield { ...now, bytes: isFirstOfIt ? bytes : EMPTY };
  }
}

const EMPTY = Buffer.alloc(0);
