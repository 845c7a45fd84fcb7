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
import type { Functions } from './functions.ts';
import type { HttpGateway } from './http-gateway.ts';
import type { WebSocketGateway } from './web-socket-gateway.ts';
import type { WorkQueue } from './work-queue.ts';

export interface ObservabilityProps {
  readonly offlineQueue: WorkQueue;
  readonly fanOutQueue: WorkQueue;
  readonly serviceQueue: WorkQueue;
  readonly desk: Desk | undefined;
  readonly functions: Functions;
  readonly webSocket: WebSocketGateway;
  readonly http: HttpGateway;
  /** SNS topic that hears of every alarm, and of its end. `undefined`: nobody is told. */
  readonly alarmTopicArn: string | undefined;
}

/** Sections of the runbook in docs/operations.md: each alarm names one, and each is named by one. */
type RunbookSection =
  | 'dead-letters'
  | 'queue-age'
  | 'logged-faults'
  | 'websocket-errors'
  | 'http-errors'
  | 'table-throttles'
  | 'desk-waits';

interface AlarmSpec {
  readonly section: RunbookSection;
  /** What is wrong, in one sentence. */
  readonly meaning: string;
  readonly metric: IMetric;
  /** It is an alarm from this value on. */
  readonly threshold: number;
  /** In so many periods. @default 1 */
  readonly periods?: number;
  /**
   * … of the last so many. More than `periods` for a sum or maximum that is filled: CloudWatch fills the newest minute of a
   * metric that comes late, and would never see enough in a row.
   * docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html (FILL)
   * @default - the same
   */
  readonly outOf?: number;
}

const FIVE_MINUTES = { period: Duration.minutes(5), statistic: 'Sum' };

/**
 * So many within five minutes are no accident of one request, which its client repeats anyway (IM-SEND-1). An outage is
 * seen within minutes even with few users, since their clients don't give up.
 */
const SEVERAL = 5;

/**
 * SQS leaves out what was received three times, which is after twice the visibility time-out: 12 minutes for the fan-out
 * queue. So one record that can't be done is over 300 s for no more than seven periods.
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const OLD = { threshold: 300, periods: 8, outOf: 11 };

const LONG_WAIT_SECONDS = 300;

/** As POWERTOOLS_SERVICE_NAME has it: the `service` of every line that our code logs. */
const SERVICE = 'serverless-im';

/**
 * The alarms: few, each with its section of the runbook in docs/operations.md. CloudWatch bills each metric of an alarm, so
 * none says what another does: a function that crashes or isn't run shows at its gateway, or makes its queue old; a fault that
 * is answered, and a throttled table, show in our own log lines, which become one metric for all functions.
 */
