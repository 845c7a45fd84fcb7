import { Duration } from 'aws-cdk-lib';
import {
  Dashboard as CloudWatchDashboard,
  Color,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  PeriodOverride,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type DashboardQuery, QUERIES, type QueriedLogs } from './dashboard-queries.ts';
import { type BilledParts, hourlyDollars } from './hourly-dollars.ts';
import type { Observability } from './observability.ts';
import { PRICES_OF } from './prices.ts';
import type { StreamConsumer } from './stream-consumer.ts';

export interface DashboardProps extends BilledParts {
  readonly observability: Observability;
  /** By the name of the function that reads them. */
  readonly streams: Readonly<Partial<Record<string, StreamConsumer>>>;
}

const HALF = 12;
const FULL = 24;
const HEIGHT = 7;
const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = { period: Duration.minutes(5), statistic: Stats.SUM };

const INTRODUCTION = `What each graph tells, and what to do when it looks wrong: docs/operations.md, Dashboard. To look at graphs of metrics
costs next to nothing. Each of the others runs a query when the page is loaded or refreshed, at $0.005 for each GB of logs that it reads: choose a short time.`;

/**
 * One CloudWatch dashboard of the whole deployment: from metrics that AWS publishes anyway, and queries of the logs for the rest, since
 * each metric of our own would cost 0.30 dollars a month (docs/adr/0051-a-dashboard-without-metrics-of-its-own.md).
 */
export class Dashboard extends Construct {
  /** For widgets of your own. @example chat.dashboard?.dashboard.addWidgets(new TextWidget({ markdown: 'On call: Bob' })); */
  readonly dashboard: CloudWatchDashboard;
  readonly #props: DashboardProps;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    this.#props = props;
    this.dashboard = new CloudWatchDashboard(this, 'Dashboard', {
      // CloudFormation names it: dashboards are global to an account, and a deployment in a second Region would take the first one's name.
      defaultInterval: Duration.hours(3),
      // By default CloudWatch would sum up an hour where a title says "a minute", once a week is shown.
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        [new TextWidget({ markdown: INTRODUCTION, width: FULL, height: 2 })],
        [this.#messages(), this.#query(QUERIES.sessions)],
        [this.#latency(), this.#connects()],
        [this.#query(QUERIES.latency, FULL)],
        [this.#queueAges(), this.#queueDepths()],
        [this.#errors(), this.#query(QUERIES.faults)],
        [this.#query(QUERIES.refusals), this.#query(QUERIES.gatewayErrors)],
        [this.#query(QUERIES.budgets), this.#query(QUERIES.connectionMinutes)],
        [this.#dollars()],
      ],
    });
  }

  /** A put into the table of messages that succeeds is a message of a user or a service; those of the system are transactions. */
  #messages(): IWidget {
    const { storage, webSocket } = this.#props;
    const { table } = storage.messages;
    const stored = table.metric('SuccessfulRequestLatency', {
      label: 'messages',
      statistic: Stats.SAMPLE_COUNT,
      period: MINUTE,
      dimensionsMap: { TableName: table.tableName, Operation: 'PutItem' },
    });
    const frames = webSocket.stage.metric('MessageCount', {
      label: 'frames, both ways (right)',
      statistic: Stats.SUM,
      period: MINUTE,
    });
    return graph('Messages a minute', [stored], { right: [frames] });
  }

  #latency(): IWidget {
    const { webSocket, http } = this.#props;
    const percentiles = [50, 95].flatMap((percent) => {
      const options = { statistic: Stats.percentile(percent), period: FIVE_MINUTES.period };
      return [
        webSocket.stage.metric('IntegrationLatency', { ...options, label: `frames, p${percent}` }),
        http.stage.metricLatency({ ...options, label: `HTTP requests and polls, p${percent}` }),
      ];
    });
    return graph('Latency of all routes, in milliseconds', percentiles);
  }

  #connects(): IWidget {
    const connects = this.#props.webSocket.stage.metric('ConnectCount', {
      ...FIVE_MINUTES,
      label: 'connects',
    });
    return graph('Connects in five minutes', [connects]);
  }

  #queueAges(): IWidget {
    const { queues, streams, functions } = this.#props;
    const ages = Object.entries(queues).map(([label, { queue }]) =>
      queue.metricApproximateAgeOfOldestMessage({ period: MINUTE, label }),
    );
    const late = Object.entries(functions)
      .filter(([name]) => name in streams)
      .map(([name, fn]) =>
        fn.metric('IteratorAge', {
          label: `${name}, in milliseconds (right)`,
          statistic: Stats.MAXIMUM,
          period: MINUTE,
        }),
      );
    return graph('Age of the oldest job of each queue, in seconds', ages, { right: late });
  }

  #queueDepths(): IWidget {
    const { queues } = this.#props;
    const depths = Object.entries(queues).flatMap(([label, { queue, deadLetterQueue }]) => [
      queue.metricApproximateNumberOfMessagesVisible({ period: MINUTE, label }),
      deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        label: `${label}: dead letters`,
        color: Color.RED,
      }),
    ]);
    return graph('Jobs that wait, and dead letters', depths);
  }

  #errors(): IWidget {
    const { webSocket, http, observability } = this.#props;
    return graph('Errors in five minutes', [
      observability.loggedFaults.with({ label: 'faults in the logs, and failed runs' }),
      observability.tableThrottles.with({ label: 'requests that DynamoDB throttled' }),
      webSocket.stage.metric('IntegrationError', {
        ...FIVE_MINUTES,
        label: 'frames: errors of the function',
      }),
      webSocket.stage.metric('ExecutionError', { ...FIVE_MINUTES, label: 'frames: function not called' }),
      http.stage.metricServerError({ ...FIVE_MINUTES, label: 'HTTP 5xx' }),
    ]);
  }

  #dollars(): IWidget {
    return graph(`Dollars an hour at list prices (${PRICES_OF})`, hourlyDollars(this.#props), {
      stacked: true,
      width: FULL,
    });
  }

  #query({ title, logs, view, lines }: DashboardQuery, width = HALF): IWidget {
    return new LogQueryWidget({
      title,
      logGroupNames: this.#logGroups(logs).map(({ logGroupName }) => logGroupName),
      queryLines: [...lines],
      view: VIEWS[view],
      width,
      height: HEIGHT,
    });
  }

  #logGroups(logs: QueriedLogs): readonly ILogGroup[] {
    const { webSocket, http, functions } = this.#props;
    const groups = {
      webSocketAccess: [webSocket.accessLogGroup],
      access: [webSocket.accessLogGroup, http.accessLogGroup],
      answering: [functions.socket, functions.http, functions.poll].map(({ logGroup }) => logGroup),
      functions: Object.values(functions).map(({ logGroup }) => logGroup),
    };
    return groups[logs];
  }
}

const VIEWS = {
  table: LogQueryVisualizationType.TABLE,
  line: LogQueryVisualizationType.LINE,
};

interface GraphOptions {
  readonly right?: readonly IMetric[];
  readonly stacked?: boolean;
  readonly width?: number;
}

function graph(title: string, left: readonly IMetric[], options: GraphOptions = {}): IWidget {
  const { right = [], stacked = false, width = HALF } = options;
  return new GraphWidget({
    title,
    left: [...left],
    ...(right.length > 0 && { right: [...right] }),
    stacked,
    width,
    height: HEIGHT,
    leftYAxis: { min: 0, showUnits: false },
    rightYAxis: { min: 0, showUnits: false },
  });
}
