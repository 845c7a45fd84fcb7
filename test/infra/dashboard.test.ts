import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { type BilledTemplate, idleDollars } from '../../bench/cost/idle.ts';
import { readPrices } from '../../bench/cost/prices.ts';
import { billOf, totalOf, type Usage } from '../../bench/cost/usage.ts';
import { STACK_TABLES } from '../../cli/preflight/table-count.ts';
import { type DashboardQuery, QUERIES } from '../../lib/dashboard-queries.ts';
import { FUNCTIONS, type FunctionName } from '../../lib/functions.ts';
import type { ServerlessImProps } from '../../lib/index.ts';
import { loggedLines } from './logged-lines.ts';
import { REPOSITORY } from './run-node.ts';
import { EXTERNAL_ISSUER, resource, resources, synthesize } from './synth.ts';

interface Widget {
  readonly type: 'text' | 'metric' | 'log';
  readonly properties: {
    readonly title?: string;
    readonly query?: string;
    readonly metrics?: readonly (readonly unknown[])[];
  };
}

/** The body with each reference as the logical id of its resource. */
function bodyIn(template: Template): { periodOverride: string; widgets: Widget[] } {
  const { Properties } = resource(template, 'AWS::CloudWatch::Dashboard', '');
  const { 'Fn::Join': joined } = Properties['DashboardBody'] as { 'Fn::Join': [string, unknown[]] };
  const texts = joined[1].map((part) => {
    if (typeof part === 'string') return part;
    const { Ref, 'Fn::GetAtt': attribute } = part as { Ref?: string; 'Fn::GetAtt'?: string[] };
    return Ref ?? attribute?.[0] ?? '';
  });
  return JSON.parse(texts.join(''));
}

const EVERYTHING = {
  ...EXTERNAL_ISSUER,
  dashboard: true,
  events: true,
  notifications: { webPush: { subject: 'mailto:ops@example.com' } },
  archive: true,
  historyRetention: Duration.days(30),
} satisfies ServerlessImProps;
const { template, chat } = synthesize(EVERYTHING);
const { template: without, chat: chatWithout } = synthesize(EXTERNAL_ISSUER);
const { periodOverride, widgets } = bodyIn(template);
const titled = (start: string) => widgets.find(({ properties }) => properties.title?.startsWith(start));

