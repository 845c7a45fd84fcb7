import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadStack } from '../../../local/stack/loader.ts';
import { ISSUER_PLACEHOLDER } from '../../../local/stack/local-urls.ts';
import { type AssemblyParts, invocationUri, lambda, writeAssembly } from './assembly.ts';

const ORIGINS = {
  gateway: 'http://127.0.0.1:8787',
  connections: 'http://127.0.0.1:1111',
  issuer: 'http://127.0.0.1:8787',
  sqs: 'http://127.0.0.1:2222',
};

function load(parts: AssemblyParts) {
  const directory = writeAssembly(parts);
  return { directory, stack: loadStack(directory, ORIGINS) };
}

const url = (scheme: string, api: string, path = '') => ({
  'Fn::Join': [
    '',
    [`${scheme}://`, { Ref: api }, '.execute-api.us-east-1.', { Ref: 'AWS::URLSuffix' }, path],
  ],
});

describe('a function', () => {
  test('has its asset, its settings, and an environment with local URLs', () => {
    const { directory, stack } = load({
      bundles: { abc: '' },
      resources: {
        Socket: {
          Type: 'AWS::ApiGatewayV2::Api',
          Properties: { ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' },
        },
        SocketStage: {
          Type: 'AWS::ApiGatewayV2::Stage',
          Properties: { ApiId: { Ref: 'Socket' }, StageName: 'prod' },
        },
        Queue: { Type: 'AWS::SQS::Queue' },
        Table: { Type: 'AWS::DynamoDB::Table', Properties: { KeySchema: [], AttributeDefinitions: [] } },
        Fn: lambda('abc', {
          Timeout: 10,
          MemorySize: '256',
          ReservedConcurrentExecutions: 2,
          Environment: {
            Variables: {
              ISSUER: ISSUER_PLACEHOLDER,
              JWKS_URI: `${ISSUER_PLACEHOLDER}/.well-known/jwks.json`,
              CALLBACK: url('https', 'Socket', '/prod'),
              SOCKET: url('wss', 'Socket', '/prod'),
              QUEUE: { Ref: 'Queue' },
              TABLE: { Ref: 'Table' },
              OTHER: 'https://example.com',
              NUMBER: 5,
            },
          },
        }),
      },
    });
    expect(stack.functions).toEqual([
      {
        logicalId: 'Fn',
        name: 'Mini-Fn',
        codeDirectory: join(directory, 'asset.abc'),
        handler: 'index.handler',
        timeoutSeconds: 10,
        memoryMegabytes: 256,
        reservedConcurrency: 2,
        environment: {
          ISSUER: 'http://127.0.0.1:8787',
          JWKS_URI: 'http://127.0.0.1:8787/.well-known/jwks.json',
          CALLBACK: 'http://127.0.0.1:1111/prod',
          SOCKET: 'ws://127.0.0.1:8787/prod',
          QUEUE: 'http://127.0.0.1:2222/000000000000/Mini-Queue',
          TABLE: 'Mini-Table',
          OTHER: 'https://example.com',
          NUMBER: '5',
        },
      },
    ]);
  });

  test('has the permissions of its role’s policies', () => {
    const policy = (Roles: unknown, Statement: unknown) => ({
      Type: 'AWS::IAM::Policy',
      Properties: { PolicyDocument: { Statement }, Roles },
    });
    const arn = { 'Fn::GetAtt': ['Table', 'Arn'] };
    const parts = (statement: object) => ({
      bundles: { abc: '' },
      resources: {
        Table: { Type: 'AWS::DynamoDB::Table', Properties: { KeySchema: [], AttributeDefinitions: [] } },
        Role: { Type: 'AWS::IAM::Role' },
        OtherRole: { Type: 'AWS::IAM::Role' },
        Policy: policy([{ Ref: 'Role' }], [{ Effect: 'Allow', Action: 'dynamodb:GetItem', ...statement }]),
        // Its content does not matter: no function has this role.
        OtherPolicy: policy([{ Ref: 'OtherRole' }], [{ Effect: 'Deny', Action: '*', Resource: '*' }]),
        Fn: lambda('abc', { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } }),
      },
    });
    const { stack } = load(parts({ Resource: [arn, { 'Fn::Join': ['/', [arn, 'index/*']] }] }));
    const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/Mini-Table';
    expect(stack.functions[0]?.permissions).toEqual([
      { actions: ['dynamodb:GetItem'], resources: [table, `${table}/index/*`] },
    ]);
    const conditional = { Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'true' } } };
    const loose = load(parts(conditional)).stack;
    expect(loose.functions[0]?.permissions).toBeUndefined();
    expect(loose.warnings).toEqual([
      'Fn (AWS::Lambda::Function) may do anything on one machine: its role has more than plain Allow statements.',
    ]);
  });

  test('has Lambda’s defaults', () => {
    const { stack } = load({ bundles: { abc: '' }, resources: { Fn: lambda('abc') } });
    expect(stack.functions[0]).toMatchObject({ timeoutSeconds: 3, memoryMegabytes: 128, environment: {} });
  });

  test('is named in a warning if it uses another runtime', () => {
    const { stack } = load({
      bundles: { abc: '' },
      resources: { Py: lambda('abc', { Runtime: 'python3.13' }) },
    });
    expect(stack.functions).toEqual([]);
    expect(stack.warnings).toEqual([
      "Py (AWS::Lambda::Function) can't run on one machine: its runtime is python3.13.",
    ]);
  });
});

