import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { propsFromContext } from '../../lib/context.ts';
import { HANDLERS } from '../../lib/handlers.ts';
import { REPOSITORY, runNode } from './run-node.ts';
import { EXTERNAL_ISSUER, type Resource, resource, resources, synthesize } from './synth.ts';

const { template, chat } = synthesize(EXTERNAL_ISSUER);
const OPERATIONS = readFileSync(join(REPOSITORY, 'docs/operations.md'), 'utf8');
const FUNCTIONS = Object.keys(HANDLERS).length;

interface MetricInAlarm {
  readonly MetricName: string;
  readonly Namespace: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface AlarmProperties extends Partial<MetricInAlarm> {
  readonly AlarmDescription: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly Period?: number;
  readonly Statistic?: string;
  readonly Metrics?: readonly {
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: MetricInAlarm; readonly Period: number; readonly Stat: string };
  }[];
}

interface AlarmInTemplate {
  readonly logicalId: string;
  readonly properties: AlarmProperties;
  readonly metrics: readonly MetricInAlarm[];
}

function alarmsIn(from: Template): AlarmInTemplate[] {
  return resources(from, 'AWS::CloudWatch::Alarm').map(({ logicalId, Properties }) => {
    const properties = Properties as unknown as AlarmProperties;
    return { logicalId, properties, metrics: metricsOf(properties) };
  });
}

function metricsOf({ MetricName, Namespace, Dimensions, Metrics = [] }: AlarmProperties): MetricInAlarm[] {
  if (MetricName !== undefined && Namespace !== undefined) {
    return [{ MetricName, Namespace, ...(Dimensions && { Dimensions }) }];
  }
  return Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
}

const alarms = alarmsIn(template);

function alarm(name: string): AlarmInTemplate {
  const found = alarms.filter(({ logicalId }) =>
    new RegExp(`^ChatObservability${name}[0-9A-F]{8}$`).test(logicalId),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} alarms "${name}"`);
  return only;
}

const distinct = <Value>(values: readonly (Value | undefined)[]) => [
  ...new Set(values.filter((value) => value !== undefined)),
];

/** The value of a metric's one dimension, or of its first. */
const refOf = ({ Dimensions }: MetricInAlarm) => {
  const value = Dimensions?.[0]?.Value as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  return value.Ref ?? value['Fn::GetAtt']?.[0] ?? '';
};

/** As GitHub makes them of headings. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

function runbookAnchors(): string[] {
  const [, runbook = ''] = OPERATIONS.split(/^## Runbook$/m);
  const [sections = ''] = runbook.split(/^## /m);
  return [...sections.matchAll(/^### (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

describe('the runbook in docs/operations.md', () => {
  it('has a section for every alarm, named in its description, and no other', () => {
    const named = alarms.map(({ properties }) => {
      const [, anchor] = /Runbook: docs\/operations\.md#(\S+)$/.exec(properties.AlarmDescription) ?? [];
      return anchor;
    });
    expect(named).not.toContain(undefined);
    expect(distinct(named).sort()).toEqual(runbookAnchors().sort());
  });

  it('tells the price: how many metrics the alarms watch', () => {
    const [, others] = /two for each function and (\d+) others/.exec(OPERATIONS) ?? [];
    const watched = alarms.reduce((count, { metrics }) => count + metrics.length, 0);
    expect(watched - 2 * FUNCTIONS).toBe(Number(others));
  });

  it('lists every context key', () => {
    const keys = new Set<string>();
    propsFromContext((key) => {
      keys.add(key);
      return undefined;
    });
    expect([...keys].filter((key) => !OPERATIONS.includes(`\`${key}`))).toEqual([]);
  });
});

