import { DeleteConnectionCommand, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import type { FunctionModel } from '../../../local/model.ts';
import { functionOf } from '../runtime/bundle.ts';
import { EMPTY_STACK } from '../stack-models.ts';
import { failureOf, newKey, put, TABLE, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();
const ARN = `arn:aws:dynamodb:us-east-1:000000000000:table/${TABLE}`;
const CONNECTIONS = 'arn:aws:execute-api:us-east-1:000000000000:abc/prod';

/** The calls come from `Fn`, whose role allows this. */
async function allowed(...allowances: readonly (readonly [action: string, resource: string])[]) {
  const fixture = await startProxy();
  const warnings: string[] = [];
  const permissions = allowances.map(([action, resource]) => ({ actions: [action], resources: [resource] }));
  fixture.endpoints.serveStack?.(stackOf({ permissions }), (warning) => warnings.push(warning));
  return { ...fixture, warnings };
}

function stackOf(model: Partial<FunctionModel>) {
  return {
    ...EMPTY_STACK,
    functions: [functionOf('', { logicalId: 'Fn', ...model })],
    webSocketApis: [
      { name: 'Socket', apiId: 'abc', stage: 'prod', routeSelectionExpression: '', routes: [] },
    ],
  };
}

it('the IAM check denies, like IAM, what a role does not allow, executes nothing, and reports it once', async () => {
  const { dynamoDb, stored, warnings, proxy } = await allowed(['dynamodb:PutItem', ARN]);
  const key = newKey();
  await dynamoDb.send(put(key));
  const deletion = () => dynamoDb.send(new DeleteItemCommand({ TableName: TABLE, Key: key }));
  await expect(deletion()).rejects.toMatchObject({
    name: 'AccessDeniedException',
    $metadata: { httpStatusCode: 400 },
    message: expect.stringContaining(`not authorized to perform: dynamodb:DeleteItem on resource: ${ARN}`),
  });
  expect(await failureOf(deletion())).toBe('AccessDeniedException');
  expect(await stored(key)).toBe(true);
  expect(warnings).toEqual([`Fn was denied dynamodb:DeleteItem on ${ARN}: no policy of its role allows it.`]);
  expect(proxy.calls.at(-1)).toMatchObject({ forwarded: false, error: 'AccessDeniedException', status: 400 });
});

it('the IAM check distinguishes a table from its index', async () => {
  const query = (IndexName?: string) =>
    new QueryCommand({
      TableName: TABLE,
      ...(IndexName && { IndexName }),
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'a' } },
    });
  const onTable = await allowed(['dynamodb:Query', ARN]);
  expect(await failureOf(onTable.dynamoDb.send(query()))).toBe('none');
  expect(await failureOf(onTable.dynamoDb.send(query('bySeq')))).toBe('AccessDeniedException');
  const onIndex = await allowed(['dynamodb:Query', `${ARN}/index/*`]);
  expect(await failureOf(onIndex.dynamoDb.send(query('bySeq')))).toBe('none');
});

it('the IAM check treats a batch as its own action, and a transaction as one action per item', async () => {
  const keys = [newKey(), newKey()];
  const batch = new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys: keys } } });
  const [Key] = keys;
  const transaction = new TransactWriteItemsCommand({
    TransactItems: [
      { Put: { TableName: TABLE, Item: newKey() } },
      { ConditionCheck: { TableName: TABLE, Key, ConditionExpression: 'attribute_not_exists(pk)' } },
    ],
  });
  const one = await allowed(['dynamodb:GetItem', ARN], ['dynamodb:PutItem', ARN]);
  expect(await failureOf(one.dynamoDb.send(batch))).toBe('AccessDeniedException');
  expect(await failureOf(one.dynamoDb.send(transaction))).toBe('AccessDeniedException');
  const all = await allowed(
    ['dynamodb:Batch*', '*'],
    ['dynamodb:PutItem', ARN],
    ['dynamodb:ConditionCheckItem', ARN],
  );
  expect(await failureOf(all.dynamoDb.send(batch))).toBe('none');
  expect(await failureOf(all.dynamoDb.send(transaction))).toBe('none');
});

it('the IAM check covers a queue, in a batch or not', async () => {
  const { sqs, queue } = await allowed(['sqs:SendMessage', 'arn:aws:sqs:us-east-1:000000000000:queue-*']);
  const QueueUrl = await queue();
  expect(await failureOf(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' })))).toBe('none');
  const Entries = [{ Id: 'b', MessageBody: 'b' }];
  expect(await failureOf(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries })))).toBe('none');
  const none = await allowed();
  const refused = none.sqs.send(new SendMessageCommand({ QueueUrl: await none.queue(), MessageBody: 'a' }));
  expect(await failureOf(refused)).toBe('AccessDenied');
});

it('the IAM check allows posts to a connection and denies closing it', async () => {
  const { connections, socket } = await allowed([
    'execute-api:ManageConnections',
    `${CONNECTIONS}/POST/@connections/*`,
  ]);
  const { client, connectionId: ConnectionId } = await socket();
  await connections.send(new PostToConnectionCommand({ ConnectionId, Data: 'hi' }));
  expect(await client.next()).toBe('hi');
  await expect(connections.send(new DeleteConnectionCommand({ ConnectionId }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    $metadata: { httpStatusCode: 403 },
  });
});

it('the IAM check denies nothing to callers without a known role', async () => {
  const { dynamoDb, endpoints } = await startProxy();
  endpoints.serveStack?.(stackOf({}), () => undefined);
  expect(await failureOf(dynamoDb.send(put(newKey())))).toBe('none');
});