describe("the stack's storage", () => {
  test('includes tables in the shape of CreateTable', () => {
    const keys = {
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'seq', AttributeType: 'N' },
      ],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    };
    const index = { IndexName: 'bySeq', KeySchema: keys.KeySchema, Projection: { ProjectionType: 'ALL' } };
    const { stack } = load({
      resources: {
        Plain: {
          Type: 'AWS::DynamoDB::Table',
          Properties: {
            ...keys,
            BillingMode: 'PAY_PER_REQUEST',
            LocalSecondaryIndexes: [index],
            TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            SSESpecification: { SSEEnabled: false },
          },
        },
        Named: {
          Type: 'AWS::DynamoDB::Table',
          Properties: { ...keys, TableName: 'named', GlobalSecondaryIndexes: [index] },
        },
      },
    });
    expect(stack.tables).toEqual([
      {
        logicalId: 'Plain',
        tableName: 'Mini-Plain',
        ttlAttribute: 'ttl',
        definition: { ...keys, BillingMode: 'PAY_PER_REQUEST', LocalSecondaryIndexes: [index] },
      },
      {
        logicalId: 'Named',
        tableName: 'named',
        definition: { ...keys, BillingMode: 'PAY_PER_REQUEST', GlobalSecondaryIndexes: [index] },
      },
    ]);
  });

  test('includes queues and their mapping to a function', () => {
    const { stack } = load({
      bundles: { abc: '' },
      resources: {
        Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
        Queue: {
          Type: 'AWS::SQS::Queue',
          Properties: {
            VisibilityTimeout: 180,
            SqsManagedSseEnabled: true,
            RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 5 },
          },
        },
        Fn: lambda('abc'),
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
            FunctionName: { Ref: 'Fn' },
            BatchSize: 10,
            FunctionResponseTypes: ['ReportBatchItemFailures'],
            ScalingConfig: { MaximumConcurrency: 7 },
          },
        },
        Permission: { Type: 'AWS::Lambda::Permission', Properties: { X: { 'Fn::ImportValue': 'unknown' } } },
      },
    });
    expect(stack.queues).toEqual([
      { logicalId: 'Dead', queueName: 'dead', attributes: {} },
      {
        logicalId: 'Queue',
        queueName: 'Mini-Queue',
        attributes: {
          VisibilityTimeout: '180',
          RedrivePolicy:
            '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":5}',
        },
      },
    ]);
    expect(stack.eventSources).toEqual([
      {
        logicalId: 'Mapping',
        functionId: 'Fn',
        queueName: 'Mini-Queue',
        batchSize: 10,
        maximumConcurrency: 7,
        visibilitySeconds: 180,
        reportBatchItemFailures: true,
      },
    ]);
    expect(stack.warnings).toEqual([]);
  });
});