export class Observability extends Construct {
  readonly #alarms: Alarm[] = [];
  readonly #actions: readonly IAlarmAction[];

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { alarmTopicArn, functions, desk, webSocket } = props;
    this.#actions =
      alarmTopicArn === undefined ? [] : [new SnsAction(Topic.fromTopicArn(this, 'Topic', alarmTopicArn))];
    this.#watchQueues({
      Offline: props.offlineQueue,
      FanOut: props.fanOutQueue,
      Service: props.serviceQueue,
      ...(desk && { Desk: desk.queue }),
    });
    this.#watchFaults(functions, webSocket);
    this.#watchTables(functions);
    this.#watchGateways(webSocket, props.http);
    if (functions.matchDesk !== undefined) this.#watchDesk(functions.matchDesk.logGroup);
  }

  /** For an app that wants more of them than a topic. */
  get alarms(): readonly Alarm[] {
    return this.#alarms;
  }

  /** Dead letters stay until they are redriven, so each queue has an alarm of its own; one is enough for their age. */
  #watchQueues(queues: Readonly<Record<string, WorkQueue>>): void {
    for (const [name, { deadLetterQueue }] of Object.entries(queues)) {
      this.#alarm(`${name}DeadLetters`, {
        section: 'dead-letters',
        meaning: `${name} queue: jobs failed five times and wait in the dead-letter queue.`,
        metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible(),
        threshold: 1,
      });
    }
    const period = Duration.minutes(1);
    const ages = Object.values(queues).map(({ queue }) =>
      queue.metricApproximateAgeOfOldestMessage({ period }),
    );
    this.#alarm('QueueAge', {
      section: 'queue-age',
      meaning: 'Jobs of a queue wait for more than five minutes.',
      metric: combined('MAX', ages, period),
      ...OLD,
    });
  }

  /**
   * One metric of three kinds of lines: runs that crashed, timed out, or had not enough memory, by Lambda's report (but for
   * the authorizer, which refuses a bad token by an error, as anyone can make one: IM-CONN-2); faults that our code logs, since
   * a failed frame is answered by an error frame and status 200; and connects that the gateway answers with 5xx.
   */
  #watchFaults({ authorize, ...others }: Functions, { accessLogGroup }: WebSocketGateway): void {
    this.#countLines(
      'FailedRuns',
      Object.values(others).map(({ logGroup }) => logGroup),
      FilterPattern.all(
        FilterPattern.stringValue('$.type', '=', 'platform.report'),
        FilterPattern.stringValue('$.record.status', '!=', 'success'),
      ),
      'LoggedFaults',
    );
    const metric = this.#countLines(
      'LoggedFaults',
      [authorize.logGroup, others.socket.logGroup],
      // Lambda's own lines about an error that was thrown have a level too, but no service.
      FilterPattern.all(
        FilterPattern.stringValue('$.service', '=', SERVICE),
        FilterPattern.stringValue('$.level', '=', 'ERROR'),
      ),
    );
    this.#countLines(
      'LoggedFaults',
      [accessLogGroup],
      FilterPattern.all(
        FilterPattern.stringValue('$.eventType', '=', 'CONNECT'),
        FilterPattern.stringValue('$.status', '=', '5*'),
      ),
    );
    this.#alarm('LoggedFaults', {
      section: 'logged-faults',
      meaning:
        'Frames are answered with "unavailable" or "internal", connects fail, tokens can\'t be checked, or functions crash.',
      metric,
      threshold: SEVERAL,
    });
  }

  /** By the line that lambdas/adapters/dynamodb.ts logs: DynamoDB's own are two metrics a table. */
  #watchTables(functions: Functions): void {
    // The authorizer has no table.
    const metric = this.#countLines(
      'TableThrottles',
      Object.values(functions)
        .filter((fn) => fn !== functions.authorize)
        .map(({ logGroup }) => logGroup),
      FilterPattern.stringValue('$.message', '=', 'table throttled'),
    );
    this.#alarm('TableThrottles', {
      section: 'table-throttles',
      meaning: 'DynamoDB has been throttling for a quarter of an hour.',
      metric,
      threshold: 1,
      // A table on demand that grows throttles for a while; the SDK's repeats hide it.
      periods: 3,
    });
  }

  #watchGateways({ stage }: WebSocketGateway, http: HttpGateway): void {
    const errors = ['IntegrationError', 'ExecutionError'].map((name) => stage.metric(name, FIVE_MINUTES));
    this.#alarm('WebSocketErrors', {
      section: 'websocket-errors',
      meaning: 'The WebSocket API gets no proper answer from its function.',
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

  /** How long people wait is logged once a minute, while anybody does (lambdas/functions/match-desk.ts). */
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

  /** One metric for lines of all these logs. */
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
      // AWS counts what happens; a silent metric means that nothing did.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(...this.#actions);
    alarm.addOkAction(...this.#actions);
    this.#alarms.push(alarm);
  }
}

/** Metrics without events have no values at all; filled, they don't take the others' with them. */
function combined(statistic: 'SUM' | 'MAX', metrics: readonly Metric[], period: Duration): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: `${statistic}(FILL(METRICS(), 0))`, usingMetrics, period });
}
