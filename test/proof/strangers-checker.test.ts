import { describe, expect, it } from 'vitest';
import { violations } from './checker/pair-history.ts';
import type { HistoryEvent } from './history.ts';
import type { Recruited } from './people-history.ts';

const meets = (
  people: readonly string[],
  outcome: Recruited['outcome'],
  { begun = 0, code }: { readonly begun?: number; readonly code?: string } = {},
): HistoryEvent => ({
  ...{ type: 'recruited', user: 'ann', way: 'found', people, begun, outcome },
  ...(code !== undefined && { code }),
});
const refusal = { code: 'limit_reached' };
const met = (...people: string[]): HistoryEvent => ({ type: 'met', user: 'ann', people, atMost: 3 });

describe('the checker of strangers', () => {
  it.each<[string, readonly HistoryEvent[]]>([
    ['those who were met', [meets(['bob', 'cid'], 'done'), met('bob', 'cid')]],
    ['one who may have been met', [meets(['bob'], 'unknown'), met('bob')]],
    ['one who may not have been met', [meets(['bob'], 'unknown'), met()]],
    [
      'a refusal at the limit',
      [meets(['bob', 'cid'], 'done'), meets(['dee', 'eva'], 'refused', refusal), met('bob', 'cid')],
    ],
    [
      'a refusal by what was counted and not done',
      [meets(['bob'], 'unknown'), meets(['cid'], 'refused', refusal), met()],
    ],
    [
      'a refusal of one of two at once',
      [meets(['dee', 'eva'], 'refused', refusal), meets(['bob', 'cid'], 'done'), met('bob', 'cid')],
    ],
    ['another refusal', [meets(['bob'], 'refused', { code: 'forbidden' }), met()]],
  ])('accepts %s (IM-BUDGET-3)', (_, events) => {
    expect(violations(events)).toBe('');
  });

  it.each<[string, readonly HistoryEvent[], string]>([
    [
      'more than there may be',
      [meets(['bob', 'cid'], 'done'), meets(['dee', 'eva'], 'done'), met('bob', 'cid', 'dee', 'eva')],
      'has met 4 strangers; at most 3',
    ],
    [
      'one who does not know of it',
      [meets(['bob', 'cid'], 'done'), met('bob')],
      'met strangers who do not know of it',
    ],
    [
      'one whom a refusal was about',
      [meets(['bob'], 'refused', refusal), met('bob')],
      'has met bob against a refusal',
    ],
    ['one whom no request was about', [met('bob')], 'has met bob against a refusal'],
    ['one twice', [meets(['bob'], 'done'), met('bob', 'bob')], 'has met somebody twice'],
    [
      'a refusal before the limit',
      [meets(['bob'], 'refused', { ...refusal, begun: 0 }), met()],
      'was refused 1 strangers before the limit',
    ],
    [
      'a refusal for one who was met later',
      [meets(['bob'], 'refused', refusal), meets(['cid'], 'done', { begun: 1 }), met('cid')],
      'was refused 1 strangers before the limit',
    ],
  ])('notices %s (IM-BUDGET-3)', (_, events, violation) => {
    expect(violations(events)).toContain(`IM-BUDGET wrongly-met: ann ${violation}`);
  });
});
