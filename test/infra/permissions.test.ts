import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { EXTERNAL_ISSUER, functionNameOf, type Resource, resource, resources, synthesize } from './synth.ts';

const { template } = synthesize();
const { template: withoutDesk } = synthesize({ desk: false });
const { template: withoutFiles } = synthesize({ attachments: false });

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const asList = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** Short names of the resources in this file. */
const NAMES: Readonly<Record<string, string>> = {
  [tableId('Routes')]: 'Routes',
  [tableId('Conversations')]: 'Conversations',
  [tableId('Messages')]: 'Messages',
  [tableId('Inbox')]: 'Inbox',
  [tableId('Desk')]: 'Desk',
  [queueId('OfflineQueue')]: 'OfflineQueue',
  [queueId('ServiceQueue')]: 'ServiceQueue',
  [queueId('FanOutQueue')]: 'FanOutQueue',
  [queueId('TasksQueue')]: 'TasksQueue',
  [queueId('DeskEventsQueue')]: 'DeskQueue',
};

function tableId(name: string): string {
  return resource(template, 'AWS::DynamoDB::Table', `Storage${name}`).logicalId;
}

function queueId(name: string): string {
  return resource(template, 'AWS::SQS::Queue', name).logicalId;
}

/** A role's permissions as `Resource: Action` lines, without its own log group and X-Ray. */
function permissionsOf(functionName: string, from: Template = template): string[] {
  const role = resource(from, 'AWS::IAM::Role', `Functions${functionName}Role`);
  expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
  expect(role.Properties).not.toHaveProperty('Policies');
  const policies = resources(from, 'AWS::IAM::Policy').filter(({ Properties }) =>
    (Properties['Roles'] as { Ref: string }[]).some(({ Ref }) => Ref === role.logicalId),
  );
  return policies
    .flatMap(statementsOf)
    .flatMap(({ Effect, Action, Resource }) => {
      expect(Effect).toBe('Allow');
      return asList(Resource).flatMap((arn) => asList(Action).map((action) => `${nameOf(arn)}: ${action}`));
    })
    .filter((line) => !ownLog(functionName).includes(line))
    .sort();
}

