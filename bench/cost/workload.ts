import { parseCommand } from '../../cli/options.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { commandLine } from '../../cli/wording.ts';

/** The average behaviour of users. */
export interface Workload {
  readonly users: number;
  /** Share of users connected at a time, averaged over the day. */
  readonly online: number;
  /** Messages sent per user and day. */
  readonly messagesPerDay: number;
  /** Share of messages sent to groups. */
  readonly groupShare: number;
  /** A measured group size: 10, 100, 1000, or 10000. */
  readonly groupSize: number;
  /** Share of direct messages whose receiver is connected. More than `online`, since users write to users who are online. */
  readonly receiverOnline: number;
  /** Connects per user and day; an app opens a session when it comes to the foreground. */
  readonly sessionsPerDay: number;
  readonly conversations: number;
  /** Pages of history read per session. */
  readonly historyPages: number;
  /** Jobs per invocation of the offline consumer. */
  readonly batch: number;
  /** Busiest second divided by the average; used for quotas. */
  readonly peak: number;
  /** Months of history stored. */
  readonly keptMonths: number;
}

export const DEFAULT_WORKLOAD: Workload = {
  users: 1e6,
  online: 0.1,
  messagesPerDay: 40,
  groupShare: 0.3,
  groupSize: 10,
  receiverOnline: 0.6,
  sessionsPerDay: 8,
  conversations: 30,
  historyPages: 1,
  batch: 2,
  peak: 3,
  keptMonths: 12,
};

const MEANINGS: Readonly<Record<keyof Workload, string>> = {
  users: 'users',
  online: 'share of users connected at a time',
  messagesPerDay: 'messages that a user sends a day',
  groupShare: 'share of messages into groups',
  groupSize: 'members of a group: 10, 100, 1000, or 10000',
  receiverOnline: 'share of direct messages whose receiver is connected',
  sessionsPerDay: 'connects of a user a day',
  conversations: 'conversations of a user',
  historyPages: 'pages of history opened a session',
  batch: 'jobs that a run of the offline consumer finds',
  peak: 'busiest second over the average',
  keptMonths: 'months of history stored',
};

export interface CostArguments {
  readonly workload: Workload;
  readonly explain: boolean;
  readonly quotas: boolean;
  readonly coldStarts: boolean;
  readonly storm: boolean;
  readonly picture: boolean;
}

export const workloadHelp = () =>
  [
    `What a month costs, from counted requests and list prices: ${commandLine('cost', '[options]')}`,
    '',
    ...Object.entries(MEANINGS).map(
      ([name, meaning]) =>
        `${`  --${optionOf(name)} N`.padEnd(28)}${meaning} (${DEFAULT_WORKLOAD[name as keyof Workload]})`,
    ),
    `${'  --explain'.padEnd(28)}the inputs of each figure`,
    `${'  --quotas'.padEnd(28)}which AWS quota is reached first, from 10⁴ to 10⁷ users`,
    `${'  --cold-starts'.padEnd(28)}share of connects, frames, and HTTP requests that meet a cold start, 10 to 10⁴ users`,
    `${'  --worst-user'.padEnd(28)}what one user can cost at most; has options of its own (--worst-user --help)`,
    `${'  --picture'.padEnd(28)}what a picture costs that is sent and seen`,
    `${'  --storm'.padEnd(28)}how long everybody needs to reconnect after an outage, by quotas; some seconds`,
  ].join('\n');

/** @throws {UsageError} */
export function parseCostArguments(args: readonly string[]): CostArguments {
  const names = Object.keys(DEFAULT_WORKLOAD) as (keyof Workload)[];
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseCommand(args, {
    ...Object.fromEntries(names.map((name) => [optionOf(name), { type: 'string' } as const])),
    explain: flag,
    quotas: flag,
    'cold-starts': flag,
    storm: flag,
    picture: flag,
  });
  const given: Readonly<Record<string, unknown>> = values;
  const numbers = names.map((name) => [name, numberOf(name, given[optionOf(name)])]);
  return {
    workload: Object.fromEntries(numbers) as Workload,
    explain: given['explain'] === true,
    quotas: given['quotas'] === true,
    coldStarts: given['cold-starts'] === true,
    storm: given['storm'] === true,
    picture: given['picture'] === true,
  };
}

function optionOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The unit that figures are divided by. */
const DIVISORS: readonly (keyof Workload)[] = ['users', 'messagesPerDay', 'batch'];
const SHARES: readonly (keyof Workload)[] = ['online', 'groupShare', 'receiverOnline'];

function numberOf(name: keyof Workload, text: unknown): number {
  if (text === undefined) return DEFAULT_WORKLOAD[name];
  const number = Number(text);
  const isShare = SHARES.includes(name);
  const isDivisor = DIVISORS.includes(name);
  const isAbove = isDivisor ? number > 0 : number >= 0;
  if (text === '' || !Number.isFinite(number) || !isAbove || (isShare && number > 1)) {
    const range = isShare ? ' from 0 to 1' : isDivisor ? ' above 0' : '';
    throw new UsageError(`--${optionOf(name)} must be a number${range}, not "${text}".`);
  }
  return number;
}