describe('the mapping of a stream', () => {
  const resources = (mapping: object) => ({
    Failures: { Type: 'AWS::SQS::Queue' },
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [],
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      },
    },
    Fn: lambda('abc'),
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
        FunctionName: { Ref: 'Fn' },
        StartingPosition: 'TRIM_HORIZON',
        ...mapping,
      },
    },
  });
  const loadMapping = (mapping: object) =>
    load({ bundles: { abc: '' }, resources: resources(mapping) }).stack;

  test('has its options', () => {
    const [source] = loadMapping({
      BatchSize: 500,
      MaximumBatchingWindowInSeconds: 30,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 7,
      MaximumRecordAgeInSeconds: 3_600,
      ParallelizationFactor: 2,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Failures', 'Arn'] } } },
    }).streamSources;
    expect(source).toMatchObject({
      logicalId: 'Mapping',
      functionId: 'Fn',
      table: { tableName: 'Mini-Table', streamViewType: 'NEW_AND_OLD_IMAGES' },
      batchSize: 500,
      windowSeconds: 30,
      startingPosition: 'TRIM_HORIZON',
      parallelizationFactor: 2,
      filters: [{ eventName: ['INSERT'] }],
      reportBatchItemFailures: true,
      bisects: true,
      maximumRetryAttempts: 7,
      maximumRecordAgeSeconds: 3_600,
      failureQueueName: 'Mini-Failures',
    });
  });

  test('has Lambda’s defaults: 100 records, no window, retries for as long as the stream keeps a record', () => {
    expect(loadMapping({}).streamSources[0]).toMatchObject({
      batchSize: 100,
      windowSeconds: 0,
      filters: [],
      bisects: false,
      maximumRetryAttempts: Number.POSITIVE_INFINITY,
      maximumRecordAgeSeconds: 86_400,
    });
  });

  test.each([
    ['a tumbling window', { TumblingWindowInSeconds: 5 }, 'does not support tumbling windows'],
    ['a position in time', { StartingPosition: 'AT_TIMESTAMP' }, 'has no position AT_TIMESTAMP'],
    [
      'a failure topic',
      { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sns:us-east-1:000000000000:x' } } },
      "its failure destination isn't a queue of this stack",
    ],
    ['a foreign source', { EventSourceArn: 'arn:aws:kinesis:x' }, "arn:aws:kinesis:x isn't a queue"],
  ])('is left out with %s', (_, mapping, message) => {
    const { streamSources, warnings } = loadMapping(mapping);
    expect(streamSources).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(message)]);
  });
});

test('topics have their queues, and buckets the names that policies and functions know', () => {
  const { stack } = load({
    resources: {
      Queue: { Type: 'AWS::SQS::Queue' },
      Topic: { Type: 'AWS::SNS::Topic' },
      TopicPolicy: { Type: 'AWS::SNS::TopicPolicy' },
      ByQueue: {
        Type: 'AWS::SNS::Subscription',
        Properties: {
          TopicArn: { Ref: 'Topic' },
          Protocol: 'sqs',
          Endpoint: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          RawMessageDelivery: true,
          FilterPolicy: { type: ['message.created'] },
        },
      },
      ByMail: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: 'ops@example.com' },
      },
      Archive: { Type: 'AWS::S3::Bucket' },
      ArchivePolicy: { Type: 'AWS::S3::BucketPolicy' },
    },
    outputs: {
      Topic: { Value: { Ref: 'Topic' } },
      Bucket: { Value: { Ref: 'Archive' } },
      BucketArn: { Value: { 'Fn::GetAtt': ['Archive', 'Arn'] } },
    },
  });
  expect(stack.topics).toEqual([
    {
      logicalId: 'Topic',
      topicName: 'Mini-Topic',
      subscriptions: [
        {
          queueArn: 'arn:aws:sqs:us-east-1:000000000000:Mini-Queue',
          attributes: { RawMessageDelivery: 'true', FilterPolicy: '{"type":["message.created"]}' },
        },
      ],
    },
  ]);
  const bucketName = stack.buckets[0]?.bucketName ?? '';
  expect(bucketName).toMatch(/^mini-archive-[0-9a-f]{12}$/);
  expect(stack.outputs).toEqual({
    Topic: 'arn:aws:sns:us-east-1:000000000000:Mini-Topic',
    Bucket: bucketName,
    BucketArn: `arn:aws:s3:::${bucketName}`,
  });
  expect(stack.warnings).toEqual([
    'ByMail (AWS::SNS::Subscription) gets nothing on one machine: only queues and functions of the app can subscribe.',
  ]);
});

