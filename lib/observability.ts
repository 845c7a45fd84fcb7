import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FilterPattern, type IFilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Desk } from './desk.ts';
import type { FunctionName, Functions } from './functions.ts';
import type { HttpGateway } from './http-gateway.ts';
import type { StreamConsumer } from './stream-consumer.ts';
import type { WebSocketGateway } from './web-socket-gateway.ts';
import type { WorkQueue } from './work-queue.ts';

export interface ObservabilityProps {
  readonly offlineQueue: WorkQueue;
  readonly fanOutQueue: WorkQueue;
  readonly taskQueue: WorkQueue;
  readonly serviceQueue: WorkQueue;
  readonly desk: Desk | undefined;
  /** `undefined` in a deployment without notifications. */
  readonly notificationQueue: WorkQueue | undefined;
  readonly functions: Functions;
  /** By the name of the function that reads them. */
  readonly streams: Readonly<Partial<Record<FunctionName, StreamConsumer>>>;
  readonly webSocket: WebSocketGateway;
  readonly http: HttpGateway;
  /** Whether functions of this deployment ask functions of the operator (lib/hooks.ts). */
  readonly asks: boolean;
  /** ARN of the SNS topic that is notified when an alarm starts and ends. If `undefined`, alarms notify nobody. */
  readonly alarmTopicArn: string | undefined;
}

/** Sections of the runbook in docs/operations.md. Each alarm refers to one, and each section has an alarm. */
type RunbookSection =
  | 'dead-letters'
  | 'queue-age'
  | 'logged-faults'
  | 'websocket-errors'
  | 'http-errors'
  | 'table-throttles'
  | 'desk-waits'
  | 'late-events'
  | 'late-archive';

interface AlarmSpec {
  readonly section: RunbookSection;
  /** The problem, in one sentence. */
  readonly meaning: string;
  readonly metric: IMetric;
  /** The alarm starts at this value or above. */
  readonly threshold: number;
  /** Number of periods that must reach the threshold. @default 1 */
  readonly periods?: number;
  /**
   * Number of latest periods to look at. Must exceed `periods` for a filled sum or maximum: CloudWatch fills the latest
   * minute of a metric that arrives late with 0, so not enough periods in a row would reach the threshold.
   * docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html (FILL)
   * @default - the same as `periods`
   */
  readonly outOf?: number;
}

const FIVE_MINUTES = { period: Duration.minutes(5), statistic: 'Sum' };

/**
 * Faults in five minutes that start an alarm. A single failed request does not, since its client retries (IM-SEND-1). An
 * outage starts the alarm within minutes even with few users, since their clients keep retrying.
 */
const SEVERAL = 5;

/**
 * The age metric of SQS leaves out messages received three times. A job that fails is there after ten seconds, and shows in
 * the logged faults instead. One whose function dies is there after two visibility timeouts, 12 minutes for the fan-out
 * queue: it exceeds 300 s for at most seven periods.
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const OLD = { threshold: 300, periods: 8, outOf: 11 };

const LONG_WAIT_SECONDS = 300;

/** The age of the last record of a batch, when Lambda sends it to the function. */
const LATE_MS = 300_000;

const ARCHIVE_LATE_MS = 3_600_000;

/** The `service` of every line that our code logs, from POWERTOOLS_SERVICE_NAME. */
const SERVICE = 'serverless-im';

/**
 * The alarms, each with a section of the runbook in docs/operations.md. CloudWatch bills each metric of an alarm, so no two
 * alarms report the same fault. A function that crashes or does not run shows at its gateway, or in the age of its queue.
 * Faults that are answered, and throttled tables, show in our log lines, which become one metric for all functions.
 */
