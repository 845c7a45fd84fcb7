/** @module-tag long */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { openDataDirectory } from '../../../local/data-directory.ts';
import { type RuntimeOptions, startRuntime } from '../../../local/runtime.ts';
import { ISSUER_PLACEHOLDER } from '../../../local/stack/local-urls.ts';
import { DEV_AUDIENCE } from '../../../local/stack/synth.ts';
import { invocationUri, lambda, writeAssembly } from './assembly.ts';
import { temporaryFolder } from './bundle.ts';
import { eventually } from './eventually.ts';

const api = (name: string, properties: Readonly<Record<string, unknown>>, stage: string) => ({
  [name]: { Type: 'AWS::ApiGatewayV2::Api', Properties: properties },
  [`${name}Stage`]: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: { ApiId: { Ref: name }, StageName: stage },
  },
  [`${name}Integration`]: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: { ApiId: { Ref: name }, IntegrationUri: invocationUri('Fn') },
  },
});
const route = (apiName: string, properties: Readonly<Record<string, unknown>>) => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId: { Ref: apiName },
    Target: { 'Fn::Join': ['/', ['integrations', { Ref: `${apiName}Integration` }]] },
    ...properties,
  },
});

/** A stack with one resource of each kind; its function returns its environment and prints queue records. */
function miniAssembly(): string {
  return writeAssembly({
    bundles: {
      abc: `export const handler = async (event) => {
        if (event.Records) { for (const { body } of event.Records) console.log('queue: ' + body); return null; }
        console.log('asked');
        return { statusCode: 200, body: JSON.stringify({ env: process.env, body: event.body, claims: event.requestContext?.authorizer?.jwt?.claims }) };
      };`,
      idle: 'export const handler = () => new Promise(() => setInterval(() => {}, 1_000));',
    },
    resources: {
      Site: { Type: 'AWS::CloudFront::Distribution' },
      Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 60 } },
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
        },
      },
      Fn: lambda('abc', {
        Environment: { Variables: { ISSUER: ISSUER_PLACEHOLDER, QUEUE: { Ref: 'Queue' }, LEASE: '1800' } },
      }),
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, FunctionName: { Ref: 'Fn' } },
      },
      ...api(
        'Socket',
        { ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' },
        'prod',
      ),
      Connect: route('Socket', { RouteKey: '$connect' }),
      Default: route('Socket', { RouteKey: '$default', RouteResponseSelectionExpression: '$default' }),
      DefaultResponse: {
        Type: 'AWS::ApiGatewayV2::RouteResponse',
        Properties: { ApiId: { Ref: 'Socket' }, RouteId: { Ref: 'Default' }, RouteResponseKey: '$default' },
      },
      ...api('Http', { ProtocolType: 'HTTP' }, '$default'),
      Jwt: {
        Type: 'AWS::ApiGatewayV2::Authorizer',
        Properties: {
          ApiId: { Ref: 'Http' },
          AuthorizerType: 'JWT',
          IdentitySource: ['$request.header.Authorization'],
          JwtConfiguration: { Issuer: ISSUER_PLACEHOLDER, Audience: [DEV_AUDIENCE] },
        },
      },
      Get: route('Http', { RouteKey: 'GET /env', AuthorizerId: { Ref: 'Jwt' } }),
      MiniSlow0A1B2C3D: lambda('idle', { Timeout: 1 }),
      SlowIntegration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: { ApiId: { Ref: 'Http' }, IntegrationUri: invocationUri('MiniSlow0A1B2C3D') },
      },
      GetSlow: route('Http', {
        RouteKey: 'GET /slow',
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'SlowIntegration' }]] },
      }),
    },
    outputs: { QueueUrl: { Value: { Ref: 'Queue' } } },
  });
}

async function start(options: RuntimeOptions = {}) {
  const warnings: string[] = [];
  const lines: string[] = [];
  const runtime = await startRuntime({
    cdkOut: miniAssembly(),
    onWarning: (message) => warnings.push(message),
    onLogLine: (_, line) => lines.push(line),
    ...options,
  });
  onTestFinished(() => runtime.stop());
  const environment = async () => {
    const authorization = `Bearer ${await runtime.token('alice')}`;
    const response = await fetch(`${runtime.httpUrl}/env`, { headers: { authorization } });
    expect(response.status).toBe(200);
    return response.json();
  };
  return { runtime, warnings, lines, environment };
}

