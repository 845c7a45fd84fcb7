import { closest, distance } from 'fastest-levenshtein';

/** A name further away than this is no slip of the hand. */
const MAX_DISTANCE = 3;

/** The end of a sentence about an unknown name: which one its writer may have meant, or else where all of them are. */
export function guess(name: string, known: readonly string[], list: string): string {
  const nearest = closest(name, known);
  return distance(name.toLowerCase(), nearest.toLowerCase()) <= MAX_DISTANCE
    ? `: did you mean "${nearest}"?`
    : `: ${list} lists all of them`;
}
