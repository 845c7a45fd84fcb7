import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { HANDLERS } from '../../lib/handlers.ts';
import { EXTERNAL_ISSUER, resource, resources, synthesize } from './synth.ts';

const { template } = synthesize({
  ...EXTERNAL_ISSUER,
  allowedOrigins: ['https://a.example.com', 'https://b.example.com'],
  historyRetention: Duration.days(30),
  lease: Duration.minutes(10),
});
const functions = resources(template, 'AWS::Lambda::Function');
const environment = (part: string) =>
  (resource(template, 'AWS::Lambda::Function', part).Properties['Environment'] as { Variables: object })
    .Variables;

describe('every function', () => {
  it('runs on nodejs24.x and arm64, is traced, and logs JSON', () => {
    expect(functions).toHaveLength(Object.keys(HANDLERS).length);
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON' },
    });
  });

  it('has a log group of its own, kept for a month', () => {
    const groups = functions.map(({ Properties }) => {
      const { LogGroup } = Properties['LoggingConfig'] as { LogGroup: { Ref: string } };
      return LogGroup.Ref;
    });
    expect(new Set(groups).size).toBe(functions.length);
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
    template.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' });
  });

  it('names one service in logs, and reads no source map before there is an error', () => {
    for (const { Properties } of functions) {
      expect(Properties['Environment']).toMatchObject({
        Variables: { POWERTOOLS_SERVICE_NAME: 'serverless-im' },
      });
      expect(JSON.stringify(Properties['Environment'])).not.toContain('NODE_OPTIONS');
    }
  });

  it('answers before the gateway gives up after 29 seconds, but for queue consumers', () => {
    const timeouts = functions
      .filter(({ logicalId }) => !/StoreOffline|FunctionsFanOut|MatchDesk/.test(logicalId))
      .map(({ Properties }) => Number(Properties['Timeout']));
    expect(Math.max(...timeouts)).toBeLessThan(29);
  });
});

describe('a function', () => {
  it.each(['SendMessage', 'PostMessage'])('that sends is cut off after 10 s: %s (IM-SEND-3)', (part) => {
    expect(resource(template, 'AWS::Lambda::Function', part).Properties['Timeout']).toBe(10);
  });

  it('that feeds its own queue is not stopped as a loop; others are', () => {
    const allowed = functions.filter(({ Properties }) => Properties['RecursiveLoop'] === 'Allow');
    expect(allowed.map(({ logicalId }) => logicalId).sort()).toEqual([
      expect.stringContaining('FanOut'),
      expect.stringContaining('MatchDesk'),
      expect.stringContaining('StoreOffline'),
    ]);
  });

  it('gets lists separated by commas and durations in seconds', () => {
    expect(environment('Authorize')).toMatchObject({
      AUDIENCE: 'im,im-staging',
      ALLOWED_ORIGINS: 'https://a.example.com,https://b.example.com',
      JWKS_URI: 'https://issuer.example.com/.well-known/jwks.json',
      USER_ID_CLAIM: 'sub',
    });
    expect(environment('SendMessage')).toMatchObject({
      HISTORY_TTL_SECONDS: String(30 * 86_400),
      LEASE_SECONDS: '600',
    });
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
    expect(environment('Hello')).toMatchObject({ AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: url('https') });
    expect(environment('GetSession')).toMatchObject({ WEBSOCKET_URL: url('wss') });
  });
});