export class Observability extends Construct {
  /** Faults that our code logs, and runs that failed. */
  readonly loggedFaults: Metric;
  /** Requests that DynamoDB has throttled. */
  readonly tableThrottles: Metric;
  readonly #alarms: Alarm[] = [];
  readonly #actions: readonly IAlarmAction[];

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { alarmTopicArn, functions, webSocket } = props;
    this.#actions =
      alarmTopicArn === undefined ? [] : [new SnsAction(Topic.fromTopicArn(this, 'Topic', alarmTopicArn))];
    this.#watchQueues(props);
    this.loggedFaults = this.#watchFaults(functions, props.asks);
    this.tableThrottles = this.#watchTables(functions);
    this.#watchGateways(webSocket, props.http);
    if (functions.matchDesk !== undefined) this.#watchDesk(functions.matchDesk.logGroup);
    if (functions.publishEvents !== undefined) this.#watchEvents(props);
    if (functions.archiveMessages !== undefined) this.#watchArchive(props);
  }

  /**
   * All alarms, for other actions than the topic.
   * @example for (const alarm of chat.observability.alarms) alarm.addAlarmAction(pagerAction);
   */
  get alarms(): readonly Alarm[] {
    return this.#alarms;
  }

  /**
   * Each queue has its own alarm on dead letters, since they stay until they are redriven. The desk's don't need that: each
   * of its events reads the present state and does all that is left to do, so the next one does the work of a lost one. One
   * alarm watches the age of all, but for tasks: two run at once, and the others wait.
   */
  #watchQueues(props: ObservabilityProps): void {
    const { offlineQueue, fanOutQueue, taskQueue, serviceQueue, desk, notificationQueue } = props;
    const redriven = { Offline: offlineQueue, FanOut: fanOutQueue, Service: serviceQueue };
    const mayDie = {
      ...redriven,
      Tasks: taskQueue,
      ...(notificationQueue && { Notifications: notificationQueue }),
    };
    for (const [name, { deadLetterQueue }] of Object.entries(mayDie)) {
      this.#alarm(`${name}DeadLetters`, {
        section: 'dead-letters',
        meaning: `${name} queue: jobs failed for half an hour, or are malformed, and are in the dead-letter queue.`,
        metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible(),
        threshold: 1,
      });
    }
    const period = Duration.minutes(1);
    // A notification that is late is dropped, so its queue counts, too.
    const queues = [...Object.values(redriven), desk?.queue, notificationQueue].filter(
      (queue) => queue !== undefined,
    );
    const ages = queues.map(({ queue }) => queue.metricApproximateAgeOfOldestMessage({ period }));
    this.#alarm('QueueAge', {
      section: 'queue-age',
      meaning: 'Jobs have been waiting in a queue for more than five minutes.',
      metric: combined('MAX', ages, period),
      ...OLD,
    });
  }

  /**
   * One metric of two kinds of lines. First, Lambda's reports of runs that crashed, timed out, or ran out of memory, which
   * come even at the system log level WARN. The authorizer refuses a bad token by an error, and anyone can send one
   * (IM-CONN-2), so of its runs only those count that were cut off. Second, faults that our code logs: a failed frame
   * gets an error frame with status 200, and a failed job is retried.
   * docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (PlatformReport)
   */
  #watchFaults({ authorize, ...others }: Functions, asks: boolean): Metric {
    const isReport = FilterPattern.stringValue('$.type', '=', 'platform.report');
    this.#countLines(
      'FailedRuns',
      Object.values(others).map(({ logGroup }) => logGroup),
      FilterPattern.all(isReport, FilterPattern.stringValue('$.record.status', '!=', 'success')),
      'LoggedFaults',
    );
    this.#countLines(
      'FailedRuns',
      [authorize.logGroup],
      FilterPattern.all(
        isReport,
        FilterPattern.any(
          FilterPattern.stringValue('$.record.status', '=', 'timeout'),
          FilterPattern.stringValue('$.record.errorType', '=', 'Runtime.*'),
        ),
      ),
      'LoggedFaults',
    );
    // Their failed jobs come back by themselves for half an hour, so nothing else shows an outage of the workers.
    const { storeOffline, fanOut, runTasks, serveEvents, matchDesk, notify } = others;
    const { publishEvents, archiveMessages } = others;
    const workers = [
      ...[storeOffline, fanOut, runTasks, serveEvents, matchDesk, notify],
      ...[publishEvents, archiveMessages],
    ];
    // Its refusals show at the gateway; that it goes on without an answer of the operator's function shows only here.
    const http = asks ? [others.http] : [];
    const metric = this.#countLines(
      'LoggedFaults',
      [authorize, others.socket, ...http, ...workers].flatMap((fn) => fn?.logGroup ?? []),
      // Lambda's own lines about a thrown error have a level, too, but no service.
      FilterPattern.all(
        FilterPattern.stringValue('$.service', '=', SERVICE),
        FilterPattern.stringValue('$.level', '=', 'ERROR'),
      ),
    );
    this.#alarm('LoggedFaults', {
      section: 'logged-faults',
      meaning:
        'Frames get the error "unavailable" or "internal", jobs fail, tokens can\'t be verified, or functions crash.',
      metric,
      threshold: SEVERAL,
    });
    return metric;
  }

  /** Counts a line of lambdas/adapters/dynamodb.ts, since DynamoDB's own metrics are two per table. */
  #watchTables(functions: Functions): Metric {
    // The authorizer uses no table, and Lambda reads the streams.
    const metric = this.#countLines(
      'TableThrottles',
      Object.values(functions)
        .filter((fn) => fn !== functions.authorize && fn !== functions.publishEvents)
        .filter((fn) => fn !== functions.archiveMessages)
        .map(({ logGroup }) => logGroup),
      FilterPattern.stringValue('$.message', '=', 'table throttled'),
    );
    this.#alarm('TableThrottles', {
      section: 'table-throttles',
      meaning: 'DynamoDB has been throttling for a quarter of an hour.',
      metric,
      threshold: 1,
      // An on-demand table throttles for a while when traffic grows. The AWS SDK's retries hide it.
      periods: 3,
    });
    return metric;
  }

  #watchGateways({ stage }: WebSocketGateway, http: HttpGateway): void {
    const errors = ['IntegrationError', 'ExecutionError'].map((name) => stage.metric(name, FIVE_MINUTES));
    this.#alarm('WebSocketErrors', {
      section: 'websocket-errors',
      meaning: 'The WebSocket API gets no valid response from its function.',
      metric: combined('SUM', errors, FIVE_MINUTES.period),
      threshold: SEVERAL,
      outOf: 2,
    });
    this.#alarm('HttpErrors', {
      section: 'http-errors',
      meaning: 'The HTTP API answers with 5xx.',
      metric: http.stage.metricServerError(FIVE_MINUTES),
      threshold: SEVERAL,
    });
  }

  /** The wait is logged once a minute while customers wait (lambdas/functions/match-desk.ts). */
  #watchDesk(logGroup: ILogGroup): void {
    const filter = new MetricFilter(this, 'DeskWait', {
      logGroup,
      metricNamespace: SERVICE,
      metricName: this.#metricName('DeskWaitSeconds'),
      filterPattern: FilterPattern.stringValue('$.message', '=', 'desk waits'),
      metricValue: '$.longestWaitSeconds',
    });
    this.#alarm('DeskWaits', {
      section: 'desk-waits',
      meaning: 'Customers have been waiting for an agent for more than five minutes.',
      metric: filter.metric({ period: FIVE_MINUTES.period, statistic: 'Maximum' }),
      threshold: LONG_WAIT_SECONDS,
    });
  }

  /** A function that crashes, or a topic that refuses, shows in the age of the records, and half an hour later in the queue. */
  #watchEvents({ functions: { publishEvents }, streams }: ObservabilityProps): void {
    if (publishEvents === undefined || streams.publishEvents === undefined) return;
    const period = Duration.minutes(1);
    this.#alarm('EventsAge', {
      section: 'late-events',
      meaning: 'Events come out more than five minutes late.',
      metric: publishEvents.metric('IteratorAge', { period, statistic: 'Maximum' }),
      threshold: LATE_MS,
      periods: 5,
    });
    this.#alarm('EventsFailures', {
      section: 'late-events',
      meaning: 'Records failed for half an hour, or are malformed: their events have not come out.',
      metric: streams.publishEvents.failureQueue.metricApproximateNumberOfMessagesVisible(),
      threshold: 1,
    });
  }

  /** A batch waits for five minutes, and is retried for a day: after an hour there is time left. */
  #watchArchive({ functions: { archiveMessages }, streams }: ObservabilityProps): void {
    if (archiveMessages === undefined || streams.archiveMessages === undefined) return;
    this.#alarm('ArchiveAge', {
      section: 'late-archive',
      meaning:
        'Messages that expired more than an hour ago are not archived. A day after they expired they are lost.',
      metric: archiveMessages.metric('IteratorAge', { period: Duration.minutes(5), statistic: 'Maximum' }),
      threshold: ARCHIVE_LATE_MS,
    });
    this.#alarm('ArchiveFailures', {
      section: 'late-archive',
      meaning: 'Messages could not be archived for a day, and are lost.',
      metric: streams.archiveMessages.failureQueue.metricApproximateNumberOfMessagesVisible(),
      threshold: 1,
    });
  }

  /** Counts matching lines of all these logs in one metric. */
  #countLines(
    id: string,
    logGroups: readonly ILogGroup[],
    filterPattern: IFilterPattern,
    metric = id,
  ): Metric {
    const target = { metricNamespace: SERVICE, metricName: this.#metricName(metric) };
    for (const logGroup of logGroups) {
      new MetricFilter(this, `${id}${logGroup.node.id}`, { ...target, logGroup, filterPattern });
    }
    return new Metric({ namespace: target.metricNamespace, metricName: target.metricName, ...FIVE_MINUTES });
  }

  #metricName(name: string): string {
    return `${this.node.path.replaceAll('/', '-')}-${name}`;
  }

  #alarm(id: string, spec: AlarmSpec): void {
    const { section, meaning, metric, threshold, periods = 1, outOf = periods } = spec;
    const alarm = new Alarm(this, id, {
      alarmDescription: `${meaning} Runbook: docs/operations.md#${section}`,
      metric,
      threshold,
      datapointsToAlarm: periods,
      evaluationPeriods: outOf,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // These metrics have no data while nothing happens.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(...this.#actions);
    alarm.addOkAction(...this.#actions);
    this.#alarms.push(alarm);
  }
}

/** Fills missing values with 0: otherwise one metric without data would leave the result without data. */
function combined(statistic: 'SUM' | 'MAX', metrics: readonly Metric[], period: Duration): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: `${statistic}(FILL(METRICS(), 0))`, usingMetrics, period });
}
