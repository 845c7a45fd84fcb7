import { Duration, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { propsFromContext } from '../../lib/context.ts';
import type { ServerlessImProps } from '../../lib/props.ts';

/** Names the module in place of the function. */
const aFunction = (option: string, path: string) => ({ option, path }) as unknown as IFunction;
const read = (context: Record<string, unknown>) =>
  propsFromContext((key) => context[key], aFunction, new Stack());
/** Of a deployment whose users sign in to its own pool, unless the context names an issuer. */
const fromContext = (context: Record<string, unknown>) =>
  read('issuer' in context && context['issuer'] !== '' ? context : { userPool: true, ...context });

/** Durations compare by their length. */
const inSeconds = (props: ServerlessImProps) =>
  Object.fromEntries(
    Object.entries(props)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, value instanceof Duration ? value.toSeconds() : value]),
  );

describe('the context', () => {
  it('gives no options when it is empty', () => {
    expect(inSeconds(fromContext({}))).toEqual({});
  });

  const ISSUER = {
    issuer: 'https://issuer.example.com',
    jwksUri: 'https://keys.example.com',
    userIdClaim: 'uid',
    rolesClaim: 'roles',
    alarmTopicArn: 'arn:aws:sns:eu-central-1:123456789012:on-call',
    webAclArn: 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/chat/1',
  };
  const meaning = {
    ...ISSUER,
    audience: ['im', 'im-staging'],
    allowedOrigins: ['https://a.example.com', 'https://b.example.com'],
    retain: false,
    accessLogRole: true,
    desk: true,
    deskQueues: ['sales', 'support'],
    deskAgentGrace: 90,
    historyRetention: 365 * 86_400,
    inboxTtl: 12 * 3600,
    lease: 1800,
    offlineConcurrency: 10,
    diagnostics: ['reports', 'traces'],
    messageTableClass: 'infrequent-access',
    warmThroughput: { readUnitsPerSecond: 24_000, writeUnitsPerSecond: 8_000 },
    maxThroughput: { readUnitsPerSecond: 40_000, writeUnitsPerSecond: 9_000 },
    routeThrottles: { 'POST /groups': { rateLimit: 10, burstLimit: 20 } },
    deletionProtection: true,
    logRetention: 90 * 86_400,
  };
  const TABLES = {
    messageTableClass: 'infrequent-access',
    warmThroughput: '24000,8000',
    maxThroughput: '40000,9000',
  };

  it('may come from the CLI as text', () => {
    const props = fromContext({
      ...ISSUER,
      ...TABLES,
      audience: 'im, im-staging',
      allowedOrigins: 'https://a.example.com,https://b.example.com',
      retain: 'false',
      accessLogRole: 'true',
      desk: 'true',
      deskQueues: 'sales,support',
      deskAgentGrace: '90s',
      historyRetention: '365d',
      inboxTtl: '12h',
      lease: '30m',
      offlineConcurrency: '10',
      routeThrottles: '{"POST /groups":"10,20"}',
      diagnostics: 'reports, traces',
      deletionProtection: 'true',
      logRetention: '90d',
    });
    expect(inSeconds(props)).toEqual(meaning);
  });

  it('may come from cdk.json as JSON', () => {
    const props = fromContext({
      ...ISSUER,
      ...TABLES,
      audience: ['im', 'im-staging'],
      allowedOrigins: ['https://a.example.com', 'https://b.example.com'],
      retain: false,
      accessLogRole: true,
      desk: true,
      deskQueues: ['sales', 'support'],
      deskAgentGrace: '90s',
      historyRetention: '365d',
      inboxTtl: '12h',
      lease: '1800s',
      offlineConcurrency: 10,
      routeThrottles: { 'POST /groups': '10,20' },
      diagnostics: ['reports', 'traces'],
      deletionProtection: true,
      logRetention: '90d',
    });
    expect(inSeconds(props)).toEqual(meaning);
  });

  it('may come from the CLI as JSON, which is text, too', () => {
    const context = { ...ISSUER, audience: '["im", "im-staging"]', deskQueues: '["sales"]' };
    expect(fromContext(context)).toMatchObject({ audience: ['im', 'im-staging'], deskQueues: ['sales'] });
  });

  it('treats empty text as no value, so that a script may pass an unset variable', () => {
    expect(inSeconds(fromContext({ issuer: '', audience: '', retain: '', lease: null }))).toEqual({});
  });

  it('accepts `forever`', () => {
    expect(fromContext({ historyRetention: 'forever' }).historyRetention).toBeUndefined();
  });

  it.each([
    ['retain', 'nope', 'true or false'],
    ['retain', 0, 'true or false'],
    ['issuer', 7, 'text'],
    ['audience', [1], 'text or a list of texts'],
    ['audience', {}, 'text or a list of texts'],
    ['audience', '["im"', 'text or a list of texts'],
    ['audience', '[1]', 'text or a list of texts'],
    ['lease', '30', 'a duration like 90s, 30m, 12h, or 7d'],
    ['lease', 30, 'a duration like 90s, 30m, 12h, or 7d'],
    ['lease', '-5m', 'a duration like 90s, 30m, 12h, or 7d'],
    ['inboxTtl', 'forever', 'a duration like 90s, 30m, 12h, or 7d'],
    ['historyRetention', '1.5d', 'a duration like 90s, 30m, 12h, or 7d'],
    ['offlineConcurrency', 'many', 'a whole number'],
    ['messageTableClass', 'cheap', 'standard or infrequent-access'],
    ['warmThroughput', '24000', 'read and write units like 24000,8000'],
    ['maxThroughput', 'none', 'read and write units like 24000,8000'],
    [
      'routeThrottles',
      { 'POST /groups': 10 },
      'requests a second and at once by route, like {"POST /groups":"10,20"}',
    ],
    ['routeThrottles', '{"POST', 'requests a second and at once by route, like {"POST /groups":"10,20"}'],
    ['diagnostics', ['logs'], 'of reports, traces, routeMetrics'],
    ['logRetention', '90', 'a duration like 90s, 30m, 12h, or 7d'],
    ['permissionsBoundaryArn', 'developers', 'an ARN of iam'],
    ['kmsKeyArn', 'alias/chat', 'an ARN of kms'],
    ['certificateArn', 'arn:aws:iam::1:server-certificate/c', 'an ARN of acm'],
  ])('%s=%j is refused in one line', (key, value, expected) => {
    expect(() => fromContext({ [key]: value })).toThrow(
      `serverless-im: context "${key}" must be ${expected}, not ${JSON.stringify(value)}`,
    );
  });

  it.each([
    [{}],
    [{ retain: 'false' }],
    [{ issuer: '', userPool: '' }],
    [{ webPage: 'true', userPool: 'false' }],
  ])(
    'is refused without a choice of issuer or user pool, since an update by %j would replace the present issuer',
    (context) => {
      expect(() => read(context)).toThrow(
        'who signs users in? Write "issuer" and "audience", or "userPool": true, into the context of cdk.json',
      );
    },
  );

  it('is refused if two sign users in', () => {
    const issuer = 'https://issuer.example.com';
    expect(() => read({ issuer, audience: 'im', userPool: true })).toThrow(
      'context "userPool" and "issuer" exclude each other',
    );
  });

  it.each([{}, { issuer: 'https://issuer.example.com', audience: 'im' }])(
    'is refused if its user pool is neither true nor false, beside %j',
    (others) => {
      expect(() => read({ ...others, userPool: 'TRUE' })).toThrow(
        'serverless-im: context "userPool" must be true or false, not "TRUE"',
      );
    },
  );

  it('is refused if it names no type of files, since users could send any then (IM-FILE-1)', () => {
    expect(() => fromContext({ attachmentTypes: '' })).toThrow(
      'context "attachmentTypes" must not be empty: leave it out to allow any type',
    );
  });

  const NAMES = {
    domainName: 'api.example.com',
    webSocketDomainName: 'ws.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/chat',
  };

  it('names what the account has by ARNs and ids: a key, a boundary, a certificate, and a zone', () => {
    const kmsKeyArn = 'arn:aws:kms:eu-central-1:123456789012:key/chat';
    const permissionsBoundaryArn = 'arn:aws:iam::123456789012:policy/developers';
    const props = fromContext({ ...NAMES, hostedZoneId: 'Z1', kmsKeyArn, permissionsBoundaryArn });
    expect(props.encryptionKey?.keyArn).toBe(kmsKeyArn);
    expect(props.permissionsBoundary?.managedPolicyArn).toBe(permissionsBoundaryArn);
    const { name, webSocketName, certificate, hostedZone, keepDefaultName } = props.domain ?? {};
    expect([
      name,
      webSocketName,
      certificate?.certificateArn,
      hostedZone?.hostedZoneId,
      keepDefaultName,
    ]).toEqual([...Object.values(NAMES), 'Z1', undefined]);
  });

  it.each([...Object.entries(NAMES), ['hostedZoneId', 'Z1'], ['keepDefaultName', true]])(
    'is refused with %s alone, since a name needs a certificate, and each API its own name',
    (key, value) => {
      expect(() => fromContext({ [key]: value })).toThrow(
        'serverless-im: domainName, webSocketDomainName, and certificateArn need each other',
      );
    },
  );

  it('is refused with all errors at once', () => {
    expect(() => fromContext({ retain: 'x', lease: 'y' })).toThrow(/"retain".*; .*"lease"/);
  });
});
