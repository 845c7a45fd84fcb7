import { absentOf, type Measured, monthlyEvents, operationNamed, ourCauses } from './monthly.ts';
import { usageOf } from './operation-usage.ts';
import type { PriceFile } from './prices.ts';
import { billOf, times, totalOf, type Usage } from './usage.ts';
import type { Workload } from './workload.ts';

/** The cost that an option adds to a month's bill, in dollars. */
export interface Choices {
  /** `messageTableClass: 'infrequent-access'`; negative where it saves. */
  readonly infrequentAccess: number;
  /** Months of history from which on that class is cheaper. */
  readonly breakEvenMonths: number;
  /** `diagnostics: ['reports']`. */
  readonly reports: number;
  /** `diagnostics: ['traces']`. */
  readonly traces: number;
  /** A thousand notifications to one browser each, beyond their messages. */
  readonly thousandNotifications: number;
}

export function choicesOf(workload: Workload, measured: Measured, prices: PriceFile): Choices {
  const dollars = (usage: Usage) => totalOf(billOf(usage, prices));
  const { writes, reads } = messageUnits(workload, measured);
  const { messages } = monthlyEvents(workload, 0);
  const storedGb = (messages * prices.assumptions.storedBytesPerMessage.value) / 1e9;
  const moreForUnits =
    dollars({ dynamodbIaWriteUnit: writes, dynamodbIaReadUnit: reads }) -
    dollars({ dynamodbWriteUnit: writes, dynamodbReadUnit: reads });
  // The backup costs the same in both classes.
  const lessForOneMonth =
    dollars({ dynamodbStorageGb: storedGb }) - dollars({ dynamodbIaStorageGb: storedGb });
  const runs = ourCauses(workload, measured, prices).reduce(
    (sum, { perMonth, each }) => sum + perMonth * (each.lambdaRequest ?? 0),
    0,
  );
  const { logBytesPerInvocation, traceShare } = prices.assumptions;
  return {
    infrequentAccess: moreForUnits - lessForOneMonth * workload.keptMonths,
    breakEvenMonths: moreForUnits / lessForOneMonth,
    reports: dollars(times({ logGb: logBytesPerInvocation.value / 1e9 }, runs)),
    traces: dollars(times({ trace: traceShare.value }, runs)),
    thousandNotifications: 1_000 * notificationDollars(measured, prices),
  };
}

/** Of a message to somebody away, with one device: what it costs beyond the same message without notifications. */
function notificationDollars({ operations, memory }: Measured, prices: PriceFile): number {
  const [notified, without] = [
    'notifications/message, receiver away, one device',
    'direct-offline/message, receiver away',
  ].map((name) => totalOf(billOf(usageOf(operationNamed(operations, name), memory, prices), prices)));
  return (notified ?? 0) - (without ?? 0);
}

/**
 * Units of the message table in a month. A message is an item and its entry in the index by seq; absent users read it with
 * a page of their inbox, others with a page of history.
 */
function messageUnits(workload: Workload, { operations }: Measured) {
  const { messages, kept, historyPages } = monthlyEvents(
    workload,
    absentOf(operations, workload.groupSize).members,
  );
  const unitsOf = (name: string) => operationNamed(operations, name).tally.readUnits;
  const inboxPage = unitsOf('direct-offline/hello, a page of 50') - unitsOf('hello/hello, empty inbox');
  // All but the conversation's head.
  const historyPage = unitsOf('history/history, the latest 50') - 1;
  return { writes: 2 * messages, reads: (kept * inboxPage) / 50 + historyPages * historyPage };
}
