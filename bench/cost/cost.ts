import { readJson } from '../files.ts';
import type { CountsFile, MemoryFile, TimesFile } from '../results.ts';
import {
  billText,
  choicesText,
  coldStartText,
  explainText,
  idleText,
  measuredOf,
  quotaText,
} from './cost-text.ts';
import { defaultTemplate } from './idle-stack.ts';
import { pictureTable } from './picture.ts';
import { readPrices } from './prices.ts';
import { stormText } from './storm-text.ts';
import { COST_HELP, type CostArguments, parseCostArguments } from './workload.ts';
import { floodsTable, parseWorstUser, WORST_USER_HELP, worstUserText } from './worst-user.ts';

/** `npm run cost`; returns the exit status. */
export function main(args: readonly string[]): number {
  try {
    if (args.includes('--worst-user')) {
      console.log(worstUserAnswer(args.filter((arg) => arg !== '--worst-user')));
      return 0;
    }
    const options = parseCostArguments(args);
    console.log(options.help ? COST_HELP : answer(options));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
}

function worstUserAnswer(args: readonly string[]): string {
  if (args.includes('--help')) return WORST_USER_HELP;
  const user = parseWorstUser(args);
  return [worstUserText(user), floodsTable(user)].join('\n\n');
}

function answer({ workload, explain, quotas, coldStarts, storm, picture }: CostArguments): string {
  if (storm) return stormText(readJson<MemoryFile>('results/memory.json').times);
  const prices = readPrices();
  const measured = measuredOf(
    readJson<CountsFile>('results/counts.json'),
    readJson<TimesFile>('results/times.json'),
  );
  if (picture) return pictureTable(measured, prices);
  if (coldStarts) return coldStartText(workload, measured);
  if (quotas) return quotaText(workload, measured, prices);
  const idle = {
    'with a desk': defaultTemplate({ desk: true }),
    'without a desk': defaultTemplate({ desk: false }),
  };
  const texts = [
    billText(workload, measured, prices),
    choicesText(workload, measured, prices),
    idleText(idle, prices),
  ];
  return (explain ? [...texts, explainText(workload, measured, prices)] : texts).join('\n\n');
}
