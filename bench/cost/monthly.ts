import { UsageError } from '../../cli/usage-error.ts';
import { nameOf } from '../measure/budget.ts';
import { type MeasuredOperation, type Memory, requestsOf, usageOf } from './operation-usage.ts';
import type { PriceFile } from './prices.ts';
import { addUsage, times, type Usage } from './usage.ts';
import type { Workload } from './workload.ts';

const DAYS = 30;
const DAY_MINUTES = 24 * 60;
const HEARTBEAT_MINUTES = 8;
const PAGE = 100;
const INBOX_PAGE = 50;

/** A cause of usage: how often it happens in a month, and its usage each time. */
export interface Cause {
  readonly what: string;
  readonly perMonth: number;
  readonly each: Usage;
  /** Requests that count towards API Gateway's rate: frames, connects, posts, HTTP requests; a reply is part of its request. */
  readonly requests: number;
}

export interface Measured {
  readonly operations: readonly MeasuredOperation[];
  readonly memory: Memory;
  readonly baseline: BaselineFigures;
}

export interface BaselineFigures {
  /** CPU time of the sending function per connected user. */
  readonly cpuMsPerPost: number;
  readonly memoryMegabytes: number;
  /** The most users that it was measured with. */
  readonly mostConnected: number;
}

/** Whether the sample's pattern is worth a comparison: with more users connected, a message takes longer than its function may run. */
export function isBaselineMeasured(
  { users, online }: Workload,
  { baseline }: Pick<Measured, 'baseline'>,
): boolean {
  return users * online <= baseline.mostConnected;
}

export function monthlyUsage(causes: readonly Cause[]): Usage {
  return addUsage(...causes.map(({ perMonth, each }) => times(each, perMonth)));
}

/** How often each event happens in a month. */
export interface Events {
  readonly messages: number;
  /** Direct messages to connected users (`delivered`) and to absent ones (`away`). */
  readonly delivered: number;
  readonly away: number;
  readonly inGroups: number;
  /** References stored in inboxes. */
  readonly kept: number;
  readonly sessions: number;
  readonly inboxPages: number;
  readonly listPages: number;
  readonly historyPages: number;
  readonly connectedMinutes: number;
  readonly heartbeats: number;
}

/** @param absentMembers members per group whose inbox gets a copy of each message */
export function monthlyEvents(workload: Workload, absentMembers: number): Events {
  const { users, groupShare, receiverOnline } = workload;
  const messages = users * workload.messagesPerDay * DAYS;
  const direct = messages * (1 - groupShare);
  const away = direct * (1 - receiverOnline);
  const inGroups = messages * groupShare;
  const kept = away + inGroups * absentMembers;
  const sessions = users * workload.sessionsPerDay * DAYS;
  const connectedMinutes = users * workload.online * DAY_MINUTES * DAYS;
  return {
    messages,
    delivered: direct - away,
    away,
    inGroups,
    kept,
    sessions,
    inboxPages: Math.min(sessions, kept),
    listPages: sessions * Math.ceil(workload.conversations / PAGE),
    historyPages: sessions * workload.historyPages,
    connectedMinutes,
    heartbeats: connectedMinutes / HEARTBEAT_MINUTES,
  };
}

/** Everything that users do in a month, priced by measured operations. */
export function ourCauses(workload: Workload, measured: Measured, prices: PriceFile): readonly Cause[] {
  const { groupSize, conversations, batch } = workload;
  const of = (name: string): Usage =>
    usageOf(operationNamed(measured.operations, name), measured.memory, prices);
  const absent = absentOf(measured.operations, groupSize);
  const events = monthlyEvents(workload, absent.members);
  const { kept, sessions } = events;
  const group = `group-${groupSize}`;
  const lists = of('conversations/conversations, 300 of which none changed');
  const requests = (name: string) => requestsOf(operationNamed(measured.operations, name));
  const done = (name: string, perMonth: number): Cause => ({
    what: name,
    perMonth,
    each: of(name),
    requests: requests(name),
  });
  return [
    done('direct-online/message', events.delivered),
    done('direct-offline/message, receiver away', events.away),
    done(`${group}/${absent.told}`, events.inGroups),
    {
      what: 'direct-offline/store-offline, a batch of 10, each of its messages',
      perMonth: kept,
      each: oneOfBatch(of('direct-offline/store-offline, a batch of 10'), batch),
      requests: 0,
    },
    {
      what: 'direct-offline/hello and ackInbox, each message of a page of 50',
      perMonth: kept,
      each: oneOfPage(of('direct-offline/hello, a page of 50'), of('direct-offline/ackInbox, nothing left')),
      requests: 0,
    },
    {
      what: 'direct-offline/ackInbox, a page',
      perMonth: events.inboxPages,
      each: withoutUnits(of('direct-offline/ackInbox, nothing left')),
      requests: 1,
    },
    done('connect/connect', sessions),
    done('hello/hello, empty inbox', sessions),
    done('connect/disconnect', sessions),
    {
      what: `conversations/none changed, ${conversations} of 300`,
      perMonth: sessions,
      each: { ...times(lists, conversations / 300), ...pages(lists, Math.ceil(conversations / PAGE)) },
      requests: Math.ceil(conversations / PAGE),
    },
    done('history/history, the latest 50', events.historyPages),
    {
      what: 'heartbeat, every second time with the lease',
      perMonth: events.heartbeats,
      each: times(addUsage(of('heartbeat/heartbeat'), of('heartbeat/heartbeat that renews the lease')), 0.5),
      requests: 1,
    },
    { what: 'connected', perMonth: events.connectedMinutes, each: { connectionMinute: 1 }, requests: 0 },
    {
      what: `history of ${workload.keptMonths} months, and its backup`,
      perMonth: events.messages * workload.keptMonths,
      each: storedMessage(prices),
      requests: 0,
    },
  ];
}

