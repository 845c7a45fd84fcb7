import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { chunk } from '../lambdas/shared/chunk.ts';
import type { Desk } from './desk.ts';
import type { HandlerFunction } from './handler-function.ts';
import type { Trigger } from './handler-spec.ts';
import { HANDLERS, type HandlerFunctions, type HandlerName } from './handlers.ts';
import type { HttpGateway } from './http-gateway.ts';
import type { Storage } from './storage.ts';
import type { WebSocketGateway } from './web-socket-gateway.ts';
import type { WorkQueue } from './work-queue.ts';

export interface ObservabilityProps {
  readonly offlineQueue: WorkQueue;
  readonly fanOutQueue: WorkQueue;
  readonly serviceQueue: WorkQueue;
  readonly desk: Desk | undefined;
  readonly functions: HandlerFunctions;
  readonly storage: Storage;
  readonly webSocket: WebSocketGateway;
  readonly http: HttpGateway;
  /** SNS topic that hears of every alarm, and of its end. `undefined`: nobody is told. */
  readonly alarmTopicArn: string | undefined;
}

/** Sections of the runbook in docs/operations.md: each alarm names one, and each is named by one. */
type RunbookSection =
  | 'dead-letters'
  | 'queue-age'
  | 'function-errors'
  | 'function-throttles'
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
  /** So many periods in a row. @default 1 */
  readonly periods?: number;
}

const FIVE_MINUTES = { period: Duration.minutes(5), statistic: 'Sum' };

/**
 * So many within five minutes are no accident of one request, which its client repeats anyway (IM-SEND-1). An outage is
 * seen within minutes even with few users, since their clients don't give up.
 */
const SEVERAL = 5;

/**
 * A poison record disturbs this metric no longer: SQS leaves out what was received three times, which is after twice the
 * visibility time-out (6 minutes for the offline queue). So one record is over 300 s for less than five periods.
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const OLD = { threshold: 300, periods: 5 };

const LONG_WAIT_SECONDS = 300;

/** docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html: "This is a hard limit". */
const METRICS_PER_ALARM = 10;

/** Who notices first when a function fails. */
const AREAS = {
  authorizer: 'Socket',
  connect: 'Socket',
  disconnect: 'Socket',
  action: 'Socket',
  http: 'Http',
  queue: 'Queue',
} as const satisfies Record<Trigger['kind'], string>;

/** As POWERTOOLS_SERVICE_NAME has it: the `service` of every line that our code logs. */
const SERVICE = 'serverless-im';

/** Those whose own faults show in no metric of AWS's: a failed frame is answered by an error frame and status 200. */
const LOGGED_FAULTS: readonly Trigger['kind'][] = ['authorizer', 'action'];

type Watched = readonly [HandlerName, HandlerFunction];

/**
 * The alarms. CloudWatch bills each metric of an alarm, not the alarm: one over many functions costs what many would,
 * but rings once. What each means and what to do is the runbook in docs/operations.md.
 */
