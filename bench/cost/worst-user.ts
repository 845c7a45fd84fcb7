import { parseCommand } from '../../cli/options.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { commandLine } from '../../cli/wording.ts';
import {
  ACTION_PRICES,
  addedMembersPrice,
  answerPrice,
  DEAR,
  directMessageExtra,
  groupMessagePrice,
  hintPrice,
  MAX_CHEAP_MEMBERS,
  NEW_CONVERSATION_EXTRA,
  presencePrice,
  REFUSAL_PRICE,
  ROUTE_PRICES,
  readsPrice,
  waitPrice,
} from '../../lambdas/domain/model/prices.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { table } from '../report/table.ts';

/** The bounds of a user's bill: options of a deployment, and how much the user can do at once. */
export interface WorstUser {
  /** `userBudget`. */
  readonly perMinute: number;
  readonly burst: number;
  /** `strangersPerDay`. */
  readonly strangers: number;
  /** Requests of one user that are admitted before the first of them is paid for. */
  readonly atOnce: number;
  /** The stages' throttles: frames and HTTP requests a second, and those of a route of its own. */
  readonly frames: number;
  readonly requests: number;
  readonly rare: number;
}

export const DEFAULT_WORST_USER: WorstUser = {
  perMinute: 600,
  burst: 3_000,
  strangers: 100,
  atOnce: 500,
  frames: 2_000,
  requests: 500,
  rare: 50,
};

const MEANINGS: Readonly<Record<keyof WorstUser, string>> = {
  perMinute: 'credits that come back in a minute',
  burst: 'credits at once',
  strangers: 'new people a day',
  atOnce: 'requests of a user that run at once',
  frames: 'frames a second that the stage lets through',
  requests: 'HTTP requests a second that the stage lets through',
  rare: 'the same, for routes with a throttle of their own',
};

const nameOf = (key: string) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const worstUserHelp = () =>
  [
    `What one user can cost at most: ${commandLine('cost', '--worst-user [options]')}`,
    '',
    ...Object.entries(MEANINGS).map(
      ([key, meaning]) =>
        `${`  --${nameOf(key)} N`.padEnd(28)}${meaning} (${DEFAULT_WORST_USER[key as keyof WorstUser]})`,
    ),
  ].join('\n');

/** @throws {UsageError} */
export function parseWorstUser(args: readonly string[]): WorstUser {
  const keys = Object.keys(MEANINGS) as (keyof WorstUser)[];
  const options = Object.fromEntries(keys.map((key) => [nameOf(key), { type: 'string' } as const]));
  const { values } = parseCommand(args, options);
  const given: Readonly<Record<string, unknown>> = values;
  const numbers = keys.map((key) => {
    const text = given[nameOf(key)];
    const number = text === undefined ? DEFAULT_WORST_USER[key] : Number(text);
    if (text === '' || !Number.isFinite(number) || number < 0)
      throw new UsageError(`--${nameOf(key)} must be a number of at least 0, not "${text}".`);
    return [key, number];
  });
  return Object.fromEntries(numbers) as WorstUser;
}

const HOUR = 60;
const DAY = 24 * HOUR;
const DOLLARS = 1e-6;

/** Dollars that the user's budget allows in so many minutes, beginning with a full one. */
export function budgetDollars({ perMinute, burst }: WorstUser, minutes: number): number {
  return (perMinute * minutes + burst) * DOLLARS;
}

/**
 * Dollars beyond that, once: requests that were admitted together, before the first of them was paid for. They are a debt, so
 * the user waits for them to be paid. Requests that cost `DEAR` or more are paid for first.
 */
export function inFlightDollars({ atOnce }: WorstUser): number {
  return atOnce * DEAR * DOLLARS;
}

export interface Flood {
  readonly what: string;
  /** Credits of each. */
  readonly price: number;
  /** Each second, without a budget. */
  readonly perSecond: number;
  /** The most in an hour, by a limit beside the budget. */
  readonly most?: number;
}

const { maxContentBytes: LONG, membersPerRequest: MANY } = LIMITS;
const MEMBERS = LIMITS.readPushMembers;
/** A page of long messages, and the list that counts as much as one request may. */
const [PAGE_BYTES, COUNTED] = [LIMITS.pageMax * (LONG + 500), 2_000];

