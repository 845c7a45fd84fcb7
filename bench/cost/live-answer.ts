import { short, table } from '../report/table.ts';
import { operationNamed } from './monthly.ts';
import { type MeasuredOperation, type Memory, usageOf } from './operation-usage.ts';
import type { PriceFile } from './prices.ts';
import { addUsage, billOf, times, totalOf, type Usage } from './usage.ts';

/** An answer that is shown while it is written. */
export interface Answer {
  /** Updates that the readers see, the last one included. */
  readonly updates: number;
}

/** Ten seconds at one frame in 250 ms. */
export const DEFAULT_ANSWER: Answer = { updates: 40 };

interface Measured {
  readonly operations: readonly MeasuredOperation[];
  readonly memory: Memory;
}

const DIRECT = { message: 'direct-online/message', frame: 'live/live text, a frame' };
const GROUP = {
  message: 'group-10/group of 10, 5 online',
  frame: 'group-10/live text in a group of 10, 5 online',
};

/** Dollars for a million answers, for each way to show one while it grows. */
export function liveAnswerTable(measured: Measured, prices: PriceFile, answer: Answer): string {
  const dollars = (usage: Usage) => short(totalOf(billOf(usage, prices)) * 1e6);
  const message = (names: typeof DIRECT) => usageNamed(measured, prices, names.message, names.message);
  const live = (names: typeof DIRECT) =>
    addUsage(times(usageNamed(measured, prices, names.frame, names.message), answer.updates), message(names));
  const edit = (name: string) => usageNamed(measured, prices, `changes/${name}`, DIRECT.message);
  const edited = addUsage(
    message(DIRECT),
    edit('an edit, the first of a message'),
    times(edit('an edit, a later one'), answer.updates - 2),
  );
  const { updates } = answer;
  return table(
    ['a million answers', 'dollars, to one reader', 'in a group of 10, 5 online', 'messages stored'],
    [
      [
        `each of ${updates} updates is a message`,
        dollars(times(message(DIRECT), updates)),
        dollars(times(message(GROUP), updates)),
        updates,
      ],
      [`one message, edited ${updates - 1} times`, dollars(edited), '', 1],
      [`${updates} live frames, then the message`, dollars(live(DIRECT)), dollars(live(GROUP)), 1],
      ['only the message, and nothing before it', dollars(message(DIRECT)), dollars(message(GROUP)), 1],
    ],
  );
}

/** @param cpuOf the operation whose CPU time is taken: that of a frame and of an edit was not measured */
function usageNamed({ operations, memory }: Measured, prices: PriceFile, name: string, cpuOf: string): Usage {
  const operation = operationNamed(operations, name);
  const [cpuMs] = Object.values(operationNamed(operations, cpuOf).cpuMs);
  const [run = ''] = Object.keys(operation.tally.invocations);
  return usageOf({ ...operation, cpuMs: cpuMs === undefined ? {} : { [run]: cpuMs } }, memory, prices);
}