test('a queue’s mapping with a filter is left out, and its batching window ignored', () => {
  const mapping = (options: object) => ({
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
      FunctionName: { Ref: 'Fn' },
      ...options,
    },
  });
  const loaded = (options: object) => {
    const resources = {
      Queue: { Type: 'AWS::SQS::Queue' },
      Fn: lambda('abc'),
      Mapping: mapping(options),
    };
    return load({ bundles: { abc: '' }, resources }).stack;
  };
  expect(loaded({ MaximumBatchingWindowInSeconds: 5, BatchSize: 100 }).eventSources).toHaveLength(1);
  const filtered = loaded({ FilterCriteria: { Filters: [{ Pattern: '{}' }] } });
  expect(filtered.eventSources).toEqual([]);
  expect(filtered.warnings).toEqual([
    'Mapping: the local runtime does not filter what a queue has. It is left out.',
  ]);
});

describe("the stack's APIs", () => {
  test('have the throttles of their stages and routes', () => {
    const { stack } = load({
      resources: {
        Http: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
        HttpStage: {
          Type: 'AWS::ApiGatewayV2::Stage',
          Properties: {
            ApiId: { Ref: 'Http' },
            StageName: '$default',
            DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 250 },
            RouteSettings: {
              'POST /groups': { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
              'GET /groups': { DetailedMetricsEnabled: true },
            },
          },
        },
      },
    });
    expect(stack.httpApis[0]).toMatchObject({
      throttle: { rateLimit: 500, burstLimit: 250 },
      routeThrottles: { 'POST /groups': { rateLimit: 5, burstLimit: 10 } },
    });
  });

  const api = (name: string, protocol: string) => ({
    [name]: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: {
        ProtocolType: protocol,
        ...(protocol === 'WEBSOCKET'
          ? { RouteSelectionExpression: '$request.body.action' }
          : { CorsConfiguration: { AllowOrigins: ['*'], AllowMethods: ['GET'], MaxAge: 60 } }),
      },
    },
    [`${name}Stage`]: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: name }, StageName: protocol === 'WEBSOCKET' ? 'prod' : '$default' },
    },
    [`${name}Integration`]: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: name },
        IntegrationUri: protocol === 'WEBSOCKET' ? invocationUri('Fn') : { 'Fn::GetAtt': ['Fn', 'Arn'] },
      },
    },
  });
  const target = (name: string) => ({ 'Fn::Join': ['', ['integrations/', { Ref: `${name}Integration` }]] });

  test('include a WebSocket API with its authorizer and its two kinds of routes', () => {
    const { stack } = load({
      bundles: { abc: '' },
      resources: {
        Fn: lambda('abc'),
        ...api('Socket', 'WEBSOCKET'),
        Authorizer: {
          Type: 'AWS::ApiGatewayV2::Authorizer',
          Properties: {
            ApiId: { Ref: 'Socket' },
            AuthorizerType: 'REQUEST',
            AuthorizerUri: invocationUri('Fn'),
            IdentitySource: [],
          },
        },
        Connect: {
          Type: 'AWS::ApiGatewayV2::Route',
          Properties: {
            ApiId: { Ref: 'Socket' },
            RouteKey: '$connect',
            Target: target('Socket'),
            AuthorizationType: 'CUSTOM',
            AuthorizerId: { Ref: 'Authorizer' },
          },
        },
        Send: {
          Type: 'AWS::ApiGatewayV2::Route',
          Properties: {
            ApiId: { Ref: 'Socket' },
            RouteKey: 'send',
            Target: target('Socket'),
            RouteResponseSelectionExpression: '$default',
          },
        },
        SendResponse: {
          Type: 'AWS::ApiGatewayV2::RouteResponse',
          Properties: { ApiId: { Ref: 'Socket' }, RouteId: { Ref: 'Send' }, RouteResponseKey: '$default' },
        },
        // Without a route response, the expression alone returns nothing.
        Half: {
          Type: 'AWS::ApiGatewayV2::Route',
          Properties: {
            ApiId: { Ref: 'Socket' },
            RouteKey: 'half',
            Target: target('Socket'),
            RouteResponseSelectionExpression: '$default',
          },
        },
      },
      outputs: { Url: { Value: url('wss', 'Socket', '/prod') } },
    });
    expect(stack.webSocketApis).toEqual([
      {
        name: 'Socket',
        apiId: expect.stringMatching(/^[a-z0-9]{10}$/),
        stage: 'prod',
        routeThrottles: {},
        routeSelectionExpression: '$request.body.action',
        routes: [
          {
            routeKey: '$connect',
            functionId: 'Fn',
            hasResponse: false,
            authorizerId: 'Fn',
          },
          { routeKey: 'send', functionId: 'Fn', hasResponse: true },
          { routeKey: 'half', functionId: 'Fn', hasResponse: false },
        ],
      },
    ]);
    expect(stack.outputs).toEqual({ Url: 'ws://127.0.0.1:8787/prod' });
  });

  test('leave out a route whose authorizer does not run here, and keep the others', () => {
    const route = (RouteKey: string, properties: object = {}) => ({
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: { ApiId: { Ref: 'Http' }, RouteKey, Target: target('Http'), ...properties },
    });
    const { stack } = load({
      bundles: { abc: '' },
      resources: {
        Fn: lambda('abc'),
        ...api('Http', 'HTTP'),
        Own: { Type: 'AWS::ApiGatewayV2::Authorizer', Properties: { AuthorizerType: 'REQUEST' } },
        Any: route('ANY /groups'),
        Rest: route('$default'),
        Closed: route('GET /closed', { AuthorizerId: { Ref: 'Own' } }),
      },
    });
    expect(stack.httpApis[0]?.routes).toEqual([
      { method: 'ANY', path: '/groups', functionId: 'Fn' },
      { method: '$default', functionId: 'Fn' },
    ]);
    expect(stack.warnings).toEqual([
      `The route "GET /closed" is left out: Closed needs an authorizer that isn't run here: only JWT is.`,
    ]);
  });

  test('include an HTTP API with its JWT authorizer and CORS', () => {
    const { stack } = load({
      bundles: { abc: '' },
      resources: {
        Fn: lambda('abc'),
        ...api('Http', 'HTTP'),
        Jwt: {
          Type: 'AWS::ApiGatewayV2::Authorizer',
          Properties: {
            ApiId: { Ref: 'Http' },
            AuthorizerType: 'JWT',
            IdentitySource: ['$request.header.Authorization'],
            JwtConfiguration: { Issuer: ISSUER_PLACEHOLDER, Audience: ['im'] },
          },
        },
        List: {
          Type: 'AWS::ApiGatewayV2::Route',
          Properties: {
            ApiId: { Ref: 'Http' },
            RouteKey: 'GET /conversations/{conversationId}/messages',
            Target: target('Http'),
            AuthorizerId: { Ref: 'Jwt' },
          },
        },
      },
      outputs: { Url: { Value: { 'Fn::GetAtt': ['Http', 'ApiEndpoint'] } } },
    });
    expect(stack.httpApis).toEqual([
      {
        name: 'Http',
        apiId: expect.any(String),
        stage: '$default',
        routeThrottles: {},
        cors: {
          allowOrigins: ['*'],
          allowMethods: ['GET'],
          allowHeaders: [],
          maxAgeSeconds: 60,
        },
        routes: [
          {
            method: 'GET',
            path: '/conversations/{conversationId}/messages',
            functionId: 'Fn',
            authorizer: {
              issuer: 'http://127.0.0.1:8787',
              audience: ['im'],
              identitySource: ['$request.header.Authorization'],
            },
          },
        ],
      },
    ]);
    expect(stack.outputs).toEqual({ Url: 'http://127.0.0.1:8787' });
  });
});

