import { Duration } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { functionNames } from '../../lib/functions.ts';
import type { Diagnostic } from '../../lib/props.ts';
import { EXTERNAL_ISSUER, functionNameOf, resource, resources, synthesize } from './synth.ts';

const { template } = synthesize({
  ...EXTERNAL_ISSUER,
  allowedOrigins: ['https://a.example.com', 'https://b.example.com'],
  historyRetention: Duration.days(30),
  lease: Duration.minutes(10),
});
const functions = resources(template, 'AWS::Lambda::Function');
const propertiesOf = (name: string) =>
  resource(template, 'AWS::Lambda::Function', `Functions${name}`).Properties;
const environment = (name: string) => (propertiesOf(name)['Environment'] as { Variables: object }).Variables;

describe('the functions', () => {
  const namesIn = (from: Template) =>
    resources(from, 'AWS::Lambda::Function')
      .map(({ logicalId }) => functionNameOf(logicalId))
      .sort();
  const WITHOUT_DESK = [
    'Admin',
    'Authorize',
    'FanOut',
    'Http',
    'LogOut',
    'Poll',
    'RunTasks',
    'ServeEvents',
    'Socket',
    'StoreOffline',
  ];

  it('are eleven, or ten without a desk', () => {
    expect(namesIn(template)).toEqual([...WITHOUT_DESK, 'MatchDesk'].sort());
    expect(namesIn(synthesize({ ...EXTERNAL_ISSUER, desk: false }).template)).toEqual(WITHOUT_DESK);
  });
});

describe('every function', () => {
  it('runs on nodejs24.x and arm64, and logs JSON', () => {
    expect(functions).toHaveLength(
      functionNames({
        desk: true,
        events: false,
        archive: false,
        attachments: true,
        attachmentScan: false,
        notifications: false,
      }).length,
    );
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      LoggingConfig: { LogFormat: 'JSON' },
    });
  });

  it('is reported by Lambda only if it failed, and not traced, unless diagnostics are on', () => {
    const recordOf = (...diagnostics: Diagnostic[]) => {
      const { template: variant } = synthesize({ ...EXTERNAL_ISSUER, diagnostics });
      const records = resources(variant, 'AWS::Lambda::Function').map(({ Properties }) => {
        const { SystemLogLevel } = Properties['LoggingConfig'] as { SystemLogLevel: string };
        return `${SystemLogLevel} ${(Properties['TracingConfig'] as { Mode: string } | undefined)?.Mode}`;
      });
      return [...new Set(records)];
    };
    expect(recordOf()).toEqual(['WARN undefined']);
    expect(recordOf('reports')).toEqual(['INFO undefined']);
    expect(recordOf('traces')).toEqual(['WARN Active']);
  });

  it('has its own log group, kept for a month, and that of the audit for a year and a month (IM-ADMIN-2)', () => {
    const groups = functions.map(({ Properties }) => {
      const { LogGroup } = Properties['LoggingConfig'] as { LogGroup: { Ref: string } };
      return LogGroup.Ref;
    });
    expect(new Set(groups).size).toBe(functions.length);
    const logs = resources(template, 'AWS::Logs::LogGroup');
    const kept = logs.filter(({ Properties }) => Properties['RetentionInDays'] !== 30);
    expect(kept.map(({ logicalId, Properties }) => [logicalId, Properties['RetentionInDays']])).toEqual([
      [expect.stringContaining('FunctionsAdminLogs'), 400],
    ]);
    expect(logs.filter(({ DeletionPolicy }) => DeletionPolicy !== 'Delete')).toEqual(kept);
  });

  it('logs under one service name, and reads no source map before an error', () => {
    for (const { Properties } of functions) {
      expect(Properties['Environment']).toMatchObject({
        Variables: { POWERTOOLS_SERVICE_NAME: 'serverless-im' },
      });
      expect(JSON.stringify(Properties['Environment'])).not.toContain('NODE_OPTIONS');
    }
  });

  it('answers before the gateway gives up after 29 seconds, unless a queue calls it', () => {
    const calledByQueues = resources(template, 'AWS::Lambda::EventSourceMapping').map(
      ({ Properties }) => (Properties['FunctionName'] as { Ref: string }).Ref,
    );
    const timeouts = functions
      .filter(({ logicalId }) => !calledByQueues.includes(logicalId))
      .map(({ Properties }) => Number(Properties['Timeout']));
    expect(timeouts).toHaveLength(6);
    expect(Math.max(...timeouts)).toBeLessThan(29);
  });
});

describe('a function', () => {
  it.each(['Socket', 'Http', 'ServeEvents', 'Admin'])(
    'that sends messages is cut off after 10 s: %s (IM-SEND-3)',
    (name) => {
      expect(propertiesOf(name)['Timeout']).toBe(10);
    },
  );

  it('that feeds its own queue is exempt from loop detection, and no other is', () => {
    const allowed = functions.filter(({ Properties }) => Properties['RecursiveLoop'] === 'Allow');
    expect(allowed.map(({ logicalId }) => functionNameOf(logicalId)).sort()).toEqual([
      'FanOut',
      'MatchDesk',
      'RunTasks',
      'StoreOffline',
    ]);
  });

  it('may reserve concurrency, even zero, only if clients poll it (IM-POLL)', () => {
    for (const [pollConcurrency, reserved] of [[undefined], [20, 20], [0, 0]]) {
      const { template: variant } = synthesize({ ...EXTERNAL_ISSUER, pollConcurrency });
      const shares = resources(variant, 'AWS::Lambda::Function').flatMap(({ logicalId, Properties }) =>
        'ReservedConcurrentExecutions' in Properties
          ? [[functionNameOf(logicalId), Properties['ReservedConcurrentExecutions']]]
          : [],
      );
      expect(shares).toEqual(reserved === undefined ? [] : [['Poll', reserved]]);
    }
  });

  it('gets lists separated by commas and durations in seconds', () => {
    expect(environment('Authorize')).toMatchObject({
      AUDIENCE: 'im,im-staging',
      ALLOWED_ORIGINS: 'https://a.example.com,https://b.example.com',
      JWKS_URI: '',
      USER_ID_CLAIM: 'sub',
    });
    for (const name of ['Socket', 'Http', 'ServeEvents']) {
      expect(environment(name)).toMatchObject({
        HISTORY_TTL_SECONDS: String(30 * 86_400),
        LEASE_SECONDS: '600',
      });
    }
    expect(environment('StoreOffline')).toMatchObject({ INBOX_TTL_SECONDS: String(7 * 86_400) });
  });

  it('finds the connections API where the SDK looks for its endpoint', () => {
    const api = resource(template, 'AWS::ApiGatewayV2::Api', 'WebSocket').logicalId;
    const url = (scheme: string) => ({
      'Fn::Join': [
        '',
        [
          `${scheme}://`,
          { Ref: api },
          '.execute-api.',
          { Ref: 'AWS::Region' },
          '.',
          { Ref: 'AWS::URLSuffix' },
          '/prod',
        ],
      ],
    });
    for (const name of [
      'Socket',
      'Http',
      'Poll',
      'StoreOffline',
      'FanOut',
      'ServeEvents',
      'LogOut',
      'Admin',
      'MatchDesk',
    ]) {
      expect(environment(name)).toMatchObject({ AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: url('https') });
    }
    expect(environment('Http')).toMatchObject({ WEBSOCKET_URL: url('wss') });
  });
});
