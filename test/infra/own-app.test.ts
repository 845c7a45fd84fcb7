import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError, ServerlessIm, ServerlessImStack } from '../../lib/index.ts';
import { EXTERNAL_ISSUER, resource, resources, synthesize } from './synth.ts';

const NO_BUNDLING = { 'aws:cdk:bundling-stacks': [] };

describe("the construct in a user's own app", () => {
  /** Names that must be unique in an account. */
  const namesIn = (template: Template) => ({
    apis: resources(template, 'AWS::ApiGatewayV2::Api').map(({ Properties }) => Properties['Name']),
    metrics: resources(template, 'AWS::Logs::MetricFilter').flatMap(({ Properties }) =>
      (Properties['MetricTransformations'] as { MetricName: string }[]).map(({ MetricName }) => MetricName),
    ),
  });

  it('needs no feature flags, and can be used twice in one stack, each with its own names', () => {
    const stack = new Stack(new App({ context: NO_BUNDLING }), 'Own');
    for (const name of ['Sales', 'Support'])
      new ServerlessIm(stack, name, { ...EXTERNAL_ISSUER, accessLogRole: name === 'Sales' });
    const template = Template.fromStack(stack);
    const { apis, metrics } = namesIn(template);
    expect(apis).toEqual([
      'Own-Sales-WebSocket',
      'Own-Sales-Http',
      'Own-Support-WebSocket',
      'Own-Support-Http',
    ]);
    expect([...new Set(metrics)].sort()).toEqual(
      ['Sales', 'Support'].flatMap((name) =>
        ['DeskWaitSeconds', 'LoggedFaults', 'TableThrottles'].map(
          (metric) => `Own-${name}-Observability-${metric}`,
        ),
      ),
    );
    // CloudFormation allows 500 resources per stack. Each route is two of them.
    expect(Object.keys(template.toJSON()['Resources']).length).toBeLessThan(480);
  });

  it('can be used in two stacks of one app', () => {
    const app = new App({ context: NO_BUNDLING });
    const stacks = ['Sales', 'Support'].map((name) => {
      const stack = new Stack(app, `Own${name}`);
      new ServerlessIm(stack, name, { ...EXTERNAL_ISSUER, accessLogRole: name === 'Sales' });
      return stack;
    });
    expect(stacks.flatMap((stack) => namesIn(Template.fromStack(stack)).apis)).toEqual([
      'OwnSales-Sales-WebSocket',
      'OwnSales-Sales-Http',
      'OwnSupport-Support-WebSocket',
      'OwnSupport-Support-Http',
    ]);
  });

  it("grants the app's functions what its own have: permission and variable together", () => {
    const stack = new Stack(new App({ context: NO_BUNDLING }), 'Own');
    const chat = new ServerlessIm(stack, 'Chat', EXTERNAL_ISSUER);
    const bot = new LambdaFunction(stack, 'Bot', {
      code: Code.fromInline('exports.handler = async () => {}'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
    });
    chat.storage.messages.grantQueryBySeq(bot);
    chat.webSocket.grantConnections(bot, 'GET');
    chat.offlineQueue.grantSend(bot);

    const template = Template.fromStack(stack);
    const variables = resource(template, 'AWS::Lambda::Function', 'Bot').Properties['Environment'];
    expect(Object.keys((variables as { Variables: object }).Variables).sort()).toEqual([
      'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI',
      'MESSAGES_TABLE',
      'OFFLINE_QUEUE_URL',
    ]);
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^Bot'),
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: 'dynamodb:Query' }),
          Match.objectLike({ Action: 'execute-api:ManageConnections' }),
          Match.objectLike({ Action: 'sqs:SendMessage' }),
        ],
      },
    });
  });

  it('lets those call the admin API to whom it is granted, and opens nothing else (IM-ADMIN-1)', () => {
    const stack = new Stack(new App({ context: NO_BUNDLING }), 'Own');
    const chat = new ServerlessIm(stack, 'Chat', EXTERNAL_ISSUER);
    const tool = new Role(stack, 'Tool', { assumedBy: new AccountRootPrincipal() });
    chat.grantAdmin(tool);
    const template = Template.fromStack(stack);
    const api = resource(template, 'AWS::ApiGatewayV2::Api', 'Http').logicalId;
    const arn = ['arn:', { Ref: 'AWS::Partition' }, ':execute-api:', { Ref: 'AWS::Region' }, ':'];
    const path = [{ Ref: 'AWS::AccountId' }, ':', { Ref: api }, '/$default/*/admin/*'];
    const { Properties } = resource(template, 'AWS::IAM::Policy', 'ToolDefaultPolicy');
    expect((Properties['PolicyDocument'] as { Statement: object[] }).Statement).toEqual([
      { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: { 'Fn::Join': ['', [...arn, ...path]] } },
    ]);
  });

  it('refuses contradicting props in one line', () => {
    expect(() => synthesize({ issuer: EXTERNAL_ISSUER.issuer })).toThrow(
      new InvalidOptionsError(['issuer needs an audience']),
    );
    expect(() => synthesize({ lease: Duration.seconds(5) })).toThrow(/^serverless-im: lease must be .*$/);
  });
});

