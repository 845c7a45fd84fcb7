import { describe, expect, it } from 'vitest';
import { type AlarmInTemplate, alarmNamed, alarmsIn, type MetricInAlarm, resourceOf } from './alarms.ts';
import { EXTERNAL_ISSUER, functionNameOf, logGroupOf, resource, resources, synthesize } from './synth.ts';

const { template, chat } = synthesize(EXTERNAL_ISSUER);
const { template: withoutDesk } = synthesize({ ...EXTERNAL_ISSUER, desk: false });
const alarms = alarmsIn(template);
const alarm = (name: string) => alarmNamed(name, alarms);

const distinct = <Value>(values: readonly (Value | undefined)[]) => [
  ...new Set(values.filter((value) => value !== undefined)),
];

describe('the alarms', () => {
  it('treat missing data as healthy, since AWS counts only what happens', () => {
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      TreatMissingData: 'notBreaching',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it('are exposed, so that an app can add actions', () => {
    expect(chat.observability.alarms).toHaveLength(alarms.length);
  });

  /** The limit: a new alarm must replace one of these. */
  const BUDGET = { alarms: 12, metrics: 14 };
  const sizeOf = (counted: readonly AlarmInTemplate[]) => ({
    alarms: counted.length,
    // Billed once per alarm that uses it.
    metrics: counted.reduce((count, { metrics }) => count + metrics.length, 0),
  });

  it('are few, since CloudWatch bills each metric of an alarm: ten over 14 metrics, or nine over 12 without a desk', () => {
    expect(sizeOf(alarms)).toEqual({ alarms: 10, metrics: 14 });
    expect(sizeOf(alarmsIn(withoutDesk))).toEqual({ alarms: 9, metrics: 12 });
    expect(sizeOf(alarms).alarms).toBeLessThanOrEqual(BUDGET.alarms);
    expect(sizeOf(alarms).metrics).toBeLessThanOrEqual(BUDGET.metrics);
  });

  it("use at most ten metrics each, which is CloudWatch's limit", () => {
    expect(alarms.filter(({ metrics }) => metrics.length > 10 || metrics.length === 0)).toEqual([]);
  });

  it.each([
    ['QueueAge', 'MAX(FILL(METRICS(), 0))'],
    ['WebSocketErrors', 'SUM(FILL(METRICS(), 0))'],
  ])('combine metrics of which some have no values: %s by %s', (name, expression) => {
    const combining = alarms.filter(({ metrics }) => metrics.length > 1).map(({ name }) => name);
    expect(combining).toContain(name);
    expect(combining).toHaveLength(2);
    const { Metrics = [] } = alarm(name).properties;
    expect(Metrics.flatMap(({ Expression }) => Expression ?? [])).toEqual([expression]);
  });

  const RINGS: [string, number, number, [number, number], string, string[]][] = [
    ['OfflineDeadLetters', 1, 300, [1, 1], 'Maximum', ['ApproximateNumberOfMessagesVisible']],
    ['FanOutDeadLetters', 1, 300, [1, 1], 'Maximum', ['ApproximateNumberOfMessagesVisible']],
    ['TasksDeadLetters', 1, 300, [1, 1], 'Maximum', ['ApproximateNumberOfMessagesVisible']],
    ['ServiceDeadLetters', 1, 300, [1, 1], 'Maximum', ['ApproximateNumberOfMessagesVisible']],
    ['QueueAge', 300, 60, [8, 11], 'Maximum', ['ApproximateAgeOfOldestMessage']],
    ['LoggedFaults', 5, 300, [1, 1], 'Sum', ['Test-Chat-Observability-LoggedFaults']],
    ['TableThrottles', 1, 300, [3, 3], 'Sum', ['Test-Chat-Observability-TableThrottles']],
    ['WebSocketErrors', 5, 300, [1, 2], 'Sum', ['ExecutionError', 'IntegrationError']],
    ['HttpErrors', 5, 300, [1, 1], 'Sum', ['5xx']],
    ['DeskWaits', 300, 300, [1, 1], 'Maximum', ['Test-Chat-Observability-DeskWaitSeconds']],
  ];

  it.each(RINGS)(
    'include %s, which fires from %d on, in periods of %d s, in so many of so many: %j',
    (name, threshold, seconds, [periods, outOf], stat, names) => {
      const { properties, metrics } = alarm(name);
      const stats = properties.Metrics?.flatMap(({ MetricStat }) => MetricStat ?? []) ?? [];
      const expected = { Threshold: threshold, DatapointsToAlarm: periods, EvaluationPeriods: outOf };
      expect(properties).toMatchObject(expected);
      expect(distinct([properties.Period, ...stats.map(({ Period }) => Period)])).toEqual([seconds]);
      expect(distinct([properties.Statistic, ...stats.map(({ Stat }) => Stat)])).toEqual([stat]);
      expect(distinct(metrics.map(({ MetricName }) => MetricName)).sort()).toEqual(names);
    },
  );

  it('are all in the list above, and without a desk all except its own', () => {
    const names = RINGS.map(([name]) => name);
    expect(alarms.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(
      alarmsIn(withoutDesk)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(names.filter((name) => !name.startsWith('Desk')).sort());
  });

  const queueIds = (...parts: string[]) =>
    parts.map((part) => resource(template, 'AWS::SQS::Queue', `Chat${part}`).logicalId);

  it('that fill missing values look at more periods than must be bad, since the newest may be filled by mistake', () => {
    for (const { properties } of alarms) {
      if (!JSON.stringify(properties).includes('FILL(')) continue;
      const { DatapointsToAlarm = 0, EvaluationPeriods = 0 } = properties;
      expect(EvaluationPeriods).toBeGreaterThan(DatapointsToAlarm);
    }
  });

  it('for dead letters watch the right queue each', () => {
    const watched = ['Offline', 'FanOut', 'Tasks', 'Service'].flatMap((name) =>
      alarm(`${name}DeadLetters`).metrics.map(resourceOf),
    );
    expect(watched).toEqual(
      queueIds('OfflineDeadLetters', 'FanOutDeadLetters', 'TasksDeadLetters', 'ServiceDeadLetters'),
    );
  });

  it('for age watch all queues but that of tasks at once, each once', () => {
    const WORK = ['OfflineQueue', 'FanOutQueue', 'ServiceQueue'];
    expect(alarm('QueueAge').metrics.map(resourceOf).sort()).toEqual(
      queueIds(...WORK, 'DeskEventsQueue').sort(),
    );
    expect(alarmNamed('QueueAge', alarmsIn(withoutDesk)).metrics.map(resourceOf).sort()).toEqual(
      queueIds(...WORK).sort(),
    );
  });

  it('for the APIs watch our stages', () => {
    const dimensions = ['WebSocketErrors', 'HttpErrors'].map((name) =>
      alarm(name).metrics.map(({ Namespace, Dimensions }) => [Namespace, Dimensions]),
    );
    const [webSocket, http] = [
      ['WebSocket', 'prod'],
      ['Http', '$default'],
    ].map(([api = '', stage]) => [
      'AWS/ApiGateway',
      [
        { Name: 'ApiId', Value: { Ref: resource(template, 'AWS::ApiGatewayV2::Api', api).logicalId } },
        { Name: 'Stage', Value: stage },
      ],
    ]);
    expect(dimensions).toEqual([[webSocket, webSocket], [http]]);
  });
});

describe('a function that crashes, times out, or isn’t run', () => {
  const refIn = (value: unknown) => (value as { Ref: string }).Ref;
  const arnIn = (value: unknown) => /"Fn::GetAtt":\["(\w+)","Arn"\]/.exec(JSON.stringify(value))?.[1] ?? '';
  const watching = (isIts: (metric: MetricInAlarm) => boolean) =>
    alarms.filter(({ metrics }) => metrics.some(isIts)).map(({ name }) => name);

  const calledByApis = resources(template, 'AWS::ApiGatewayV2::Integration').map(({ Properties }) => [
    functionNameOf(arnIn(Properties['IntegrationUri'])),
    watching((metric) => resourceOf(metric) === refIn(Properties['ApiId'])),
  ]);

  const calledByQueues = resources(template, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => {
    const queue = arnIn(Properties['EventSourceArn']);
    const { RedrivePolicy } = resource(template, 'AWS::SQS::Queue', queue).Properties;
    return [
      functionNameOf(refIn(Properties['FunctionName'])),
      watching((metric) => [queue, arnIn(RedrivePolicy)].includes(resourceOf(metric))),
    ];
  });

  const authorizers = resources(template, 'AWS::ApiGatewayV2::Authorizer').map(({ Properties }) =>
    functionNameOf(arnIn(Properties['AuthorizerUri'])),
  );
  const byItsLog = [...authorizers, 'LogOut'].map((name) => {
    const counted = resources(template, 'AWS::Logs::MetricFilter')
      .filter((filter) => refIn(filter.Properties['LogGroupName']) === logGroupOf(template, name))
      .flatMap((filter) => filter.Properties['MetricTransformations'] as readonly { MetricName: string }[]);
    return [name, watching(({ MetricName }) => counted.some((metric) => metric.MetricName === MetricName))];
  });

  it('triggers an alarm, whatever calls it', () => {
    const seenBy = Object.fromEntries([...calledByApis, ...calledByQueues, ...byItsLog]);
    expect(seenBy).toEqual({
      Authorize: ['LoggedFaults'],
      LogOut: ['LoggedFaults', 'TableThrottles'],
      Socket: ['WebSocketErrors'],
      Http: ['HttpErrors'],
      Poll: ['HttpErrors'],
      Admin: ['HttpErrors'],
      StoreOffline: ['OfflineDeadLetters', 'QueueAge'],
      FanOut: ['FanOutDeadLetters', 'QueueAge'],
      RunTasks: ['TasksDeadLetters'],
      ServeEvents: ['ServiceDeadLetters', 'QueueAge'],
      MatchDesk: ['QueueAge'],
    });
    const all = resources(template, 'AWS::Lambda::Function').map(({ logicalId }) =>
      functionNameOf(logicalId),
    );
    expect(Object.keys(seenBy).sort()).toEqual(all.sort());
  });
});

describe('the topic of the alarms', () => {
  it('is not set by default, so nobody is notified', () => {
    expect(JSON.stringify(resources(template, 'AWS::CloudWatch::Alarm'))).not.toContain('Actions');
  });

  it('gets every alarm and its end', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-central-1:123456789012:on-call';
    synthesize({ ...EXTERNAL_ISSUER, alarmTopicArn }).template.allResourcesProperties(
      'AWS::CloudWatch::Alarm',
      { AlarmActions: [alarmTopicArn], OKActions: [alarmTopicArn] },
    );
  });
});
