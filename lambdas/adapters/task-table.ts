import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Cursor, Task, TaskKind, TaskReader, TaskWriter } from '../domain/model/task.ts';
import { epochSecondsAfter } from '../shared/clock.ts';
import { call, type Item, unlessRefused } from './dynamodb.ts';

/*
 * Tasks of operators, in the conversation table.
 *
 *   pk              sk       attributes
 *   task#<taskId>   'task'   kind, userId?, conversationId?, importId?, dryRun?, startedAt, updatedAt, step? (missing: done), cursor? (JSON), counts (map), waitSeconds?, version, ttl
 *
 * Access         Call      Units
 * read           GetItem   1 read, strong: a worker must not begin a page again that is done
 * create, save   PutItem   1 write
 */

/** After the last save. The audit keeps who asked for it longer. */
const TTL_SECONDS = 90 * 86_400;

export function createTaskReader(documents: DynamoDBDocumentClient, tableName: string): TaskReader {
  return {
    async task(taskId) {
      const command = new GetCommand({ TableName: tableName, Key: taskKey(taskId), ConsistentRead: true });
      const { Item } = await call(() => documents.send(command));
      return Item && toTask(taskId, Item);
    },
  };
}

export function createTaskWriter(documents: DynamoDBDocumentClient, tableName: string): TaskWriter {
  return {
    async create(task) {
      await call(() => documents.send(new PutCommand({ TableName: tableName, Item: toItem(task) })));
    },

    async save(task) {
      const command = new PutCommand({
        TableName: tableName,
        Item: toItem(task),
        ConditionExpression: '#version = :before',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':before': task.version - 1 },
      });
      return (await unlessRefused(() => documents.send(command))) !== undefined;
    },
  };
}

function taskKey(taskId: string): Item {
  return { pk: `task#${taskId}`, sk: 'task' };
}

function toItem({ taskId, startedAtMs, updatedAtMs, cursor, ...task }: Task): Item {
  return {
    ...taskKey(taskId),
    ...task,
    startedAt: startedAtMs,
    updatedAt: updatedAtMs,
    cursor: cursor && JSON.stringify(cursor),
    ttl: epochSecondsAfter(updatedAtMs, TTL_SECONDS),
  };
}

function toTask(taskId: string, item: Item): Task {
  const { kind, userId, conversationId, importId, dryRun, startedAt, updatedAt } = item;
  const { step, cursor, counts, waitSeconds, version } = item;
  return {
    taskId,
    kind: kind as TaskKind,
    ...(userId !== undefined && { userId: String(userId) }),
    ...(conversationId !== undefined && { conversationId: String(conversationId) }),
    ...(importId !== undefined && { importId: String(importId) }),
    ...(dryRun === true && { dryRun }),
    startedAtMs: Number(startedAt),
    updatedAtMs: Number(updatedAt),
    step: step as string | undefined,
    ...(cursor !== undefined && { cursor: JSON.parse(String(cursor)) as Cursor }),
    counts: counts as Task['counts'],
    ...(waitSeconds !== undefined && { waitSeconds: Number(waitSeconds) }),
    version: Number(version),
  };
}
