import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runChecks } from '../../../cli/preflight/run.ts';
import { DATA_VERSION } from '../../../lambdas/shared/data-version.ts';
import { temporaryFolder } from '../runtime/bundle.ts';
import {
  type Answers,
  certificate,
  denial,
  fakeAccount,
  key,
  quota,
  refusal,
  stack,
  zone,
} from './fake-account.ts';

/** Against answers as AWS documents them: no account was asked (docs/verify-on-aws.md). */
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'AKIA',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'eu-central-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_MAX_ATTEMPTS: '1',
};
beforeEach(() => {
  vi.stubEnv('HOME', temporaryFolder());
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());

/** What each check says, as `finding text`. */
async function check(answers: Answers = {}, context: Readonly<Record<string, unknown>> = {}) {
  vi.stubEnv('AWS_ENDPOINT_URL', await fakeAccount(answers));
  const lines = await runChecks({ stack: 'ServerlessIm', context });
  return Object.fromEntries(lines.map(({ name, finding, text: said }) => [name, `${finding} ${said}`]));
}

const NAMES = {
  domainName: 'api.example.com',
  webSocketDomainName: 'ws.example.com',
  certificateArn: certificateIn('eu-central-1'),
  hostedZoneId: 'Z1',
};
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1';

describe('preflight', () => {
  it('finds an account ready in which nothing is missing', async () => {
    expect(await check()).toEqual({
      node: `ok ${process.version}`,
      account: 'ok 123456789012, eu-central-1, as arn:aws:iam::123456789012:user/dev',
      bootstrap: 'ok version 28',
      stack: 'ok ServerlessIm will be made',
      concurrency: 'ok 1000 concurrent runs, 900 not reserved',
      'access logs': "ok the stack sets API Gateway's role for logs",
      connections: 'ok 500 new sockets a second: 10,000 users reconnect in 20 s at best',
      requests: 'ok 10000 requests a second for all APIs, posts to clients included: 5000 direct messages',
      tables: 'ok a table may take 40000 read units and 40000 write units a second',
      'table count': 'ok 2 of 2500 tables are there',
    });
  });

  it('finds names and a key of the operator’s ready', async () => {
    const lines = await check({}, { ...NAMES, kmsKeyArn: KEY });
    expect(lines['certificate']).toBe('ok issued for example.com, *.example.com');
    expect(lines['hosted zone']).toBe('ok example.com');
    expect(lines['KMS key']).toMatch(/^ok enabled; its policy must let CloudWatch Logs use it/);
  });

  it('signs what it asks without a client, for the service and its region', async () => {
    const signed: unknown[] = [];
    vi.stubEnv('AWS_ENDPOINT_URL', await fakeAccount({}, (header) => signed.push(header)));
    await runChecks({ stack: 'ServerlessIm', context: { ...NAMES, kmsKeyArn: KEY } });
    for (const scope of ['eu-central-1/acm', 'us-east-1/route53', 'eu-central-1/kms'])
      expect(signed).toContainEqual(
        expect.stringMatching(
          new RegExp(`^AWS4-HMAC-SHA256 Credential=AKIA/\\d{8}/${scope}/aws4_request, SignedHeaders=.*host`),
        ),
      );
  });

  it.each([
    [
      'expired',
      refusal('ExpiredToken', 'The security token included in the request is expired', 403),
      'sign in again',
    ],
    [
      'unknown',
      refusal('InvalidClientTokenId', 'The security token included in the request is invalid.', 403),
      'make a new key',
    ],
  ])('says only what is wrong with credentials that are %s', async (_, answer, remedy) => {
    const lines = await check({ GetCallerIdentity: answer });
    expect(Object.keys(lines)).toEqual(['node', 'account']);
    expect(lines['account']).toMatch(new RegExp(`^fails .*${remedy}`));
  });

  it('says only that there is no region, or no key', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    expect((await check())['account']).toMatch(/^fails no region: set AWS_REGION/);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    expect((await check())['account']).toMatch(/^fails no credentials: run `aws configure`/);
  });

  it.each<[string, string, Answers, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'a region without the CDK',
      'bootstrap',
      { GetParameter: refusal('ParameterNotFound', '') },
      {},
      /^fails .*run `npx cdk bootstrap`/,
    ],
    [
      'an old bootstrap',
      'bootstrap',
      { GetParameter: { body: { Parameter: { Value: '5' } } } },
      {},
      /^fails version 5 is too old/,
    ],
    [
      'a stack whose first deployment failed',
      'stack',
      { DescribeStacks: stack('ROLLBACK_COMPLETE') },
      {},
      /^fails .*delete-stack/,
    ],
    ['a deployment that runs', 'stack', { DescribeStacks: stack('UPDATE_IN_PROGRESS') }, {}, /^fails .*wait/],
    [
      'a stack that could not go back',
      'stack',
      { DescribeStacks: stack('UPDATE_ROLLBACK_FAILED') },
      {},
      /^fails .*continue-update-rollback/,
    ],
    [
      'data of a much later release',
      'stack',
      { DescribeStacks: stack('UPDATE_COMPLETE', { DataVersion: String(DATA_VERSION + 2) }) },
      {},
      /^fails .*deploy a later release/,
    ],
    [
      'data of the next release',
      'stack',
      { DescribeStacks: stack('UPDATE_COMPLETE', { DataVersion: String(DATA_VERSION + 1) }) },
      {},
      /^mind .*the way back/,
    ],
    [
      'data of an earlier release',
      'stack',
      { DescribeStacks: stack('UPDATE_COMPLETE', { DataVersion: String(DATA_VERSION - 1) }) },
      {},
      /^ok .*docs\/upgrading/,
    ],
    [
      'a stack without a data version',
      'stack',
      { DescribeStacks: stack('CREATE_COMPLETE') },
      {},
      /^unknown .*no output DataVersion/,
    ],
    ['ten concurrent runs', 'concurrency', lambda(10, 10), {}, /^mind 10 concurrent runs: .*L-B99A9384/],
    [
      'a reserved concurrency that Lambda refuses',
      'concurrency',
      lambda(10, 10),
      { pollConcurrency: 5 },
      /^fails pollConcurrency=5/,
    ],
    [
      'no role for logs, and none made',
      'access logs',
      {},
      { accessLogRole: 'false' },
      /^fails .*leave that option out/,
    ],
    [
      'a role for logs of somebody else',
      'access logs',
      { GetAccount: { body: { cloudwatchRoleArn: 'arn:aws:iam::1:role/logs' } } },
      {},
      /^mind .*accessLogRole=false/,
    ],
    [
      'a small region',
      'requests',
      { 'GetServiceQuota L-8A5B8E43': quota('L-8A5B8E43', 2_500) },
      {},
      /^mind 2500 .*L-8A5B8E43/,
    ],
    [
      'few new sockets',
      'connections',
      { 'GetServiceQuota L-9ED1E49A': quota('L-9ED1E49A', 100) },
      {},
      /^mind 100 .*100 s at best.*L-9ED1E49A/,
    ],
    [
      'more units than a table may have',
      'tables',
      {},
      { warmThroughput: '60000,4000' },
      /^fails warmThroughput=60000,4000/,
    ],
    [
      'no keys of Web Push',
      'web push',
      { GetParameters: { body: { Parameters: [], InvalidParameters: ['/serverless-im/web-push/public'] } } },
      { webPushSubject: 'mailto:a@example.com' },
      /^fails .*npm run keys/,
    ],
    [
      'a platform that is disabled',
      'platforms',
      {
        GetPlatformApplicationAttributes: {
          body: '<Attributes><entry><key>Enabled</key><value>false</value></entry></Attributes>',
        },
      },
      { fcmPlatformArn: platform('eu-central-1') },
      /^fails fcmPlatformArn is disabled/,
    ],
    [
      'a platform that is not there',
      'platforms',
      { GetPlatformApplicationAttributes: refusal('NotFound', 'PlatformApplication does not exist', 404) },
      { fcmPlatformArn: platform('eu-central-1') },
      /^fails fcmPlatformArn names no platform/,
    ],
    [
      'a platform of another region',
      'platforms',
      {},
      { apnsPlatformArn: platform('us-east-1') },
      /^fails apnsPlatformArn is of another region/,
    ],
    [
      'no room for tables',
      'table count',
      { 'GetServiceQuota L-F98FE922': quota('L-F98FE922', 6) },
      {},
      /^fails 2 of 6 tables are there, and the stack makes 5: .*L-F98FE922/,
    ],
    [
      'that a stack which is there has its tables',
      'table count',
      { 'GetServiceQuota L-F98FE922': quota('L-F98FE922', 6), DescribeStacks: stack('UPDATE_COMPLETE') },
      {},
      /^ok 2 of 6 /,
    ],
    [
      'a certificate of another region',
      'certificate',
      {},
      { certificateArn: certificateIn('us-east-1') },
      /^fails .*request a certificate in eu-central-1/,
    ],
    [
      'a certificate that is not there',
      'certificate',
      { DescribeCertificate: refusal('ResourceNotFoundException', 'Could not find certificate') },
      NAMES,
      /^fails certificateArn names no certificate/,
    ],
    [
      'a certificate that is not validated',
      'certificate',
      { DescribeCertificate: certificate('PENDING_VALIDATION', ['*.example.com']) },
      NAMES,
      /^fails .*add the CNAME records/,
    ],
    [
      'a certificate that has expired',
      'certificate',
      { DescribeCertificate: certificate('EXPIRED', ['*.example.com']) },
      NAMES,
      /^fails the certificate is EXPIRED/,
    ],
    [
      'a certificate of other names',
      'certificate',
      { DescribeCertificate: certificate('ISSUED', ['api.example.com', '*.eu.example.com']) },
      NAMES,
      /^fails .*not for ws\.example\.com$/,
    ],
    [
      'a zone that is not there',
      'hosted zone',
      { GetHostedZone: refusal('NoSuchHostedZone', 'No hosted zone found with ID: Z1', 404) },
      NAMES,
      /^fails hostedZoneId names no zone/,
    ],
    [
      'a zone of other names',
      'hosted zone',
      { GetHostedZone: zone('ample.com.', false) },
      NAMES,
      /^fails the zone is ample\.com, which api\.example\.com, ws\.example\.com is not in/,
    ],
    [
      'a private zone',
      'hosted zone',
      { GetHostedZone: zone('example.com.', true) },
      NAMES,
      /^mind example\.com is a private zone/,
    ],
    [
      'a zone at which it may not look',
      'hosted zone',
      { GetHostedZone: denial('route53:GetHostedZone') },
      NAMES,
      /^unknown can't check: needs route53:GetHostedZone$/,
    ],
    [
      'a key of another region',
      'KMS key',
      {},
      { kmsKeyArn: KEY.replace('eu-central-1', 'us-east-1') },
      /^fails .*name a key of eu-central-1/,
    ],
    [
      'a key that is not there',
      'KMS key',
      { DescribeKey: refusal('NotFoundException', 'Key does not exist') },
      { kmsKeyArn: KEY },
      /^fails kmsKeyArn names no key/,
    ],
    [
      'a key that is disabled',
      'KMS key',
      { DescribeKey: key('Disabled', 'SYMMETRIC_DEFAULT') },
      { kmsKeyArn: KEY },
      /^fails the key is Disabled: enable it/,
    ],
    [
      'a key for signatures',
      'KMS key',
      { DescribeKey: key('Enabled', 'ECC_NIST_P256') },
      { kmsKeyArn: KEY },
      /^fails the key is ECC_NIST_P256/,
    ],
    [
      'a key at which it may not look',
      'KMS key',
      { DescribeKey: denial('kms:DescribeKey') },
      { kmsKeyArn: KEY },
      /^unknown can't check: needs kms:DescribeKey$/,
    ],
  ])('knows %s', async (_, name, answers, context, said) => {
    expect((await check(answers, context))[name]).toMatch(said);
  });

  it('names the permission that a check lacks, and says when AWS throttles or does not know the quota', async () => {
    const lines = await check({
      'GetServiceQuota L-9ED1E49A': denial('servicequotas:GetServiceQuota'),
      'GetServiceQuota L-8A5B8E43': refusal('NoSuchResourceException', ''),
      'GetAWSDefaultServiceQuota L-8A5B8E43': quota('L-8A5B8E43', 10_000),
      DescribeLimits: refusal('ThrottlingException', 'Rate exceeded'),
    });
    expect(lines['connections']).toBe("unknown can't check: needs servicequotas:GetServiceQuota");
    expect(lines['requests']).toMatch(/^ok 10000 /);
    expect(lines['tables']).toBe("unknown can't check: AWS throttles; call again in a minute");
  });

  it('ends with 1 only if the deployment would fail', async () => {
    const run = async (answers: Answers) => {
      const env = {
        ...ENVIRONMENT,
        PATH: process.env['PATH'],
        HOME: temporaryFolder(),
        AWS_ENDPOINT_URL: await fakeAccount(answers),
      };
      const child = spawn(process.execPath, ['cli/main.ts', 'preflight'], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [[code], said] = await Promise.all([once(child, 'close'), text(child.stdout)]);
      return { code, said };
    };
    const [denied, fresh] = await Promise.all([
      run({ GetAccountSettings: denial('lambda:GetAccountSettings') }),
      run({ GetParameter: refusal('ParameterNotFound', '') }),
    ]);
    expect(denied.code).toBe(0);
    expect(denied.said).toContain("?     concurrency   can't check: needs lambda:GetAccountSettings\n");
    expect(fresh.code).toBe(1);
    expect(fresh.said).toContain(
      'FAILS bootstrap     the CDK was never used in this account and region: run `npx cdk bootstrap`',
    );
  });
});

function lambda(limit: number, free: number): Answers {
  const AccountLimit = { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: free };
  return { GetAccountSettings: { body: { AccountLimit } } };
}

function platform(region: string): string {
  return `arn:aws:sns:${region}:123456789012:app/GCM/chat`;
}

function certificateIn(region: string): string {
  return `arn:aws:acm:${region}:123456789012:certificate/1`;
}
