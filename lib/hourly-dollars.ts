import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Events } from './events.ts';
import type { Functions } from './functions.ts';
import type { HttpGateway } from './http-gateway.ts';
import { type PriceName, plainDecimal, priceOf } from './prices.ts';
import type { MessageTableClass } from './props.ts';
import type { Storage, Store } from './storage.ts';
import type { WebSocketGateway } from './web-socket-gateway.ts';
import type { WorkQueue } from './work-queue.ts';

export interface BilledParts {
  readonly functions: Functions;
  readonly functionMegabytes: Readonly<Record<string, number>>;
  readonly storage: Storage;
  readonly deskStore: Store | undefined;
  readonly messageTableClass: MessageTableClass;
  /** By a name for people. */
  readonly queues: Readonly<Record<string, WorkQueue>>;
  readonly webSocket: WebSocketGateway;
  readonly http: HttpGateway;
  readonly events: Events | undefined;
}

/** A metric whose sum is billed. */
interface Billed {
  readonly metric: Metric;
  /** Of one unit of the metric. */
  readonly dollars: number;
}

const PERIOD = Duration.minutes(5);
const SUM = { period: PERIOD, statistic: 'Sum' };
/** The dashboard keeps the period, whatever span of time it shows. */
const PERIODS_AN_HOUR = 12;

/**
 * Dollars an hour by service, by metrics that AWS publishes for free. Left out is what has no such metric: connection minutes
 * (lib/dashboard-queries.ts), stored bytes, transfer, traces, S3, and functions of the operator's.
 */
export function hourlyDollars(parts: BilledParts): readonly MathExpression[] {
  return [
    dollarsOf('API Gateway, without connection minutes', 'gateway', gatewayMetrics(parts)),
    dollarsOf('DynamoDB', 'table', tableMetrics(parts)),
    dollarsOf('Lambda', 'fn', functionMetrics(parts)),
    dollarsOf('SQS', 'queue', Object.values(parts.queues).flatMap(queueMetrics)),
    dollarsOf('Logs', 'log', logMetrics(parts)),
    ...(parts.events === undefined ? [] : [dollarsOf('SNS', 'topic', topicMetrics(parts.events))]),
  ];
}

function gatewayMetrics({ webSocket, http }: BilledParts): Billed[] {
  return [
    { metric: webSocket.stage.metric('MessageCount', SUM), dollars: priceOf('socketMessage') },
    { metric: http.stage.metricCount(SUM), dollars: priceOf('httpRequest') },
  ];
}

function tableMetrics({ storage, deskStore, messageTableClass }: BilledParts): Billed[] {
  const standard = { write: priceOf('dynamodbWriteUnit'), read: priceOf('dynamodbReadUnit') };
  const rare = { write: priceOf('dynamodbIaWriteUnit'), read: priceOf('dynamodbIaReadUnit') };
  const { routes, conversations, messages, inbox } = storage;
  const stores = [routes, conversations, messages, inbox, ...(deskStore ? [deskStore] : [])];
  return stores.flatMap((store) => {
    const price = store === messages && messageTableClass === 'infrequent-access' ? rare : standard;
    return [
      { metric: store.table.metricConsumedWriteCapacityUnits(SUM), dollars: price.write },
      { metric: store.table.metricConsumedReadCapacityUnits(SUM), dollars: price.read },
    ];
  });
}

/** The time in milliseconds, of memory in megabytes. */
function functionMetrics({ functions, functionMegabytes }: BilledParts): Billed[] {
  return Object.entries(functions).flatMap(([name, fn]) => {
    const gigabytes = (functionMegabytes[name] ?? 0) / 1024;
    return [
      { metric: fn.metricInvocations(SUM), dollars: priceOf('lambdaRequest') },
      { metric: fn.metricDuration(SUM), dollars: (gigabytes / 1000) * priceOf('lambdaGbSecond') },
    ];
  });
}

/** Counts messages, and SQS bills batches: no metric has those. So this is more than the bill. */
function queueMetrics({ queue }: WorkQueue): Billed[] {
  const metrics = [
    queue.metricNumberOfMessagesSent(SUM),
    queue.metricNumberOfMessagesReceived(SUM),
    queue.metricNumberOfMessagesDeleted(SUM),
    queue.metricNumberOfEmptyReceives(SUM),
  ];
  return metrics.map((metric) => ({ metric, dollars: priceOf('sqsRequest') }));
}

function logMetrics({ functions, webSocket, http }: BilledParts): Billed[] {
  return [
    ...Object.values(functions).map(({ logGroup }) => bytesInto(logGroup, 'logGb')),
    ...[webSocket, http].map(({ accessLogGroup }) => bytesInto(accessLogGroup, 'accessLogGb')),
  ];
}

function bytesInto({ logGroupName }: ILogGroup, price: PriceName): Billed {
  const dimensionsMap = { LogGroupName: logGroupName };
  const metric = new Metric({ namespace: 'AWS/Logs', metricName: 'IncomingBytes', dimensionsMap, ...SUM });
  return { metric, dollars: priceOf(price) / 1e9 };
}

function topicMetrics({ topic }: Events): Billed[] {
  return [{ metric: topic.metricNumberOfMessagesPublished(SUM), dollars: priceOf('snsRequest') }];
}

/** @param id unique within a widget */
function dollarsOf(label: string, id: string, billed: readonly Billed[]): MathExpression {
  // A metric without data would leave the sum without data.
  const terms = billed.map(({ dollars }, index) => `FILL(${id}${index},0)*${plainDecimal(dollars)}`);
  return new MathExpression({
    label,
    expression: `(${terms.join('+')})*${PERIODS_AN_HOUR}`,
    usingMetrics: Object.fromEntries(billed.map(({ metric }, index) => [`${id}${index}`, metric])),
    period: PERIOD,
  });
}