interface ShownMetric {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Namespace, name, pairs of a dimension's name and value, options. An expression has options only. */
function metricsOf({ properties: { metrics = [] } }: Widget): readonly ShownMetric[] {
  return metrics
    .filter((row) => row.length > 1)
    .map((row) => {
      const [namespace, name, ...rest] = row as string[];
      const options = (typeof rest.at(-1) === 'object' ? rest.pop() : {}) as unknown as Record<
        string,
        unknown
      >;
      const pairs = rest.flatMap((key, index) => (index % 2 === 0 ? [[key, rest[index + 1] ?? '']] : []));
      return { name: `${namespace} ${name}`, dimensions: Object.fromEntries(pairs), options };
    });
}

const expressionsOf = ({ properties: { metrics = [] } }: Widget) =>
  metrics.filter((row) => row.length === 1).map(([only]) => only as { label: string; expression: string });

/**
 * What AWS publishes by itself, and the type of the resource that a dimension names:
 * docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html, …/http-api-metrics.html,
 * docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html,
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html,
 * docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html, docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html,
 * docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
 */
const PUBLISHED: Readonly<Record<string, { readonly metrics: string; readonly dimensions: object }>> = {
  'AWS/ApiGateway': {
    metrics: 'MessageCount ConnectCount IntegrationLatency IntegrationError ExecutionError Count Latency 5xx',
    dimensions: { ApiId: 'AWS::ApiGatewayV2::Api', Stage: undefined },
  },
  'AWS/DynamoDB': {
    metrics: 'ConsumedReadCapacityUnits ConsumedWriteCapacityUnits',
    dimensions: { TableName: 'AWS::DynamoDB::Table' },
  },
  'AWS/SQS': {
    metrics:
      'ApproximateAgeOfOldestMessage ApproximateNumberOfMessagesVisible NumberOfMessagesSent NumberOfMessagesReceived NumberOfMessagesDeleted NumberOfEmptyReceives',
    dimensions: { QueueName: 'AWS::SQS::Queue' },
  },
  'AWS/Lambda': {
    metrics: 'Invocations Duration IteratorAge',
    dimensions: { FunctionName: 'AWS::Lambda::Function' },
  },
  'AWS/SNS': { metrics: 'NumberOfMessagesPublished', dimensions: { TopicName: 'AWS::SNS::Topic' } },
  'AWS/Logs': { metrics: 'IncomingBytes', dimensions: { LogGroupName: 'AWS::Logs::LogGroup' } },
};

describe('the dashboard', () => {
  it('is off by default: a deployment has nothing of it', () => {
    expect(resources(without, 'AWS::CloudWatch::Dashboard')).toEqual([]);
    expect(chatWithout.dashboard).toBeUndefined();
    expect(chat.dashboard).toBeDefined();
  });

  it('is one resource, and adds nothing else: no metric, permission, or variable', () => {
    const all = synthesize({ ...EXTERNAL_ISSUER, dashboard: true }).template.toJSON()['Resources'];
    const others = Object.entries(all as Record<string, { Type: string }>).filter(
      ([, { Type }]) => Type !== 'AWS::CloudWatch::Dashboard',
    );
    expect(Object.keys(all)).toHaveLength(others.length + 1);
    expect(Object.fromEntries(others)).toEqual(without.toJSON()['Resources']);
  });

  it('has no name of its own: CloudWatch has one set of names for all Regions of an account', () => {
    expect(resource(template, 'AWS::CloudWatch::Dashboard', '').Properties).not.toHaveProperty(
      'DashboardName',
    );
  });

  it('shows metrics that AWS publishes, of resources of the stack, and the two that alarms have', () => {
    const shown = widgets.flatMap(metricsOf);
    const own = shown.filter(({ name }) => name.startsWith('serverless-im '));
    expect(new Set(own.map(({ name }) => name))).toEqual(
      new Set(
        ['LoggedFaults', 'TableThrottles'].map((name) => `serverless-im Test-Chat-Observability-${name}`),
      ),
    );
    const unknown = shown.filter((metric) => {
      const { name, dimensions } = metric;
      const [namespace = '', metricName = ''] = name.split(' ');
      if (own.includes(metric) || metricName === 'SuccessfulRequestLatency') return false;
      const published = PUBLISHED[namespace];
      if (published === undefined || !published.metrics.split(' ').includes(metricName)) return true;
      const types = Object.entries(published.dimensions);
      return (
        Object.keys(dimensions).join() !== types.map(([key]) => key).join() ||
        types.some(
          ([key, type]) =>
            type && !resources(template, type).some((one) => one.logicalId === dimensions[key]),
        )
      );
    });
    expect(unknown).toEqual([]);
    expect(shown.length).toBeGreaterThan(50);
  });

  it('counts a message as a put into the table of messages that succeeds, each minute', () => {
    const [stored] = metricsOf(titled('Messages a minute') as Widget);
    const { name, dimensions, options } = stored as ShownMetric;
    expect(name).toBe('AWS/DynamoDB SuccessfulRequestLatency');
    expect(dimensions).toEqual({
      Operation: 'PutItem',
      TableName: expect.stringMatching(/^ChatStorageMessages/),
    });
    expect(options).toMatchObject({ stat: 'SampleCount', period: 60 });
  });

  it('keeps the periods that its titles name, whatever span of time it shows', () => {
    expect(periodOverride).toBe('inherit');
  });

  it('has the age and the depth of every work queue, and the age of every stream', () => {
    const queues = resources(template, 'AWS::SQS::Queue').map(({ logicalId }) => logicalId);
    const work = queues.filter((id) => /Queue[0-9A-F]{8}$/.test(id));
    const named = (start: string) => metricsOf(titled(start) as Widget).map(({ dimensions }) => dimensions);
    const ages = named('Age of the oldest job');
    expect(ages.flatMap(({ QueueName }) => QueueName ?? []).sort()).toEqual(work.sort());
    expect(ages.flatMap(({ FunctionName }) => FunctionName ?? [])).toEqual([
      expect.stringContaining('PublishEvents'),
      expect.stringContaining('ArchiveMessages'),
    ]);
    expect(work).toHaveLength(6);
    const letters = queues.filter((id) => id.includes('DeadLetters'));
    expect(
      named('Jobs that wait')
        .map(({ QueueName }) => QueueName)
        .sort(),
    ).toEqual([...work, ...letters].sort());
  });

  it('costs three dollars a month, since it has more metrics than the free ones may', () => {
    const prices = readPrices();
    const dollars = (from: Template) => idleDollars(from.toJSON() as BilledTemplate, prices).list;
    const more = dollars(synthesize({ ...EXTERNAL_ISSUER, dashboard: true }).template) - dollars(without);
    expect(more).toBeCloseTo(3);
  });

  it('has a section in docs/operations.md that tells what each widget means', () => {
    const [, page = ''] = readFileSync(join(REPOSITORY, 'docs/operations.md'), 'utf8').split(
      '\n## Dashboard\n',
    );
    const [section = ''] = page.split(/^## /m);
    const titles = widgets.flatMap(({ properties: { title = [] } }) => title);
    const names = titles.map((title) => title.split(/[:,(]/)[0]?.trim() ?? '');
    expect(names.length).toBeGreaterThan(12);
    expect(names.filter((name) => !section.includes(`| ${name} |`))).toEqual([]);
  });
});

/** Values of the metrics in a period of five minutes, by what an expression calls them. */
function dollarsAnHour(widget: Widget, amountOf: (metric: ShownMetric) => number): Record<string, number> {
  const values = new Map(metricsOf(widget).map((metric) => [metric.options['id'], amountOf(metric)]));
  return Object.fromEntries(
    expressionsOf(widget).map(({ label, expression }) => {
      const [, terms = '', factor = ''] = /^\((.+)\)\*(\d+)$/.exec(expression) ?? [];
      const sum = terms.split('+').reduce((total, term) => {
        const [, id, dollars] = /^FILL\((\w+),0\)\*([\d.]+)$/.exec(term) ?? [];
        return total + (values.get(id) ?? Number.NaN) * Number(dollars);
      }, 0);
      return [label.split(',')[0], sum * Number(factor)];
    }),
  );
}

const dollarsOf = (usage: Usage) => totalOf(billOf(usage, readPrices()));
const PERIODS = 12;

describe('the dollars an hour', () => {
  const widget = titled('Dollars an hour at') as Widget;

  it('are the counted amounts at the prices of the bench, by service', () => {
    const of = (functionName: string) =>
      FUNCTIONS[
        Object.keys(FUNCTIONS).find((name) =>
          functionName.toLowerCase().startsWith(`chatfunctions${name.toLowerCase()}`),
        ) as FunctionName
      ];
    const metrics = metricsOf(widget);
    const count = (part: string) => metrics.filter(({ name }) => name.includes(part)).length;
    const gbSeconds = metrics
      .filter(({ name }) => name.endsWith(' Duration'))
      .reduce((sum, { dimensions }) => sum + of(dimensions['FunctionName'] ?? '').memoryMegabytes / 1024, 0);
    // Each counter says a million, and each function ran for a million milliseconds.
    const amounts: Readonly<Record<string, Usage>> = {
      'API Gateway': { socketMessage: 1e6, httpRequest: 1e6 },
      DynamoDB: {
        dynamodbWriteUnit: count('ConsumedWrite') * 1e6,
        dynamodbReadUnit: count('ConsumedRead') * 1e6,
      },
      Lambda: { lambdaRequest: count(' Invocations') * 1e6, lambdaGbSecond: gbSeconds * 1e3 },
      SQS: { sqsRequest: count('AWS/SQS') * 1e6 },
      Logs: { logGb: (count('IncomingBytes') - 2) * 1e-3, accessLogGb: 2 * 1e-3 },
      SNS: { snsRequest: 1e6 },
    };
    const dollars = dollarsAnHour(widget, () => 1e6);
    expect(Object.keys(dollars).sort()).toEqual(Object.keys(amounts).sort());
    for (const [service, usage] of Object.entries(amounts))
      expect([service, dollars[service]]).toEqual([service, expect.closeTo(PERIODS * dollarsOf(usage), 6)]);
    expect(count(' Invocations')).toBe(resources(template, 'AWS::Lambda::Function').length);
    const tables = resources(template, 'AWS::DynamoDB::Table').length;
    expect(count('ConsumedWrite')).toBe(tables);
    // `preflight` says so before a deployment.
    expect(tables).toBe(STACK_TABLES);
  });

  it('have the prices of the table class', () => {
    const rare = bodyIn(synthesize({ ...EVERYTHING, messageTableClass: 'infrequent-access' }).template);
    const rareWidget = rare.widgets.find(({ properties }) =>
      properties.title?.startsWith('Dollars an hour at'),
    );
    const isMessages = ({ name, dimensions }: ShownMetric) =>
      name.includes('ConsumedWrite') && dimensions['TableName']?.includes('Messages') === true;
    const { DynamoDB } = dollarsAnHour(rareWidget as Widget, (metric) => (isMessages(metric) ? 1e6 : 0));
    expect(DynamoDB).toBeCloseTo(PERIODS * dollarsOf({ dynamodbIaWriteUnit: 1e6 }), 6);
  });

  // docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
  it('fit into the 2,048 characters of an expression, with every option', () => {
    const lengths = expressionsOf(widget).map(({ expression }) => expression.length);
    expect(Math.max(...lengths)).toBeLessThan(1_500);
  });
});

/** Words of the query language. docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html */
const LANGUAGE = new Set(
  'filter stats sort limit by as and or asc desc count count_distinct sum pct max bin strcontains'.split(' '),
);

/** The log fields in a query, without keywords, strings, and names that it gives. */
function fieldsIn({ lines }: DashboardQuery): string[] {
  const query = lines.join(' | ').replaceAll(/"[^"]*"/g, '');
  const given = [...query.matchAll(/\bas (\w+)/g)].map(([, name]) => name);
  return (query.match(/\b[A-Za-z_][\w.]*/g) ?? []).filter(
    (word) => !LANGUAGE.has(word) && !given.includes(word),
  );
}

const valueAt = (line: unknown, path: string) =>
  path.split('.').reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], line);

describe('the queries of the dashboard', () => {
  const queries: [string, DashboardQuery][] = Object.entries(QUERIES);
  const sourcesOf = (query = '') => [...query.matchAll(/SOURCE '(\w+)'/g)].map(([, id = '']) => id);
  const groupOf = (part: string) => {
    const found = resources(template, 'AWS::Logs::LogGroup').find(({ logicalId }) =>
      logicalId.includes(part),
    );
    return found?.logicalId;
  };
  const classOf = (id: string) =>
    resources(template, 'AWS::Logs::LogGroup').find(({ logicalId }) => logicalId === id)?.Properties[
      'LogGroupClass'
    ];

  it('are all shown, each over log groups of one class, as the source of a query names one', () => {
    const logs = widgets.filter(({ type }) => type === 'log').map(({ properties }) => properties);
    expect(logs.map(({ title }) => title).sort()).toEqual(queries.map(([, { title }]) => title).sort());
    for (const { query, title } of logs) {
      expect([title, new Set(sourcesOf(query).map(classOf)).size]).toEqual([title, 1]);
    }
    const refusals = logs.find(({ title }) => title?.startsWith('Refusals by code'));
    expect(sourcesOf(refusals?.query)).toEqual(['SocketLogs', 'HttpLogs', 'PollLogs'].map(groupOf));
  });

  it.each(queries.filter(([, { logs }]) => logs === 'webSocketAccess' || logs === 'access'))(
    'of access logs name only fields that the stages write: %s',
    (_, query) => {
      const stages = resources(template, 'AWS::ApiGatewayV2::Stage').map(({ logicalId, Properties }) => {
        const { Format } = Properties['AccessLogSettings'] as { Format: string };
        return { logicalId, fields: Object.keys(JSON.parse(Format)) };
      });
      const read = stages.filter(
        ({ logicalId }) => query.logs === 'access' || logicalId.includes('WebSocket'),
      );
      expect(read).toHaveLength(query.logs === 'access' ? 2 : 1);
      for (const { fields } of read)
        expect(fieldsIn(query).filter((field) => !fields.includes(field))).toEqual([]);
    },
  );

  it('of the functions find the lines that these really write, by their fields', async () => {
    const script = `
      import { describe, logger } from './lambdas/shared/logger.ts';
      import { ImError, UnavailableError } from './lambdas/shared/errors.ts';
      import { createFrameHandler } from './lambdas/transport/socket.ts';
      import { admitFrame } from './lambdas/domain/access/admission.ts';
      const answer = (error) => createFrameHandler(
        { meter: { refusalOf: () => undefined, of: () => ({ charge: async () => {} }) } },
        () => ({ heartbeat: () => Promise.reject(error) }),
      )({
        requestContext: { routeKey: 'heartbeat', connectionId: 'c', connectedAt: 0, authorizer: { userId: 'a', deviceId: 'd' } },
        body: '{"action":"heartbeat","id":"7"}',
      });
      await answer(new ImError('not_found', 'words'));
      await answer(new UnavailableError({ cause: new TypeError('cut') }));
      const meter = { refusalOf: () => ({ count: 1, retryAfterMs: 5 }), of: () => ({ charge: async () => {} }) };
      await admitFrame({ meter }, { userId: 'alice' }).catch(() => {});`;
    const lines = await loggedLines(template, script);
    const written = (name: keyof typeof QUERIES) => {
      const query: DashboardQuery = QUERIES[name];
      const [filter = ''] = query.lines;
      const wanted = [...filter.matchAll(/(\w+) = "([^"]*)"/g)];
      const found = lines.filter((line) => wanted.every(([, field = '', text]) => line[field] === text));
      return found.map((line) => fieldsIn(query).map((field) => valueAt(line, field)));
    };
    expect(written('refusals')).toEqual([['refused', 1, 'not_found']]);
    expect(written('budgets')).toEqual([['user over budget', expect.stringMatching(/^[0-9a-f]{16}$/)]]);
    expect(written('faults')).toEqual([
      ['serverless-im', 'ERROR', 'frame failed', 'UnavailableError', 'TypeError'],
    ]);
  });
});
