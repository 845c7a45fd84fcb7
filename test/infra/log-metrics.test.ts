import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { alarmNamed, alarmsIn } from './alarms.ts';
import { loggedLines } from './logged-lines.ts';
import {
  EXTERNAL_ISSUER,
  functionNameOf,
  logGroupOf,
  type Resource,
  resources,
  synthesize,
} from './synth.ts';

const { template } = synthesize(EXTERNAL_ISSUER);
const { template: withoutDesk } = synthesize({ ...EXTERNAL_ISSUER, desk: false });

const filtersOf = (name: string, from: Template = template) =>
  resources(from, 'AWS::Logs::MetricFilter').filter(({ logicalId }) =>
    logicalId.startsWith(`ChatObservability${name}`),
  );
const filteredGroup = ({ Properties }: Resource) => (Properties['LogGroupName'] as { Ref: string }).Ref;
const patternOf = ({ Properties }: Resource) => Properties['FilterPattern'];

/** All of these filters write one metric. */
function expectOneMetric(filters: readonly Resource[], name: string, metricValue = '1') {
  const MetricName = `Test-Chat-Observability-${name}`;
  for (const { Properties } of filters) {
    expect(Properties['MetricTransformations']).toEqual([
      { MetricName, MetricNamespace: 'serverless-im', MetricValue: metricValue },
    ]);
  }
}

describe('the metric of logged faults', () => {
  const filters = filtersOf('LoggedFaults');

  it('counts what no AWS metric shows: frames answered with an error, unchecked tokens, and failed jobs', () => {
    expect(filters.map(filteredGroup).sort()).toEqual(
      ['Authorize', 'Socket', 'StoreOffline', 'FanOut', 'RunTasks', 'ServeEvents', 'MatchDesk']
        .map((name) => logGroupOf(template, name))
        .sort(),
    );
    expectOneMetric(filters, 'LoggedFaults');
  });

  it('counts runs that Lambda reports as failed, and of the authorizer, which refuses tokens by errors, only those cut off', () => {
    const failedRuns = filtersOf('FailedRuns');
    const names = resources(template, 'AWS::Lambda::Function').map(({ logicalId }) =>
      functionNameOf(logicalId),
    );
    const patterns = names.map((name) => {
      const filter = failedRuns.find((one) => filteredGroup(one) === logGroupOf(template, name));
      return [name, filter && patternOf(filter)];
    });
    expectOneMetric(failedRuns, 'LoggedFaults');
    expect(failedRuns).toHaveLength(names.length);
    const failed = '{ ($.type = "platform.report") && ($.record.status != "success") }';
    const cutOff =
      '{ ($.type = "platform.report") && (($.record.status = "timeout") || ($.record.errorType = "Runtime.*")) }';
    expect(Object.fromEntries(patterns)).toEqual(
      Object.fromEntries(names.map((name) => [name, name === 'Authorize' ? cutOff : failed])),
    );
  });

  it('has one alarm', () => {
    expect(alarmNamed('LoggedFaults', alarmsIn(template)).metrics).toEqual([
      { MetricName: 'Test-Chat-Observability-LoggedFaults', Namespace: 'serverless-im' },
    ]);
  });

  it('counts what our code logs as an error, except the error by which the authorizer refuses a token', async () => {
    expect(new Set(filters.map(patternOf))).toEqual(
      new Set(['{ ($.service = "serverless-im") && ($.level = "ERROR") }']),
    );
    const script = "import { logger } from './lambdas/shared/logger.ts'; logger.error('frame failed', {});";
    expect(await loggedLines(template, script)).toMatchObject([{ service: 'serverless-im', level: 'ERROR' }]);
  });
});

describe('the metric of throttled tables', () => {
  const filters = filtersOf('TableThrottles');

  it('reads the log of every function that has a table, with a desk and without', () => {
    for (const from of [template, withoutDesk]) {
      const names = resources(from, 'AWS::Lambda::Function').map(({ logicalId }) =>
        functionNameOf(logicalId),
      );
      const all = names.filter((name) => name !== 'Authorize').map((name) => logGroupOf(from, name));
      expect(filtersOf('TableThrottles', from).map(filteredGroup).sort()).toEqual(all.sort());
    }
    expectOneMetric(filters, 'TableThrottles');
    expect(new Set(filters.map(patternOf))).toEqual(new Set(['{ $.message = "table throttled" }']));
  });

  it('has one alarm', () => {
    expect(alarmNamed('TableThrottles', alarmsIn(template)).metrics).toEqual([
      { MetricName: 'Test-Chat-Observability-TableThrottles', Namespace: 'serverless-im' },
    ]);
  });

  it.each([
    ['a call', { __type: 'x#ThrottlingException' }],
    [
      'a part of a transaction',
      {
        __type: 'x#TransactionCanceledException',
        CancellationReasons: [{ Code: 'None' }, { Code: 'ThrottlingError' }],
      },
    ],
  ])(
    'counts a line for each attempt that a table refused, including repeated ones: %s',
    async (_, refusal) => {
      let refusals = 2;
      const dynamodb = createServer((_, response) => {
        const refused = refusals > 0;
        refusals -= 1;
        response.writeHead(refused ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(JSON.stringify(refused ? refusal : {}));
      });
      await new Promise<void>((resolve) => dynamodb.listen(0, '127.0.0.1', resolve));
      const isTransaction = 'CancellationReasons' in refusal;
      const KEY = "{ TableName: 'T', Key: { userId: 'alice' } }";
      const script = `
      import { GetCommand } from '@aws-sdk/lib-dynamodb';
      import { createDocumentClient, transact } from './lambdas/adapters/dynamodb.ts';
      const documents = createDocumentClient();
      await ${isTransaction ? `transact(documents, [{ Delete: ${KEY} }])` : `documents.send(new GetCommand(${KEY}))`};`;
      const lines = await loggedLines(template, script, {
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'key',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(dynamodb.address() as AddressInfo).port}`,
      });
      dynamodb.close();
      expect(lines.map(({ message, level }) => [message, level])).toEqual([
        ['table throttled', 'WARN'],
        ['table throttled', 'WARN'],
      ]);
    },
  );
});

describe('the metric of long waits', () => {
  it('is logged by the desk while anybody waits (IM-DESK-6)', () => {
    const filters = filtersOf('DeskWait');
    expect(filters.map(patternOf)).toEqual(['{ $.message = "desk waits" }']);
    expect(filters.map(filteredGroup)).toEqual([logGroupOf(template, 'MatchDesk')]);
    expectOneMetric(filters, 'DeskWaitSeconds', '$.longestWaitSeconds');
    expect(alarmNamed('DeskWaits', alarmsIn(template)).metrics).toEqual([
      { MetricName: 'Test-Chat-Observability-DeskWaitSeconds', Namespace: 'serverless-im' },
    ]);
  });
});