function statementsOf({ Properties }: Resource): readonly Statement[] {
  return (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement;
}

const ownLog = (functionName: string) => [
  `Functions${functionName}Logs: logs:CreateLogStream`,
  `Functions${functionName}Logs: logs:PutLogEvents`,
];

function nameOf(arn: unknown): string {
  if (typeof arn === 'string') return arn;
  const { 'Fn::GetAtt': attribute, 'Fn::Join': join } = arn as Record<string, unknown[]>;
  if (attribute !== undefined) return nameOfId(String(attribute[0]));
  const parts = (join?.[1] ?? []) as (string | Record<string, string | string[]>)[];
  return parts.map(nameOfPart).join('');
}

function nameOfPart(part: string | Record<string, string | string[]>): string {
  if (typeof part === 'string') return part;
  const { Ref, 'Fn::GetAtt': attribute } = part;
  return attribute === undefined ? `<${Ref}>` : nameOfId(String(attribute[0]));
}

function nameOfId(logicalId: string): string {
  return NAMES[logicalId] ?? logicalId.replace(/^Chat/, '').replace(/[0-9A-F]{8}$/, '');
}

const API = resource(template, 'AWS::ApiGatewayV2::Api', 'WebSocket').logicalId;
const connections = (...methods: string[]) =>
  methods.map(
    (method) =>
      `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${API}>/prod/${method}/@connections/*: execute-api:ManageConnections`,
  );
const onTable = (table: string, ...actions: string[]) =>
  actions.map((action) => `${table}: dynamodb:${action}`);

const onExports = (prefix: string, ...actions: string[]) =>
  actions.map((action) => `ExportsBucket/${prefix}/*: s3:${action}`);

const onFiles = (prefix: string, ...actions: string[]) =>
  actions.map((action) => `AttachmentsBucket/${prefix}/*: s3:${action}`);
const SENDS_FILES = [
  ...onFiles('pending', 'GetObject', 'DeleteObject'),
  ...onFiles('sent', 'PutObject', 'DeleteObject'),
];

const send = (...queues: string[]) => queues.map((queue) => `${queue}: sqs:SendMessage`);
const consume = (queue: string) =>
  ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'].map(
    (action) => `${queue}: sqs:${action}`,
  );

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  Authorize: [],
  Socket: [
    ...onTable('Routes', 'GetItem', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Inbox', 'Query', 'BatchWriteItem'),
    ...onTable('Conversations', 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
    ...onTable('Messages', 'BatchGetItem', 'PutItem', 'UpdateItem', 'BatchWriteItem'),
    ...onTable('Messages/index/bySeq', 'Query'),
    ...onTable('Desk', 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
    ...send('OfflineQueue', 'FanOutQueue', 'DeskQueue'),
    ...connections('GET', 'POST', 'DELETE'),
    ...SENDS_FILES,
  ],
  Http: [
    ...onTable('Routes', 'GetItem', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
    ...onTable('Conversations', 'ConditionCheckItem'),
    ...onTable('Messages', 'BatchGetItem', 'PutItem', 'UpdateItem', 'BatchWriteItem'),
    ...onTable('Messages/index/bySeq', 'Query'),
    ...onTable('Messages/index/byChange', 'Query'),
    ...onTable('Desk', 'GetItem', 'BatchGetItem', 'Query'),
    ...send('OfflineQueue', 'FanOutQueue', 'DeskQueue'),
    ...connections('POST', 'DELETE'),
    ...SENDS_FILES,
    // For forms and links.
    ...onFiles('pending', 'PutObject'),
    ...onFiles('sent', 'GetObject'),
  ],
  Poll: [
    ...onTable('Routes', 'GetItem', 'UpdateItem'),
    ...onTable('Inbox', 'Query', 'BatchWriteItem'),
    ...onTable('Messages', 'BatchGetItem'),
    ...connections('GET', 'POST', 'DELETE'),
  ],
  StoreOffline: [
    ...consume('OfflineQueue'),
    ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Inbox', 'Query', 'BatchWriteItem'),
    ...onTable('Messages', 'BatchGetItem'),
    ...send('OfflineQueue'),
    ...connections('POST', 'DELETE'),
  ],
  FanOut: [
    ...consume('FanOutQueue'),
    ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem', 'DeleteItem'),
    ...onTable('Messages', 'BatchGetItem', 'PutItem'),
    ...onTable('Messages/index/bySeq', 'Query'),
    ...send('OfflineQueue', 'FanOutQueue'),
    ...connections('POST', 'DELETE'),
  ],
  ServeEvents: [
    ...consume('ServiceQueue'),
    ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'Query', 'UpdateItem'),
    ...onTable('Messages', 'BatchGetItem', 'PutItem', 'UpdateItem', 'BatchWriteItem'),
    ...onTable('Messages/index/bySeq', 'Query'),
    ...send('OfflineQueue', 'FanOutQueue', 'DeskQueue'),
    ...connections('POST', 'DELETE'),
    ...SENDS_FILES,
    ...onTable('Conversations', 'BatchGetItem'),
  ],
  Admin: [
    ...onTable('Routes', 'GetItem', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem'),
    // To make groups, and to add and remove members.
    ...onTable('Conversations', 'PutItem', 'DeleteItem', 'ConditionCheckItem'),
    ...onTable('Messages', 'BatchGetItem', 'PutItem', 'UpdateItem', 'BatchWriteItem'),
    ...onTable('Messages/index/bySeq', 'Query'),
    ...send('OfflineQueue', 'FanOutQueue', 'TasksQueue', 'DeskQueue'),
    ...connections('POST', 'DELETE'),
    // For links, and the forms of imports.
    ...onExports('exports', 'GetObject'),
    ...onExports('imports', 'PutObject'),
    ...SENDS_FILES,
  ],
  RunTasks: [
    ...consume('TasksQueue'),
    ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem'),
    // To remove what the user keeps.
    ...onTable('Conversations', 'BatchWriteItem'),
    ...onTable('Inbox', 'Query', 'BatchWriteItem'),
    // To remove the user from groups, and to pass on the role of a last admin.
    ...onTable('Conversations', 'DeleteItem', 'ConditionCheckItem'),
    ...onTable('Messages', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'BatchWriteItem'),
    ...onTable('Messages/index/byChange', 'Query'),
    ...onTable('Messages/index/bySeq', 'Query'),
    ...onTable('Desk', 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
    ...send('OfflineQueue', 'FanOutQueue', 'TasksQueue', 'DeskQueue'),
    ...connections('GET', 'POST', 'DELETE'),
    ...onExports('exports', 'PutObject', 'DeleteObject'),
    ...onExports('rest', 'PutObject', 'GetObject', 'DeleteObject'),
    ...onExports('imports', 'GetObject', 'DeleteObject'),
    'ExportsBucket: s3:ListBucket',
    ...onFiles('pending', 'DeleteObject'),
    ...onFiles('sent', 'DeleteObject', 'GetObject'),
    'AttachmentsBucket: s3:ListBucket',
  ],
  LogOut: [...onTable('Routes', 'BatchGetItem', 'UpdateItem'), ...connections('POST', 'DELETE')],
  MatchDesk: [
    ...consume('DeskQueue'),
    ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
    ...onTable('Messages', 'BatchGetItem', 'PutItem'),
    ...onTable('Desk', 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
    ...send('OfflineQueue', 'DeskQueue'),
    ...connections('GET', 'POST', 'DELETE'),
  ],
};

/** The permissions that a function has only with a desk. */
const FOR_DESK: Readonly<Record<string, readonly string[]>> = {
  Socket: [
    ...onTable('Conversations', 'PutItem', 'DeleteItem'),
    ...onTable('Desk', 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
    ...send('DeskQueue'),
  ],
  Http: [...onTable('Desk', 'GetItem', 'BatchGetItem', 'Query'), ...send('DeskQueue')],
  ServeEvents: send('DeskQueue'),
  Admin: send('DeskQueue'),
  RunTasks: [
    ...onTable('Desk', 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
    ...connections('GET'),
    ...send('DeskQueue'),
  ],
};

/** The permissions that a function has only with attachments. */
const isForFiles = (name: string, line: string) =>
  line.startsWith('Attachments') ||
  (name === 'ServeEvents' && line === 'Conversations: dynamodb:BatchGetItem');

const namesIn = (from: Template) =>
  resources(from, 'AWS::Lambda::Function').map(({ logicalId }) => functionNameOf(logicalId));

describe('permissions (IM-REFUSE-12)', () => {
  it.each(Object.entries(EXPECTED))('of %s are exactly what it needs', (name, expected) => {
    expect(permissionsOf(name)).toEqual([...expected].sort());
  });

  it('are listed here for every function', () => {
    expect(namesIn(template).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(namesIn(withoutDesk))('of %s include nothing of the desk where there is none', (name) => {
    const forDesk = FOR_DESK[name] ?? [];
    const expected = (EXPECTED[name] ?? []).filter((line) => !forDesk.includes(line));
    expect(permissionsOf(name, withoutDesk)).toEqual([...expected].sort());
  });

  it.each(namesIn(withoutFiles))('of %s include nothing of files where there are none (IM-FILE)', (name) => {
    const expected = (EXPECTED[name] ?? []).filter((line) => !isForFiles(name, line));
    expect(permissionsOf(name, withoutFiles)).toEqual([...expected].sort());
  });

  it('of the WebSocket API’s function include no deletion and no desk where there is none', () => {
    const permissions = permissionsOf('Socket', withoutDesk);
    expect(permissions).not.toEqual([]);
    expect(permissions.filter((line) => /DeleteItem|Desk/.test(line))).toEqual([]);
  });

  const statements = resources(template, 'AWS::IAM::Policy').flatMap(statementsOf);

  it('include no Scan and no action by wildcard', () => {
    const actions = statements.flatMap(({ Action }) => asList(Action));
    expect(actions.filter((action) => action.includes('*') || /scan/i.test(action))).toEqual([]);
  });

  it('never cover every resource, except for X-Ray where runs are traced (option diagnostics)', () => {
    const everywhere = (from: Template) =>
      resources(from, 'AWS::IAM::Policy')
        .flatMap(statementsOf)
        .filter(({ Resource }) => asList(Resource).includes('*'))
        .flatMap(({ Action }) => asList(Action));
    expect(everywhere(template)).toEqual([]);
    const { template: traced } = synthesize({ ...EXTERNAL_ISSUER, diagnostics: ['traces'] });
    expect(new Set(everywhere(traced))).toEqual(
      new Set(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']),
    );
  });

  it('name POST, GET, and DELETE on @connections separately: no role has all three by one wildcard', () => {
    const arns = statements
      .filter(({ Action }) => asList(Action).includes('execute-api:ManageConnections'))
      .flatMap(({ Resource }) => asList(Resource).map(nameOf));
    expect(arns.length).toBeGreaterThan(0);
    expect(arns.filter((arn) => !/\/prod\/(POST|GET|DELETE)\/@connections\/\*$/.test(arn))).toEqual([]);
  });

  it('let API Gateway call a function only through its own API, and the authorizer only as an authorizer', () => {
    const arnOf = (api: string, path: string) =>
      `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${api}>/${path}`;
    const webSocketApi = resource(template, 'AWS::ApiGatewayV2::Api', 'WebSocket').logicalId;
    const httpApi = resource(template, 'AWS::ApiGatewayV2::Api', 'Http').logicalId;
    const authorizer = resource(template, 'AWS::ApiGatewayV2::Authorizer', 'WebSocket').logicalId;
    const permissions = resources(template, 'AWS::Lambda::Permission').map(({ Properties }) => {
      expect(Properties).toMatchObject({
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
      });
      const [id = ''] = (Properties['FunctionName'] as { 'Fn::GetAtt': string[] })['Fn::GetAtt'];
      return [functionNameOf(id), nameOf(Properties['SourceArn'])];
    });
    expect(permissions.sort()).toEqual([
      ['Admin', arnOf(httpApi, '*/*/*')],
      ['Authorize', arnOf(webSocketApi, `authorizers/<${authorizer}>`)],
      ['Http', arnOf(httpApi, '*/*/*')],
      ['Poll', arnOf(httpApi, '*/*/*')],
      ['Socket', arnOf(webSocketApi, '*')],
    ]);
  });
});