describe("a route of the app's own", () => {
  it('has its tokens checked by the gateway, with the issuer and the audience of the chat (IM-CONN-1)', () => {
    const stack = new Stack(new App({ context: NO_BUNDLING }), 'Own');
    const chat = new ServerlessIm(stack, 'Chat', EXTERNAL_ISSUER);
    const code = Code.fromInline('exports.handler = async () => {}');
    const fn = new LambdaFunction(stack, 'Stickers', {
      code,
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
    });
    chat.http.addRoutes('Stickers', fn, ['GET /stickers']);
    const template = Template.fromStack(stack);
    const [authorizer] = resources(template, 'AWS::ApiGatewayV2::Authorizer').filter(
      ({ Properties }) => Properties['AuthorizerType'] === 'JWT',
    );
    expect(authorizer?.Properties['JwtConfiguration']).toEqual({
      Issuer: EXTERNAL_ISSUER.issuer,
      Audience: [...EXTERNAL_ISSUER.audience],
    });
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: 'GET /stickers',
      AuthorizationType: 'JWT',
      AuthorizerId: { Ref: authorizer?.logicalId },
    });
  });
});

describe("an action of the app's own", () => {
  it('is a route of the same WebSocket API, with a reply, created after the others', () => {
    const stack = new Stack(new App({ context: NO_BUNDLING }), 'Own');
    const chat = new ServerlessIm(stack, 'Chat', EXTERNAL_ISSUER);
    const fn = new LambdaFunction(stack, 'Translate', {
      code: Code.fromInline('exports.handler = async () => {}'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
    });
    chat.webSocket.addRoutes('Translate', fn, ['shop.translate', 'shop.languages']);
    const template = Template.fromStack(stack);
    const route = (key: string) => {
      const all = resources(template, 'AWS::ApiGatewayV2::Route');
      const [found] = all.filter(({ Properties }) => Properties['RouteKey'] === key);
      return found;
    };
    const own = route('shop.translate');
    expect(own?.Properties).toMatchObject({
      ApiId: route('sendMessage')?.Properties['ApiId'],
      AuthorizationType: 'NONE',
      RouteResponseSelectionExpression: '$default',
    });
    template.hasResourceProperties('AWS::ApiGatewayV2::RouteResponse', { RouteId: { Ref: own?.logicalId } });
    template.hasResource('AWS::ApiGatewayV2::Route', {
      Properties: { RouteKey: 'shop.translate' },
      DependsOn: Match.arrayWith([route('$default')?.logicalId]),
    });
    const { logicalId } = resource(template, 'AWS::Lambda::Function', 'Translate');
    const permissions = resources(template, 'AWS::Lambda::Permission').filter(({ Properties }) =>
      JSON.stringify(Properties['FunctionName']).includes(logicalId),
    );
    expect(permissions).toHaveLength(1);
    const stage = resource(template, 'AWS::ApiGatewayV2::Stage', 'ChatWebSocket');
    const { DependsOn } = template.toJSON()['Resources'][stage.logicalId];
    expect(DependsOn).toEqual(expect.arrayContaining([own?.logicalId, route('shop.languages')?.logicalId]));
  });
});

describe('another service of the account', () => {
  const service = (grant: (chat: ServerlessIm, fn: LambdaFunction) => void) => {
    const stack = new Stack(new App({ context: NO_BUNDLING }), 'Own');
    const chat = new ServerlessIm(stack, 'Chat', EXTERNAL_ISSUER);
    const code = Code.fromInline('exports.handler = async () => {}');
    grant(
      chat,
      new LambdaFunction(stack, 'Bot', { code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X }),
    );
    const policy = resource(Template.fromStack(stack), 'AWS::IAM::Policy', 'BotServiceRole');
    const { Statement } = policy.Properties['PolicyDocument'] as {
      Statement: readonly { Action: string; Resource: unknown }[];
    };
    return Statement.map(({ Action, Resource }) => {
      const [, name] = /"(Chat\w+?)[0-9A-F]{8}"/.exec(JSON.stringify(Resource)) ?? [];
      return `${Action} ${name}`;
    });
  };

  it('that may log users out may not send messages, nor the other way round (IM-REFUSE-12)', () => {
    expect(service((chat, fn) => chat.grantLogOut(fn))).toEqual([
      'lambda:InvokeFunction ChatFunctionsLogOut',
    ]);
    expect(service((chat, fn) => chat.grantSendMessages(fn))).toEqual(['sqs:SendMessage ChatServiceQueue']);
  });
});

describe('the stack', () => {
  const outputsWith = (context: Record<string, unknown>) => {
    const stack = new ServerlessImStack(new App({ context: { ...NO_BUNDLING, ...context } }), 'ServerlessIm');
    return Object.keys(Template.fromStack(stack).toJSON()['Outputs']).sort();
  };
  const ALWAYS = [
    'AttachmentsBucketName',
    'DataVersion',
    'DeskDeadLetterQueueUrl',
    'DeskQueueUrl',
    'ExportBucketName',
    'FanOutDeadLetterQueueUrl',
    'FanOutQueueUrl',
    'HttpUrl',
    'OfflineDeadLetterQueueUrl',
    'OfflineQueueUrl',
    'ServiceDeadLetterQueueUrl',
    'ServiceQueueUrl',
    'TaskDeadLetterQueueUrl',
    'TaskQueueUrl',
    'WebSocketUrl',
  ];

  it('outputs the URLs, and the ids of the user pool that it made', () => {
    expect(outputsWith({ userPool: true })).toEqual([...ALWAYS, 'UserPoolClientId', 'UserPoolId'].sort());
  });

  it('maps context to props', () => {
    expect(outputsWith({ issuer: 'https://issuer.example.com', audience: 'im' })).toEqual(ALWAYS);
    expect(() => outputsWith({ userPool: true, audience: 'im' })).toThrow(
      'serverless-im: audience needs an issuer',
    );
  });
});
