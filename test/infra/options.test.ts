import { Duration, Token } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { describe, expect, it } from 'vitest';
import { fillOptions } from '../../lib/options.ts';
import { InvalidOptionsError, type ServerlessImProps } from '../../lib/props.ts';

const DOMAIN = {
  name: 'api.example.com',
  webSocketName: 'ws.example.com',
  certificate: {} as ICertificate,
};
const WEB_ACL = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/chat/1';
const EXTERNAL = { issuer: 'https://issuer.example.com', audience: 'im' };

describe('options', () => {
  it('have a default each, as the protocol says (section 7)', () => {
    expect(fillOptions({})).toEqual({
      externalIssuer: undefined,
      userIdClaim: 'sub',
      rolesClaim: 'cognito:groups',
      desk: true,
      deskQueues: ['default'],
      deskAgentGraceSeconds: 120,
      allowedOrigins: [],
      duplicateLogin: 'replace',
      maxDevices: 10,
      userBudget: { perMinute: 600, burst: 3000 },
      strangersPerDay: 100,
      unlimitedRoles: ['service'],
      retain: true,
      messageTableClass: 'standard',
      historyTtlSeconds: 0,
      editWindowMs: 24 * 3_600_000,
      inboxTtlSeconds: 7 * 24 * 3600,
      leaseSeconds: 1800,
      idleTimeoutMs: 0,
      offlineConcurrency: undefined,
      pollConcurrency: undefined,
      webSocketThrottle: { rateLimit: 2000, burstLimit: 1000 },
      httpThrottle: { rateLimit: 500, burstLimit: 250 },
      routeThrottles: {
        'POST /groups': { rateLimit: 50, burstLimit: 100 },
        'POST /groups/{id}/members': { rateLimit: 50, burstLimit: 100 },
        'POST /poll': { rateLimit: 250, burstLimit: 250 },
        'desk.open': { rateLimit: 50, burstLimit: 100 },
      },
      accessLogRole: true,
      diagnostics: [],
      alarmTopicArn: undefined,
      dashboard: false,
      events: false,
      archive: false,
      attachments: true,
      attachmentMaxBytes: 26_214_400,
      attachmentTypes: [],
      attachmentScan: false,
      deletionProtection: false,
      logRetention: 30,
      permissionsBoundary: undefined,
      webAclArn: undefined,
      encryptionKey: undefined,
      domain: undefined,
    });
  });

  it.each(['https://issuer.example.com', 'https://issuer.example.com/tenant/'])(
    'keep the issuer %s as its tokens have it, and let its discovery document name its keys',
    (issuer) => {
      expect(fillOptions({ issuer, audience: 'im' }).externalIssuer).toEqual({
        issuer,
        audience: ['im'],
        jwksUri: undefined,
      });
    },
  );

  it('may name keys of another URL', () => {
    const jwksUri = 'https://keys.example.com/im';
    expect(fillOptions({ ...EXTERNAL, jwksUri }).externalIssuer?.jwksUri).toBe(jwksUri);
  });

  it('accept an issuer known only at deployment', () => {
    const issuer = Token.asString({ Ref: 'Issuer' });
    expect(fillOptions({ issuer, audience: 'im' }).externalIssuer?.issuer).toBe(issuer);
  });

  it.each(['arn:aws:sns:eu-central-1:123456789012:on-call', Token.asString({ Ref: 'OnCall' })])(
    'accept the topic %s',
    (alarmTopicArn) => {
      expect(fillOptions({ alarmTopicArn }).alarmTopicArn).toBe(alarmTopicArn);
    },
  );

  it.each(['http://127.0.0.1:8787/issuer', 'http://localhost:1', 'http://[::1]:8787'])(
    'accept the issuer of the local runtime, %s',
    (issuer) => {
      expect(fillOptions({ issuer, audience: 'im' }).externalIssuer?.issuer).toBe(issuer);
    },
  );

  it('refuse a page for an issuer known only at deployment', () => {
    const issuer = Token.asString({ Ref: 'Issuer' });
    expect(() => fillOptions({ issuer, audience: 'im', webPage: true, webPageClientId: 'page' })).toThrow(
      'webPage needs an issuer that is known at synthesis',
    );
  });

  it('accept an origin known only at deployment', () => {
    const origin = `https://${Token.asString({ Ref: 'Shop' })}`;
    expect(fillOptions({ allowedOrigins: [origin] }).allowedOrigins).toEqual([origin]);
  });

  it.each(['https://chat.example.com', 'https://chat.example.com:8443', 'http://localhost:5173', '*'])(
    'accept the origin %s',
    (origin) => {
      expect(fillOptions({ allowedOrigins: [origin] }).allowedOrigins).toEqual([origin]);
    },
  );

  const refused: [ServerlessImProps, string][] = [
    [{ issuer: EXTERNAL.issuer }, 'issuer needs an audience'],
    [{ issuer: EXTERNAL.issuer, audience: [] }, 'issuer needs an audience'],
    [{ audience: 'im' }, 'audience needs an issuer'],
    [{ alarmTopicArn: 'on-call' }, 'alarmTopicArn must be the ARN of an SNS topic, not "on-call"'],
    [
      { messageTableClass: 'glacier' as 'standard' },
      'messageTableClass must be standard or infrequent-access',
    ],
    ...[Duration.days(45), Duration.hours(30), Duration.days(9_999)].map(
      (logRetention): [ServerlessImProps, string] => [
        { logRetention },
        'logRetention must be a time that CloudWatch Logs has: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 days',
      ],
    ),
    [{ webAclArn: WEB_ACL }, 'webAclArn needs webPage'],
    [
      { domain: { ...DOMAIN, webSocketName: 'api.example.com' } },
      'domain.name and domain.webSocketName must differ: API Gateway serves HTTP and WebSocket APIs under different names',
    ],
    ...['https://api.example.com', 'Api.example.com', 'localhost', 'api.example.com.'].map(
      (name): [ServerlessImProps, string] => [
        { domain: { ...DOMAIN, name } },
        `domain.name must be a host name in lower case like chat.example.com, not "${name}"`,
      ],
    ),
    ...[
      'arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/chat/1',
      'arn:aws:wafv2:us-east-1:111122223333:regional/webacl/chat/1',
      'chat',
    ].map((webAclArn): [ServerlessImProps, string] => [
      { webPage: true, webAclArn },
      `webAclArn must be that of a web ACL of scope CLOUDFRONT, in us-east-1, not "${webAclArn}"`,
    ]),
    [{ maxDevices: 0 }, 'maxDevices must be a whole number from 1 to 10'],
    [{ maxDevices: 11 }, 'maxDevices must be a whole number from 1 to 10'],
    [{ duplicateLogin: 'refuse' as 'reject' }, 'duplicateLogin must be replace or reject'],
    ...[
      { readUnitsPerSecond: 11_999, writeUnitsPerSecond: 4_000 },
      { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 3_999 },
      { readUnitsPerSecond: 12_000.5, writeUnitsPerSecond: 4_000 },
    ].map((warmThroughput): [ServerlessImProps, string] => [
      { warmThroughput },
      'warmThroughput must be whole numbers of at least 12000 read and 4000 write units',
    ]),
    [
      { diagnostics: ['traces', 'traces'] },
      'diagnostics must be different words of reports, traces, routeMetrics',
    ],
    [{ jwksUri: 'https://keys.example.com' }, 'jwksUri needs an issuer'],
    [{ ...EXTERNAL, issuer: 'issuer.example.com' }, 'issuer must be an https URL, not "issuer.example.com"'],
    [
      { ...EXTERNAL, issuer: 'http://a.example.com' },
      'issuer must be an https URL, not "http://a.example.com"',
    ],
    [
      { ...EXTERNAL, issuer: 'http://localhost.example.com' },
      'issuer must be an https URL, not "http://localhost.example.com"',
    ],
    [
      { ...EXTERNAL, issuer: ' https://a.example.com ' },
      'issuer must be an https URL, not " https://a.example.com "',
    ],
    [{ ...EXTERNAL, jwksUri: 'keys' }, 'jwksUri must be an https URL, not "keys"'],
    [{ ...EXTERNAL, audience: ['im', ''] }, 'an audience must not be empty or contain a comma'],
    [{ ...EXTERNAL, audience: 'a,b' }, 'an audience must not be empty or contain a comma'],
    [{ userIdClaim: ' ' }, 'userIdClaim must not be empty'],
    [{ rolesClaim: '' }, 'rolesClaim must not be empty'],
    [{ deskQueues: [] }, 'deskQueues must name 1 to 20 queues'],
    [{ deskQueues: ['a', 'a'] }, 'deskQueues must not name a queue twice'],
    [{ deskQueues: ['a#b'] }, 'deskQueues must be 1 to 64 of A-Z a-z 0-9 _ -, not "a#b"'],
    [{ deskAgentGrace: Duration.seconds(0) }, 'deskAgentGrace must be at least 1 second'],
    [{ lease: Duration.seconds(59) }, 'lease must be at least 60 seconds'],
    [{ idleTimeoutMs: 9_999 }, 'idleTimeoutMs must be 0 or a whole number from 10000 to the lease'],
    [
      { idleTimeoutMs: 60_001, lease: Duration.seconds(60) },
      'idleTimeoutMs must be 0 or a whole number from 10000 to the lease',
    ],
    [{ inboxTtl: Duration.seconds(59) }, 'inboxTtl must be at least 60 seconds'],
    [{ historyRetention: Duration.hours(23) }, 'historyRetention must be at least 24 hours'],
    [{ historyRetention: Duration.seconds(0) }, 'historyRetention must be at least 24 hours'],
    [{ offlineConcurrency: 1 }, 'offlineConcurrency must be a whole number from 2 to 1000'],
    [{ offlineConcurrency: 2.5 }, 'offlineConcurrency must be a whole number from 2 to 1000'],
    [{ offlineConcurrency: 1001 }, 'offlineConcurrency must be a whole number from 2 to 1000'],
    [
      { httpThrottle: { rateLimit: 0, burstLimit: 1 } },
      'httpThrottle must have a positive rateLimit and a whole burstLimit of at least 1',
    ],
    [
      { httpThrottle: { rateLimit: Number.POSITIVE_INFINITY, burstLimit: 1 } },
      'httpThrottle must have a positive rateLimit and a whole burstLimit of at least 1',
    ],
    [
      { webSocketThrottle: { rateLimit: 1, burstLimit: 0 } },
      'webSocketThrottle must have a positive rateLimit and a whole burstLimit of at least 1',
    ],
    [
      { routeThrottles: { 'POST /group': { rateLimit: 1, burstLimit: 1 } } },
      'routeThrottles: POST /group is no route or action of this deployment',
    ],
    [
      { desk: false, routeThrottles: { 'desk.open': { rateLimit: 1, burstLimit: 1 } } },
      'routeThrottles: desk.open is no route or action of this deployment',
    ],
    [
      { routeThrottles: { sendMessage: { rateLimit: 1, burstLimit: 0 } } },
      'routeThrottles of sendMessage must have a positive rateLimit and a whole burstLimit of at least 1',
    ],
    ...[
      { maxThroughput: { readUnitsPerSecond: 0, writeUnitsPerSecond: 1 } },
      {
        maxThroughput: { readUnitsPerSecond: 20_000, writeUnitsPerSecond: 4_000 },
        warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_001 },
      },
    ].map((props): [ServerlessImProps, string] => [
      props,
      'maxThroughput must be positive whole numbers, and at least warmThroughput',
    ]),
    [{ allowedOrigins: ['*', 'https://chat.example.com'] }, "allowedOrigins: '*' must stand alone"],
    ...[
      'chat.example.com',
      'capacitor://localhost',
      'https://Chat.example.com',
      'https://chat.example.com:443',
      'https://chat.example.com/',
      'https://*.example.com',
      'https://a.com,https://b.com',
      '',
    ].map((origin): [ServerlessImProps, string] => [
      { allowedOrigins: [origin] },
      `allowedOrigins must hold origins like https://chat.example.com, not "${origin}"`,
    ]),
  ];
  it.each(refused)('%j are refused in one line: %s', (props, message) => {
    expect(() => fillOptions(props)).toThrow(new InvalidOptionsError([message]));
  });

  // What tsc would refuse in TypeScript.
  const mistaken: [object, string][] = [
    [{ archve: true }, 'unknown prop "archve": did you mean "archive"?'],
    [{ colour: 'red' }, 'unknown prop "colour": docs/api/props.md lists all of them'],
    [{ toString: 1 }, 'unknown prop "toString": docs/api/props.md lists all of them'],
    [{ domain: { ...DOMAIN, nam: 'x' } }, 'unknown prop "domain.nam": did you mean "name"?'],
    [
      { notifications: { webPush: { subjet: 'x' } } },
      'unknown prop "notifications.webPush.subjet": did you mean "subject"?',
    ],
    ...['deskAgentGrace', 'historyRetention', 'editWindow', 'inboxTtl', 'lease', 'logRetention'].map(
      (name): [object, string] => [
        { [name]: 7 },
        `${name} takes a Duration of aws-cdk-lib, such as Duration.days(7), not 7`,
      ],
    ),
    [
      { beforeSend: { timeout: { seconds: 1 } } },
      'beforeSend.timeout takes a Duration of aws-cdk-lib, such as Duration.days(7), not {"seconds":1}',
    ],
    [
      { profileSource: { ttl: 'x' } },
      'profileSource.ttl takes a Duration of aws-cdk-lib, such as Duration.days(7), not "x"',
    ],
  ];
  it.each(mistaken)('of JavaScript are refused in one line, not left out: %j', (props, message) => {
    expect(() => fillOptions(props)).toThrow(new InvalidOptionsError([message]));
  });

  it('of JavaScript may be null, as if left out', () => {
    expect(fillOptions({ inboxTtl: null } as object).inboxTtlSeconds).toBe(7 * 24 * 3600);
  });

  it('are refused with all errors at once', () => {
    const props = { issuer: EXTERNAL.issuer, lease: Duration.seconds(1) };
    expect(() => fillOptions(props)).toThrow(
      'serverless-im: issuer needs an audience; lease must be at least 60 seconds',
    );
  });
});