/** Floods that one user can keep up, the cheapest first. */
export function floods({ frames, requests, rare, strangers }: WorstUser): readonly Flood[] {
  const { sendMessage, typing, live, presence } = ACTION_PRICES;
  const route = (key: keyof typeof ROUTE_PRICES) => ROUTE_PRICES[key];
  const waiting = LIMITS.pollWaitMs / 1_000;
  const all: readonly Flood[] = [
    { what: 'a short message to one user', price: sendMessage, perSecond: frames },
    {
      what: 'a first message to a stranger who is away',
      price: sendMessage + NEW_CONVERSATION_EXTRA + directMessageExtra(100, 0, true),
      perSecond: frames,
      most: strangers,
    },
    { what: '16 KB to one user', price: sendMessage + directMessageExtra(LONG, 1, false), perSecond: frames },
    {
      what: `a message to a group of ${MAX_CHEAP_MEMBERS}`,
      price: sendMessage + groupMessagePrice(MAX_CHEAP_MEMBERS, 100),
      perSecond: frames,
    },
    {
      what: 'a message to a group of 10,000',
      price: sendMessage + groupMessagePrice(10_000, 100),
      perSecond: frames,
    },
    {
      what: `typing in a group of ${MEMBERS}, all online`,
      price: typing + hintPrice(MEMBERS, MEMBERS - 1),
      // Once in two seconds, on each of ten devices.
      perSecond: LIMITS.maxDevices / (LIMITS.typingIntervalMs / 1_000),
    },
    {
      what: `live text of 16 KB in a group of ${MEMBERS}, all online`,
      price: live + hintPrice(MEMBERS, MEMBERS - 1, LONG),
      perSecond: frames,
    },
    {
      what: `presence of ${LIMITS.presenceUsers} users`,
      price: presence + presencePrice(LIMITS.presenceUsers) + answerPrice(LIMITS.presenceUsers * 80),
      perSecond: frames,
    },
    {
      what: `a page of ${LIMITS.pageMax} messages of 16 KB`,
      price: route('GET /conversations/{conversationId}/messages') + answerPrice(PAGE_BYTES),
      perSecond: requests,
    },
    {
      what: `a list of ${LIMITS.pageMax} conversations with much unread in them`,
      price: route('GET /conversations') + readsPrice(COUNTED + 3 * LIMITS.pageMax) + answerPrice(90_000),
      perSecond: requests,
    },
    {
      what: `a group of ${MANY + 1}`,
      price: route('POST /groups') + addedMembersPrice(MANY, MANY + 1),
      perSecond: rare,
      most: Math.floor(strangers / MANY),
    },
    {
      what: `a poll that waits ${waiting} s, on ${LIMITS.waitingPolls} devices`,
      price: route('POST /poll') + waitPrice(LIMITS.pollWaitMs),
      perSecond: LIMITS.waitingPolls / waiting,
    },
  ];
  return all.toSorted((a, b) => a.price - b.price);
}

/** The worst floods of one user, in Markdown. */
export function floodsTable(user: WorstUser): string {
  const rows = floods(user).map(({ what, price, perSecond, most = Number.POSITIVE_INFINITY }) => {
    const wanted = perSecond * 3_600;
    const done = Math.min(wanted, most, Math.ceil(budgetDollars(user, HOUR) / DOLLARS / price));
    return [
      what,
      price.toFixed(1),
      dollars(wanted * price * DOLLARS),
      count(done),
      dollars(done * price * DOLLARS),
    ];
  });
  return table(
    ['flood', 'credits each', 'dollars an hour without a budget', 'done in an hour with it', 'dollars'],
    rows,
  );
}

/** `cost --worst-user` */
export function worstUserText(user: WorstUser): string {
  const line = (name: string, hours: number, day: number, month: number) =>
    name.padEnd(34) + [hours, day, month].map((amount) => dollars(amount).padStart(12)).join('');
  const of = (minutes: number) => budgetDollars(user, minutes);
  const refused = (perSecond: number, minutes: number) => perSecond * 60 * minutes * REFUSAL_PRICE * DOLLARS;
  const each = (amount: (minutes: number) => number) =>
    [HOUR, DAY, 30 * DAY].map(amount) as [number, number, number];
  const inFlight = inFlightDollars(user);
  return [
    'The most that one user costs, in dollars',
    '',
    `${''.padEnd(34)}${['an hour', 'a day', '30 days'].map((text) => text.padStart(12)).join('')}`,
    line('by the budget', ...each(of)),
    line('on its way when it ran out, once', inFlight, inFlight, inFlight),
    line('one refusal a second', ...each((minutes) => refused(1, minutes))),
    line(`${count(user.frames)} refusals a second`, ...each((minutes) => refused(user.frames, minutes))),
  ].join('\n');
}

function dollars(amount: number): string {
  return amount >= 100 ? Math.round(amount).toLocaleString('en') : amount.toPrecision(3);
}

function count(amount: number): string {
  return Math.round(amount).toLocaleString('en');
}