test('the runtime runs functions, sockets, routes, and queues of an assembly', async () => {
  const { runtime, warnings, lines, environment } = await start({ environment: { LEASE: '60' } });
  expect(warnings).toEqual([
    "Site (AWS::CloudFront::Distribution) can't run on one machine and is left out.",
  ]);
  expect(runtime.outputs).toEqual({ QueueUrl: `${runtime.endpoints.sqs}/000000000000/Mini-Queue` });

  const { env, claims } = await environment();
  expect(claims).toMatchObject({ sub: 'alice', iss: runtime.issuer });
  expect(env).toMatchObject({
    ISSUER: runtime.issuer,
    QUEUE: runtime.outputs['QueueUrl'],
    LEASE: '60',
    AWS_ENDPOINT_URL_DYNAMODB: runtime.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: runtime.endpoints.sqs,
    AWS_ENDPOINT_URL_SNS: runtime.endpoints.sns,
    AWS_ENDPOINT_URL_S3: runtime.endpoints.s3,
  });
  expect((await fetch(`${runtime.httpUrl}/env`)).status).toBe(401);

  const socket = new WebSocket(runtime.wsUrl);
  await once(socket, 'open');
  socket.send('hello');
  const [frame] = await once(socket, 'message');
  expect(JSON.parse(String(frame))).toMatchObject({ body: 'hello' });
  socket.terminate();

  await fetch(`${runtime.endpoints.sqs}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessage' },
    body: JSON.stringify({ QueueUrl: runtime.outputs['QueueUrl'], MessageBody: 'from the queue' }),
  });
  await eventually(() => lines).toContain('queue: from the queue');

  const late = await Promise.all([fetch(`${runtime.httpUrl}/slow`), fetch(`${runtime.httpUrl}/slow`)]);
  expect(late.map(({ status }) => status)).toEqual([500, 500]);
  expect(warnings.slice(1)).toEqual([
    expect.stringMatching(
      /^GET \/slow \(MiniSlow\) failed: .* timed out after 1\.00 seconds \(is this machine busy\?/,
    ),
    expect.stringMatching(/^GET \/slow \(MiniSlow\) failed: .* timed out after 1\.00 seconds$/),
  ]);
});

test('one assembly serves several runtimes at once, with or without an AWS proxy between', async () => {
  const cdkOut = miniAssembly();
  const [plain, proxied] = await Promise.all([
    start({ cdkOut }),
    start({ cdkOut, awsProxy: (direct) => ({ ...direct, dynamodb: 'http://127.0.0.1:9/proxied' }) }),
  ]);
  expect(plain.runtime.port).not.toBe(proxied.runtime.port);
  expect((await plain.environment()).env.ISSUER).toBe(plain.runtime.issuer);
  expect((await proxied.environment()).env.AWS_ENDPOINT_URL_DYNAMODB).toBe('http://127.0.0.1:9/proxied');
});

test('the runtime keeps logs and key in the data folder, and --fresh deletes only its own files there', async () => {
  const dataDirectory = temporaryFolder();
  const file = join(dataDirectory, 'mine.txt');
  writeFileSync(file, 'of the user');
  const first = await start({ dataDirectory });
  await first.environment();
  await first.runtime.stop();
  expect(readFileSync(join(dataDirectory, 'logs', 'Fn.log'), 'utf8')).toBe('asked\n');
  const key = readFileSync(join(dataDirectory, 'issuer-key.pem'), 'utf8');
  const second = await start({ dataDirectory, fresh: true });
  await second.runtime.stop();
  expect(readFileSync(join(dataDirectory, 'issuer-key.pem'), 'utf8')).not.toBe(key);
  expect(existsSync(file)).toBe(true);
});

test('a data folder in use, or one that is not a folder, is refused in one line', () => {
  const directory = temporaryFolder();
  const data = openDataDirectory(directory);
  data.announce(1234);
  expect(() => openDataDirectory(directory)).toThrow(
    `Another runtime (process ${process.pid}, port 1234) uses the data folder ${directory};`,
  );
  data.release();
  openDataDirectory(directory).release();
  expect(() => openDataDirectory('/dev/null/x')).toThrow(
    /^Cannot use the data folder \/dev\/null\/x \(ENOTDIR\)/,
  );
});

test('a data folder of a later release is refused in one line, and may be emptied', async () => {
  const dataDirectory = temporaryFolder();
  const assemblyOf = (version: string) =>
    writeAssembly({ resources: {}, outputs: { DataVersion: { Value: version } } });
  const open = async (version: string, fresh = false) => {
    const runtime = await startRuntime({ dataDirectory, cdkOut: assemblyOf(version), fresh });
    await runtime.stop();
  };
  await open('2');
  await open('3');
  await expect(open('2')).rejects.toThrow(
    /^The data folder \S+ is of a later release: data version 3, and this one knows 2; .*--fresh\.$/,
  );
  await open('2', true);
  expect(readFileSync(join(dataDirectory, 'data-version'), 'utf8')).toBe('2');
});

test('a start that fails leaves nothing running', async () => {
  const dataDirectory = temporaryFolder();
  const broken = temporaryFolder();
  await expect(start({ dataDirectory, cdkOut: broken })).rejects.toThrow('manifest.json (ENOENT)');
  // The lock, the database, and its port are free again.
  await start({ dataDirectory });
});