describe('the alarms', () => {
  it('take silence for health: AWS counts only what happens', () => {
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      TreatMissingData: 'notBreaching',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it('are there for an app to do more with', () => {
    expect(chat.observability.alarms).toHaveLength(alarms.length);
  });

  it('watch at most ten metrics each, which is what CloudWatch takes', () => {
    expect(alarms.filter(({ metrics }) => metrics.length > 10 || metrics.length === 0)).toEqual([]);
  });

  it('add up metrics of which some have no values', () => {
    const expressions = alarms.flatMap(({ properties: { Metrics = [] } }) =>
      Metrics.flatMap(({ Expression }) => Expression ?? []),
    );
    expect(new Set(expressions)).toEqual(new Set(['SUM(FILL(METRICS(), 0))']));
  });

  it.each([
    ['FanOutDeadLetters', 1, 300, 1, 'Maximum', ['ApproximateNumberOfMessagesVisible']],
    ['FanOutAge', 300, 60, 5, 'Maximum', ['ApproximateAgeOfOldestMessage']],
    ['OfflineDeadLetters', 1, 300, 1, 'Maximum', ['ApproximateNumberOfMessagesVisible']],
    ['ServiceDeadLetters', 1, 300, 1, 'Maximum', ['ApproximateNumberOfMessagesVisible']],
    ['OfflineAge', 300, 60, 5, 'Maximum', ['ApproximateAgeOfOldestMessage']],
    ['ServiceAge', 300, 60, 5, 'Maximum', ['ApproximateAgeOfOldestMessage']],
    ['SocketFunctionErrors', 5, 300, 1, 'Sum', ['Errors']],
    ['HttpFunctionErrors', 5, 300, 1, 'Sum', ['Errors']],
    ['QueueFunctionErrors', 5, 300, 1, 'Sum', ['Errors']],
    ['SocketFunctionThrottles', 1, 300, 1, 'Sum', ['Throttles']],
    ['HttpFunctionThrottles', 1, 300, 1, 'Sum', ['Throttles']],
    ['QueueFunctionThrottles', 1, 300, 1, 'Sum', ['Throttles']],
    ['LoggedFaults', 5, 300, 1, 'Sum', ['Test-Chat-Observability-LoggedFaults']],
    ['WebSocketErrors', 5, 300, 1, 'Sum', ['ExecutionError', 'IntegrationError']],
    ['HttpErrors', 5, 300, 1, 'Sum', ['5xx']],
    ['DeskDeadLetters', 1, 300, 1, 'Maximum', ['ApproximateNumberOfMessagesVisible']],
    ['DeskAge', 300, 60, 5, 'Maximum', ['ApproximateAgeOfOldestMessage']],
    ['DeskWaits', 300, 300, 1, 'Maximum', ['Test-Chat-Observability-DeskWaitSeconds']],
    ['TableThrottles', 1, 300, 3, 'Sum', ['ReadThrottleEvents', 'WriteThrottleEvents']],
  ])(
    '%s rings from %d on, in periods of %d s, %d in a row',
    (name, threshold, seconds, periods, stat, names) => {
      const { properties, metrics } = alarm(name);
      const stats = properties.Metrics?.flatMap(({ MetricStat }) => MetricStat ?? []) ?? [];
      expect(properties).toMatchObject({ Threshold: threshold, EvaluationPeriods: periods });
      expect(distinct([properties.Period, ...stats.map(({ Period }) => Period)])).toEqual([seconds]);
      expect(distinct([properties.Statistic, ...stats.map(({ Stat }) => Stat)])).toEqual([stat]);
      expect(distinct(metrics.map(({ MetricName }) => MetricName)).sort()).toEqual(names);
    },
  );

  it('of queues look at the right ones', () => {
    const watched = [
      'OfflineDeadLetters',
      'OfflineAge',
      'FanOutDeadLetters',
      'FanOutAge',
      'ServiceDeadLetters',
      'ServiceAge',
      'DeskDeadLetters',
      'DeskAge',
    ].map((name) => refOf(alarm(name).metrics[0] as MetricInAlarm));
    expect(watched).toEqual(
      [
        'OfflineDeadLetters',
        'OfflineQueue',
        'FanOutDeadLetters',
        'FanOutQueue',
        'ServiceDeadLetters',
        'ServiceQueue',
        'DeskEventsDeadLetters',
        'DeskEventsQueue',
      ].map((part) => resource(template, 'AWS::SQS::Queue', `Chat${part}`).logicalId),
    );
  });

  const functionsWith = (metric: string) =>
    alarms
      .flatMap(({ metrics }) => metrics)
      .filter(({ MetricName, Namespace }) => Namespace === 'AWS/Lambda' && MetricName === metric)
      .map(refOf)
      .sort();
  const logicalIds = resources(template, 'AWS::Lambda::Function').map(({ logicalId }) => logicalId);

  it('count the throttles of every function, each once', () => {
    expect(functionsWith('Throttles')).toEqual(logicalIds.sort());
  });

  it('count the errors of every function but the authorizer, whose refusals are errors', () => {
    expect(functionsWith('Errors')).toEqual(
      logicalIds.filter((logicalId) => !logicalId.includes('Authorize')).sort(),
    );
  });

  it('of the APIs look at our stages', () => {
    const dimensions = ['WebSocketErrors', 'HttpErrors'].map((name) => alarm(name).metrics[0]?.Dimensions);
    expect(dimensions).toEqual(
      [
        ['WebSocket', 'prod'],
        ['Http', '$default'],
      ].map(([api = '', stage]) => [
        { Name: 'ApiId', Value: { Ref: resource(template, 'AWS::ApiGatewayV2::Api', api).logicalId } },
        { Name: 'Stage', Value: stage },
      ]),
    );
  });

  it('of DynamoDB look at all tables', () => {
    const tables = resources(template, 'AWS::DynamoDB::Table').map(({ logicalId }) => logicalId);
    expect(distinct(alarm('TableThrottles').metrics.map(refOf)).sort()).toEqual(tables.sort());
  });
});

describe('the metric of logged faults', () => {
  const filters = resources(template, 'AWS::Logs::MetricFilter').filter(
    ({ logicalId }) => !logicalId.includes('DeskWait'),
  );
  const logGroupOf = ({ Properties }: Resource) => (Properties['LogGroupName'] as { Ref: string }).Ref;

  it('is fed by what no metric of AWS shows: frames that fail in good order, and the authorizer', () => {
    const quiet = Object.entries(HANDLERS)
      .filter(([, { trigger }]) => ['action', 'authorizer'].includes(trigger.kind))
      .map(([name]) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`);
    const groups = quiet.map((name) => {
      const fn = resource(template, 'AWS::Lambda::Function', `Functions${name}`);
      return (fn.Properties['LoggingConfig'] as { LogGroup: { Ref: string } }).LogGroup.Ref;
    });
    expect(filters.map(logGroupOf).sort()).toEqual(groups.sort());
  });

  it('counts what our code logs as an error, and not the error that the authorizer refuses a token by', async () => {
    const [filter] = filters;
    expect(filter?.Properties['FilterPattern']).toBe(
      '{ ($.service = "serverless-im") && ($.level = "ERROR") }',
    );
    const script = "import { logger } from './lambdas/shared/logger.ts'; logger.error('frame failed', {});";
    const { Environment } = resource(template, 'AWS::Lambda::Function', 'FunctionsHello').Properties;
    const { POWERTOOLS_SERVICE_NAME } = (Environment as { Variables: { POWERTOOLS_SERVICE_NAME: string } })
      .Variables;
    const { stdout, stderr } = await runNode(REPOSITORY, ['--input-type=module', '--eval', script], {
      POWERTOOLS_SERVICE_NAME,
    });
    expect(JSON.parse(stdout + stderr)).toMatchObject({ service: 'serverless-im', level: 'ERROR' });
  });
});

describe('the metric of long waits', () => {
  it('is what the desk logs while anybody waits (IM-DESK-6)', () => {
    const filter = resource(template, 'AWS::Logs::MetricFilter', 'DeskWait');
    const worker = resource(template, 'AWS::Lambda::Function', 'MatchDesk').Properties;
    expect(filter.Properties).toMatchObject({
      FilterPattern: '{ $.message = "desk waits" }',
      LogGroupName: (worker['LoggingConfig'] as { LogGroup: object }).LogGroup,
      MetricTransformations: [{ MetricValue: '$.longestWaitSeconds' }],
    });
  });
});

describe('the topic of the alarms', () => {
  it('is nobody by default', () => {
    expect(JSON.stringify(resources(template, 'AWS::CloudWatch::Alarm'))).not.toContain('Actions');
  });

  it('hears of every alarm and of its end', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-central-1:123456789012:on-call';
    synthesize({ ...EXTERNAL_ISSUER, alarmTopicArn }).template.allResourcesProperties(
      'AWS::CloudWatch::Alarm',
      { AlarmActions: [alarmTopicArn], OKActions: [alarmTopicArn] },
    );
  });
});
