import counts from '../results/counts.json' with { type: 'json' };
import memory from '../results/memory.json' with { type: 'json' };
import times from '../results/times.json' with { type: 'json' };
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
import { isBaselineMeasured, type Measured } from './monthly.ts';
import { pictureTable } from './picture.ts';
import { readPrices } from './prices.ts';
import { stormText } from './storm-text.ts';
import { type CostArguments, parseCostArguments, type Workload, workloadHelp } from './workload.ts';
import { floodsTable, parseWorstUser, worstUserHelp, worstUserText } from './worst-user.ts';

/** What `cost` prints. @throws {UsageError} */
export function costText(args: readonly string[]): string {
  if (!args.includes(WORST_USER)) return answer(parseCostArguments(args));
  const user = parseWorstUser(args.filter((arg) => arg !== WORST_USER));
  return [worstUserText(user), floodsTable(user)].join('\n\n');
}

export function costHelp(args: readonly string[]): string {
  return args.includes(WORST_USER) ? worstUserHelp() : workloadHelp();
}

const WORST_USER = '--worst-user';

const DOCUMENT = 'docs/performance.md of the repository, "against a baseline"';

/** The page with the same table says it itself. */
function legend(workload: Workload, measured: Measured): string {
  if (isBaselineMeasured(workload, measured))
    return `M: millions. Baseline: the pattern of AWS's well-known chat sample, which keeps no message, scans one table of
connections for each, and posts it to all of them (${DOCUMENT}).`;
  return `M: millions. Up to ${measured.baseline.mostConnected} users connected at a time there is a baseline beside it, the pattern of AWS's
well-known chat sample; with more, it doesn't get a message to all of them in time (${DOCUMENT}).`;
}

function answer({ workload, explain, quotas, coldStarts, storm, picture }: CostArguments): string {
  if (storm) return stormText((memory as MemoryFile).times);
  const prices = readPrices();
  const measured = measuredOf(counts as CountsFile, times as TimesFile);
  if (picture) return pictureTable(measured, prices);
  if (coldStarts) return coldStartText(workload, measured);
  if (quotas) return quotaText(workload, measured, prices);
  const idle = {
    'with a desk': defaultTemplate({ desk: true }),
    'without a desk': defaultTemplate({ desk: false }),
  };
  const texts = [
    `${billText(workload, measured, prices)}\n\n${legend(workload, measured)}`,
    choicesText(workload, measured, prices),
    idleText(idle, prices),
  ];
  return (explain ? [...texts, explainText(workload, measured, prices)] : texts).join('\n\n');
}
