import { describe, expect, it } from 'vitest';
import { HANDLERS } from '../../lib/handlers.ts';
import { resource, resources, synthesize } from './synth.ts';

const { template } = synthesize();

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const asList = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** Names of the resources as this page calls them. */
const NAMES: Readonly<Record<string, string>> = {
  [tableId('Routes')]: 'Routes',
  [tableId('Conversations')]: 'Conversations',
  [tableId('Messages')]: 'Messages',
  [tableId('Inbox')]: 'Inbox',
  [resource(template, 'AWS::SQS::Queue', 'OfflineQueue').logicalId]: 'Queue',
  [resource(template, 'AWS::SQS::Queue', 'ServiceQueue').logicalId]: 'ServiceQueue',
  [resource(template, 'AWS::SQS::Queue', 'FanOutQueue').logicalId]: 'FanOutQueue',
  [resource(template, 'AWS::SQS::Queue', 'DeskEventsQueue').logicalId]: 'DeskQueue',
  [resource(template, 'AWS::DynamoDB::Table', 'StorageDesk').logicalId]: 'Desk',
};

function tableId(name: string): string {
  return resource(template, 'AWS::DynamoDB::Table', `Storage${name}`).logicalId;
}

/** What a role may do, as `Resource: Action` lines; its own log group and X-Ray aside. */
function permissionsOf(functionName: string): string[] {
  const role = resource(template, 'AWS::IAM::Role', `Functions${functionName}Role`);
  expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
  expect(role.Properties).not.toHaveProperty('Policies');
  const policies = resources(template, 'AWS::IAM::Policy').filter(({ Properties }) =>
    (Properties['Roles'] as { Ref: string }[]).some(({ Ref }) => Ref === role.logicalId),
  );
  const statements = policies.flatMap(
    ({ Properties }) => (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement,
  );
  return statements
    .flatMap(({ Effect, Action, Resource }) => {
      expect(Effect).toBe('Allow');
      return asList(Resource).flatMap((arn) => asList(Action).map((action) => `${nameOf(arn)}: ${action}`));
    })
    .filter((line) => !OWN_LOG_AND_TRACE(functionName).includes(line))
    .sort();
}

const OWN_LOG_AND_TRACE = (functionName: string) => [
  `Functions${functionName}Logs: logs:CreateLogStream`,
  `Functions${functionName}Logs: logs:PutLogEvents`,
  '*: xray:PutTraceSegments',
  '*: xray:PutTelemetryRecords',
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
const connections = (method: string) =>
  `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${API}>/prod/${method}/@connections/*: execute-api:ManageConnections`;
const onTable = (table: string, ...actions: string[]) =>
  actions.map((action) => `${table}: dynamodb:${action}`);

const PUSH_AND_CUT = [connections('POST'), connections('DELETE')];
const HAND_OUT = ['Queue: sqs:SendMessage', 'FanOutQueue: sqs:SendMessage', ...PUSH_AND_CUT];
const SEND = [
  ...onTable('Conversations', 'GetItem', 'Query', 'UpdateItem', 'PutItem'),
  ...onTable('Messages', 'PutItem', 'BatchGetItem'),
  'DeskQueue: sqs:SendMessage',
  ...HAND_OUT,
];
const CHANGE_CHAT = [
  ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
  ...onTable('Conversations', 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem'),
  ...onTable('Messages', 'PutItem'),
  ...onTable('Desk', 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
  'DeskQueue: sqs:SendMessage',
  'Queue: sqs:SendMessage',
  ...PUSH_AND_CUT,
];
const SERVE_DESK = [...onTable('Routes', 'GetItem'), ...CHANGE_CHAT];
const SEE_DESK = [...onTable('Conversations', 'BatchGetItem'), ...onTable('Desk', 'Query')];
const CHANGE_GROUP = [
  ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
  ...onTable('Conversations', 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem', 'PutItem', 'DeleteItem'),
  ...onTable('Messages', 'PutItem'),
  ...HAND_OUT,
];
const ADD_MEMBERS = [...CHANGE_GROUP, ...onTable('Messages/index/bySeq', 'Query')];
const consume = (queue: string) =>
  ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'].map(
    (action) => `${queue}: sqs:${action}`,
  );
const READ_INBOX = [
  ...onTable('Routes', 'GetItem', 'UpdateItem'),
  ...onTable('Inbox', 'Query', 'BatchWriteItem'),
  ...onTable('Messages', 'BatchGetItem'),
  ...PUSH_AND_CUT,
];

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  Authorize: [],
  Connect: [
    ...onTable('Routes', 'GetItem', 'UpdateItem'),
    ...onTable('Inbox', 'Query'),
    'Queue: sqs:SendMessage',
    connections('GET'),
    ...PUSH_AND_CUT,
  ],
  Disconnect: [...onTable('Routes', 'UpdateItem'), 'DeskQueue: sqs:SendMessage'],
  Fallback: [
    ...onTable('Routes', 'GetItem', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Inbox', 'Query', 'BatchWriteItem'),
    ...onTable('Conversations', 'BatchGetItem'),
    ...onTable('Messages', 'UpdateItem'),
    ...onTable('Messages/index/bySeq', 'Query'),
    ...SEND,
    ...onTable('Conversations', 'DeleteItem'),
    ...onTable('Desk', 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem'),
  ],
  Hello: READ_INBOX,
  AckInbox: READ_INBOX,
  Poll: [...READ_INBOX, connections('GET')],
  SendMessage: [...onTable('Routes', 'GetItem', 'BatchGetItem', 'UpdateItem'), ...SEND],
  Heartbeat: [...onTable('Routes', 'GetItem', 'UpdateItem'), ...PUSH_AND_CUT],
  Read: [
    ...onTable('Routes', 'GetItem', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'Query', 'UpdateItem'),
    ...PUSH_AND_CUT,
  ],
  Recall: [
    ...onTable('Routes', 'GetItem', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'Query'),
    ...onTable('Messages', 'UpdateItem'),
    ...onTable('Messages/index/bySeq', 'Query'),
    'FanOutQueue: sqs:SendMessage',
    ...PUSH_AND_CUT,
  ],
  Typing: [
    ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'Query'),
    ...PUSH_AND_CUT,
  ],
  Presence: [
    ...onTable('Routes', 'GetItem', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'GetItem', 'BatchGetItem', 'Query'),
    ...PUSH_AND_CUT,
  ],
  CreateGroup: ADD_MEMBERS,
  UpdateGroup: [...CHANGE_GROUP, ...onTable('Conversations', 'ConditionCheckItem')],
  AddMembers: ADD_MEMBERS,
  RemoveMember: CHANGE_GROUP,
  GetGroup: onTable('Conversations', 'GetItem'),
  ListMembers: onTable('Conversations', 'GetItem', 'Query'),
  ListReads: onTable('Conversations', 'GetItem', 'Query', 'BatchGetItem'),
  FanOut: [
    ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Conversations', 'Query'),
    ...onTable('Messages', 'BatchGetItem'),
    ...HAND_OUT,
    ...consume('FanOutQueue'),
  ],
  DeskOpen: SERVE_DESK,
  DeskClose: SERVE_DESK,
  DeskReady: SERVE_DESK,
  DeskAway: SERVE_DESK,
  DeskTransfer: SERVE_DESK,
  ListDeskChats: SEE_DESK,
  ListDeskQueues: onTable('Desk', 'Query'),
  MatchDesk: [
    ...CHANGE_CHAT,
    ...onTable('Messages', 'BatchGetItem'),
    connections('GET'),
    ...consume('DeskQueue'),
  ],
  Renew: [...onTable('Routes', 'GetItem', 'UpdateItem'), ...PUSH_AND_CUT],
  GetSession: [],
  ListConversations: [
    ...onTable('Conversations', 'Query', 'BatchGetItem'),
    ...onTable('Messages', 'BatchGetItem'),
    ...onTable('Messages/index/bySeq', 'Query'),
  ],
  ListMessages: [...onTable('Conversations', 'GetItem'), ...onTable('Messages/index/bySeq', 'Query')],
  ServeEvents: [...onTable('Routes', 'BatchGetItem', 'UpdateItem'), ...SEND, ...consume('ServiceQueue')],
  PostMessage: [...onTable('Routes', 'BatchGetItem', 'UpdateItem'), ...SEND],
  StoreOffline: [
    ...onTable('Routes', 'BatchGetItem', 'UpdateItem'),
    ...onTable('Inbox', 'BatchWriteItem', 'Query'),
    ...onTable('Messages', 'BatchGetItem'),
    ...consume('Queue'),
    'Queue: sqs:SendMessage',
    ...PUSH_AND_CUT,
  ],
};

describe('permissions (refusal 12)', () => {
  it.each(Object.entries(EXPECTED))('%s may do exactly what its work needs', (name, expected) => {
    expect(permissionsOf(name)).toEqual([...expected].sort());
  });

  it('are stated here for every function', () => {
    const names = resources(template, 'AWS::Lambda::Function').map(({ logicalId }) =>
      logicalId.replace(/^ChatFunctions/, '').replace(/[0-9A-F]{8}$/, ''),
    );
    expect(names.sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  const statements = resources(template, 'AWS::IAM::Policy').flatMap(
    ({ Properties }) => (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement,
  );

  it('include no Scan and no action by wildcard', () => {
    const actions = statements.flatMap(({ Action }) => asList(Action));
    expect(actions.filter((action) => action.includes('*') || /scan/i.test(action))).toEqual([]);
  });

  it('reach every resource only for X-Ray', () => {
    const everywhere = statements.filter(({ Resource }) => asList(Resource).includes('*'));
    expect(new Set(everywhere.flatMap(({ Action }) => asList(Action)))).toEqual(
      new Set(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']),
    );
  });

  it('name POST, GET, and DELETE on @connections apart: nobody has all by one wildcard', () => {
    const arns = statements
      .filter(({ Action }) => asList(Action).includes('execute-api:ManageConnections'))
      .flatMap(({ Resource }) => asList(Resource).map(nameOf));
    expect(arns.length).toBeGreaterThan(0);
    expect(arns.filter((arn) => !/\/prod\/(POST|GET|DELETE)\/@connections\/\*$/.test(arn))).toEqual([]);
  });

  it('let API Gateway call a function only through its own API', () => {
    const permissions = resources(template, 'AWS::Lambda::Permission');
    const calledByQueues = Object.values(HANDLERS).filter(({ trigger }) => trigger.kind === 'queue');
    expect(permissions).toHaveLength(Object.keys(HANDLERS).length - calledByQueues.length);
    for (const { Properties } of permissions) {
      expect(Properties['Principal']).toBe('apigateway.amazonaws.com');
      expect(JSON.stringify(Properties['SourceArn'])).toMatch(/"Ref":"Chat(WebSocket|Http)Api[0-9A-F]{8}"/);
    }
  });
});