describe('the stack loader', () => {
  test('warns in one line of a resource that it does not run, unless that changes nothing on one machine', () => {
    const { stack } = load({
      resources: {
        Site: { Type: 'AWS::CloudFront::Distribution' },
        Role: { Type: 'AWS::IAM::Role' },
        Alarm: { Type: 'AWS::CloudWatch::Alarm' },
        Metadata: { Type: 'AWS::CDK::Metadata' },
      },
    });
    expect(stack.warnings).toEqual([
      "Site (AWS::CloudFront::Distribution) can't run on one machine and is left out.",
    ]);
  });

  test.each([
    [
      'an unknown intrinsic',
      { Q: { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: { 'Fn::Transform': {} } } } },
      'Q (AWS::SQS::Queue): The local runtime does not support the intrinsic Fn::Transform.',
    ],
    [
      'a reference to nothing',
      { Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Gone' } } } },
      'Q (AWS::SQS::Queue): The template refers to Gone, which it does not contain.',
    ],
  ])('leaves out a resource with %s and names the place', (_, resources, message) => {
    const { stack } = load({ resources: { ...resources, Other: { Type: 'AWS::SQS::Queue' } } });
    expect(stack.queues.map(({ logicalId }) => logicalId)).toEqual(['Other']);
    expect(stack.warnings).toEqual([`${message} It is left out.`]);
  });

  test('reports a folder without an assembly', () => {
    expect(() => loadStack('/nowhere', ORIGINS)).toThrow('Cannot read /nowhere/manifest.json (ENOENT).');
  });
});