/** The same users on the sample's pattern, which stores nothing, so absent users get no messages. */
export function baselineCauses(
  workload: Workload,
  { baseline }: Pick<Measured, 'baseline'>,
  { assumptions }: PriceFile,
): readonly Cause[] {
  const connected = workload.users * workload.online;
  const sessions = workload.users * workload.sessionsPerDay * DAYS;
  const share = Math.min(1, baseline.memoryMegabytes / assumptions.vcpuMegabytes.value);
  const sendMs =
    (connected * baseline.cpuMsPerPost) / share +
    assumptions.waitPerCallMs.value * (1 + connected / SOCKETS_OF_THE_SDK);
  const run: Usage = {
    lambdaRequest: 1,
    logGb: (assumptions.logBytesPerInvocation.value + assumptions.accessLogBytesPerRequest.value) / 1e9,
  };
  const gbSecond = baseline.memoryMegabytes / 1024 / 1000;
  return [
    {
      what: `a message: a Scan of ${connected} rows, and as many posts`,
      perMonth: workload.users * workload.messagesPerDay * DAYS,
      each: {
        ...run,
        dynamodbReadUnit: scanUnits(connected),
        socketMessage: 1 + connected,
        lambdaGbSecond: gbSecond * sendMs,
        transferGb: (connected * assumptions.wireBytesPerMessage.value) / 1e9,
      },
      requests: 1 + connected,
    },
    {
      what: 'connect and disconnect',
      perMonth: sessions * 2,
      each: { ...run, dynamodbWriteUnit: 1, lambdaGbSecond: gbSecond * assumptions.waitPerCallMs.value },
      requests: 1,
    },
    {
      what: 'connected',
      perMonth: connected * DAY_MINUTES * DAYS,
      each: { connectionMinute: 1 },
      requests: 0,
    },
  ];
}

const SOCKETS_OF_THE_SDK = 50;
/** Size of a row as DynamoDB counts it: `connectionId` and sixteen characters. */
const ROW_BYTES = 28;

/** Units of an eventually consistent Scan: half a unit per 4 KB, rounded up, at least one half. */
export function scanUnits(rows: number): number {
  return Math.max(0.5, Math.ceil((rows * ROW_BYTES) / 4096) / 2);
}

export function operationNamed(operations: readonly MeasuredOperation[], name: string): MeasuredOperation {
  const found = operations.find((operation) => nameOf(operation) === name);
  if (found === undefined) throw new Error(`${name} was not measured: run \`npm run bench\` first.`);
  return found;
}

/** The operation that was measured for a group of this size, and how many members were absent. */
export function absentOf(operations: readonly MeasuredOperation[], groupSize: number) {
  const own = operations.filter(({ scenario }) => scenario === `group-${groupSize}`);
  const kept = own.find(({ operation }) => / online: kept for the absent$/.test(operation));
  const told = own.find(({ operation }) => / online$/.test(operation));
  if (told === undefined)
    throw new UsageError(
      `--group-size takes 10, 100, 1000, or 10000, which were measured, not ${groupSize}.`,
    );
  return { told: told.operation, members: kept?.tally.writeUnits ?? 0 };
}

/** Each message pays for its own units; the messages of a batch share the invocation and its requests. */
function oneOfBatch({ dynamodbWriteUnit = 0, ...usage }: Usage, batch: number): Usage {
  const { dynamodbReadUnit = 0, ...run } = usage;
  return { ...times(run, 1 / batch), dynamodbWriteUnit: dynamodbWriteUnit / 10, dynamodbReadUnit };
}

/** The cost of a page beyond an empty one: reading each message and deleting its entry. */
function oneOfPage(page: Usage, acknowledged: Usage): Usage {
  return {
    dynamodbReadUnit: (page.dynamodbReadUnit ?? 0) / INBOX_PAGE,
    dynamodbWriteUnit: (acknowledged.dynamodbWriteUnit ?? 0) / INBOX_PAGE,
  };
}

function withoutUnits({ dynamodbWriteUnit, dynamodbReadUnit, ...rest }: Usage): Usage {
  return { ...rest, dynamodbReadUnit: 2 };
}

/** Requests are per page, however full it is. Three pages were measured. */
function pages({ httpRequest = 0, lambdaRequest = 0, accessLogGb = 0 }: Usage, count: number): Usage {
  const part = count / 3;
  return {
    httpRequest: httpRequest * part,
    lambdaRequest: lambdaRequest * part,
    accessLogGb: accessLogGb * part,
  };
}

function storedMessage({ assumptions }: PriceFile): Usage {
  const gb = assumptions.storedBytesPerMessage.value / 1e9;
  return { dynamodbStorageGb: gb, dynamodbBackupGb: gb };
}