export class Observability extends Construct {
  readonly #alarms: Alarm[] = [];
  readonly #actions: readonly IAlarmAction[];

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { alarmTopicArn } = props;
    this.#actions =
      alarmTopicArn === undefined ? [] : [new SnsAction(Topic.fromTopicArn(this, 'Topic', alarmTopicArn))];
    const functions = Object.entries(props.functions) as unknown as readonly Watched[];
    this.#watchQueue('Offline', props.offlineQueue);
    this.#watchQueue('FanOut', props.fanOutQueue);
    this.#watchQueue('Service', props.serviceQueue);
    for (const area of new Set(Object.values(AREAS))) {
      this.#watchFunctions(
        area,
        functions.filter(([name]) => AREAS[kindOf(name)] === area),
      );
    }
    this.#watchLogs(functions.filter(([name]) => LOGGED_FAULTS.includes(kindOf(name))));
    this.#watchGateways(props.webSocket, props.http);
    this.#watchTables(props.storage, props.desk);
    const { matchDesk } = props.functions;
    if (props.desk !== undefined && matchDesk !== undefined) this.#watchDesk(props.desk, matchDesk);
  }

  /** For an app that wants more of them than a topic. */
  get alarms(): readonly Alarm[] {
    return this.#alarms;
  }

  #watchQueue(name: string, { queue, deadLetterQueue }: WorkQueue): void {
    this.#alarm(`${name}DeadLetters`, {
      section: 'dead-letters',
      meaning: `${name} queue: jobs failed five times and wait in the dead-letter queue.`,
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible(),
      threshold: 1,
    });
    this.#alarm(`${name}Age`, {
      section: 'queue-age',
      meaning: `${name} queue: jobs wait for more than five minutes.`,
      metric: queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1) }),
      ...OLD,
    });
  }

  #watchFunctions(area: string, functions: readonly Watched[]): void {
    // The authorizer refuses a bad token by an error (IM-CONN-2), so its errors are anybody's to make.
    const faultless = functions.filter(([name]) => kindOf(name) !== 'authorizer');
    this.#sumAlarms(
      `${area}FunctionErrors`,
      {
        section: 'function-errors',
        meaning: `${area} functions crash or time out.`,
        threshold: SEVERAL,
      },
      faultless.map(([, fn]) => fn.metricErrors(FIVE_MINUTES)),
    );
    this.#sumAlarms(
      `${area}FunctionThrottles`,
      {
        section: 'function-throttles',
        meaning: `${area} functions are not run: no Lambda concurrency is left.`,
        threshold: 1,
      },
      functions.map(([, fn]) => fn.metricThrottles(FIVE_MINUTES)),
    );
  }

  #watchLogs(functions: readonly Watched[]): void {
    const target = {
      metricNamespace: SERVICE,
      metricName: `${this.node.path.replaceAll('/', '-')}-LoggedFaults`,
      // Lambda's own lines about an error that was thrown have a level too, but no service.
      filterPattern: FilterPattern.all(
        FilterPattern.stringValue('$.service', '=', SERVICE),
        FilterPattern.stringValue('$.level', '=', 'ERROR'),
      ),
    };
    const [filter] = functions.map(
      ([name, { logGroup }]) => new MetricFilter(this, `${name}Faults`, { ...target, logGroup }),
    );
    if (filter === undefined) return;
    this.#alarm('LoggedFaults', {
      section: 'logged-faults',
      meaning: 'Frames are answered with "unavailable" or "internal", or tokens can\'t be checked.',
      metric: filter.metric(FIVE_MINUTES),
      threshold: SEVERAL,
    });
  }

  #watchGateways({ stage }: WebSocketGateway, http: HttpGateway): void {
    const metrics = ['IntegrationError', 'ExecutionError'].map((name) => stage.metric(name, FIVE_MINUTES));
    this.#alarm('WebSocketErrors', {
      section: 'websocket-errors',
      meaning: 'The WebSocket API gets no proper answer from its functions.',
      metric: sum(metrics),
      threshold: SEVERAL,
    });
    this.#alarm('HttpErrors', {
      section: 'http-errors',
      meaning: 'The HTTP API answers with 5xx.',
      metric: http.stage.metricServerError(FIVE_MINUTES),
      threshold: SEVERAL,
    });
  }

  /** How long people wait is logged once a minute, while anybody does (lambdas/workers/desk.ts). */
  #watchDesk({ queue }: Desk, { logGroup }: HandlerFunction): void {
    this.#watchQueue('Desk', queue);
    const filter = new MetricFilter(this, 'DeskWait', {
      logGroup,
      metricNamespace: SERVICE,
      metricName: `${this.node.path.replaceAll('/', '-')}-DeskWaitSeconds`,
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

  #watchTables({ routes, conversations, messages, inbox }: Storage, desk: Desk | undefined): void {
    const stores = [routes, conversations, messages, inbox, ...(desk === undefined ? [] : [desk.store])];
    const metrics = stores.flatMap(({ table }) =>
      ['ReadThrottleEvents', 'WriteThrottleEvents'].map((name) => table.metric(name, FIVE_MINUTES)),
    );
    this.#alarm('TableThrottles', {
      section: 'table-throttles',
      meaning: 'DynamoDB has been throttling for a quarter of an hour.',
      metric: sum(metrics),
      threshold: 1,
      // A table on demand that grows throttles for a while; the SDK's repeats hide it.
      periods: 3,
    });
  }

  /** One alarm over all the metrics, or more where CloudWatch's limit asks for it. */
  #sumAlarms(id: string, spec: Omit<AlarmSpec, 'metric'>, metrics: readonly Metric[]): void {
    for (const [index, part] of chunk(metrics, METRICS_PER_ALARM).entries()) {
      this.#alarm(index === 0 ? id : `${id}${index + 1}`, { ...spec, metric: sum(part) });
    }
  }

  #alarm(id: string, { section, meaning, metric, threshold, periods = 1 }: AlarmSpec): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${meaning} Runbook: docs/operations.md#${section}`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // AWS counts what happens; a silent metric means that nothing did.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(...this.#actions);
    alarm.addOkAction(...this.#actions);
    this.#alarms.push(alarm);
  }
}

function kindOf(name: HandlerName): Trigger['kind'] {
  return HANDLERS[name].trigger.kind;
}

/** Metrics without events have no values at all; filled, they don't take the others' with them. */
function sum(metrics: readonly Metric[]): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({
    expression: 'SUM(FILL(METRICS(), 0))',
    usingMetrics,
    period: FIVE_MINUTES.period,
  });
}