describe('names of the operator for the APIs', () => {
  test('are replaced by the local ones, with the stage that they lead to, and longer names are not', () => {
    const api = (protocol: string) => ({
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: { ProtocolType: protocol, RouteSelectionExpression: '$request.body.action' },
    });
    const stage = (ApiId: string, StageName: string) => ({
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: ApiId }, StageName },
    });
    const name = (DomainName: string) => ({
      Type: 'AWS::ApiGatewayV2::DomainName',
      Properties: { DomainName },
    });
    const mapping = (ApiId: string, domain: string, Stage: string) => ({
      Type: 'AWS::ApiGatewayV2::ApiMapping',
      Properties: { ApiId: { Ref: ApiId }, DomainName: { Ref: domain }, Stage },
    });
    const { stack } = load({
      resources: {
        Socket: api('WEBSOCKET'),
        SocketStage: stage('Socket', 'prod'),
        SocketName: name('ws.example.com'),
        SocketMapping: mapping('Socket', 'SocketName', 'prod'),
        Http: api('HTTP'),
        HttpStage: stage('Http', '$default'),
        HttpName: name('api.example.com'),
        HttpMapping: mapping('Http', 'HttpName', '$default'),
        Record: { Type: 'AWS::Route53::RecordSet', Properties: {} },
      },
      outputs: {
        Ws: { Value: 'wss://ws.example.com' },
        Both: { Value: 'https://api.example.com wss://ws.example.com/' },
        Path: { Value: 'https://api.example.com/session' },
        Longer: { Value: 'https://api.example.com.evil.example wss://ws.example.com-2' },
        Target: { Value: { 'Fn::GetAtt': ['HttpName', 'RegionalDomainName'] } },
      },
    });
    expect(stack.outputs).toEqual({
      Ws: 'ws://127.0.0.1:8787/prod',
      Both: 'http://127.0.0.1:8787 ws://127.0.0.1:8787/prod/',
      Path: 'http://127.0.0.1:8787/session',
      Longer: 'https://api.example.com.evil.example wss://ws.example.com-2',
      Target: 'd-Mini-HttpName.execute-api.us-east-1.amazonaws.com',
    });
    expect(stack.warnings).toEqual([]);
  });
});
