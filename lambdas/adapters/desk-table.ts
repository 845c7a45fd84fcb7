import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { AgentStatus } from '../../protocol/desk.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Agent, AgentChange, DeskReader, DeskWriter } from '../domain/model/chat.ts';
import type { Outbox } from '../domain/model/outbox.ts';
import { chunk } from '../shared/chunk.ts';
import { HEAD } from './conversation-table.ts';
import {
  AGENT,
  agentKey,
  customerKey,
  listKey,
  listPrefix,
  OUTBOX,
  outboxKey,
  queuePartition,
  servingKey,
  sweepKey,
  WAITING,
  waitingKey,
} from './desk-keys.ts';
import { changeItems, type DeskTableProps } from './desk-transaction.ts';
import { batchGet, call, callDespiteTransactions, type Item, transact, unlessRefused } from './dynamodb.ts';

/*
 * Desk table: queues and agents. The chats themselves are in the heads of their conversations (attribute `chat`).
 *
 *   pk             sk                           attributes
 *   q#<queue>      w#<0|1>#<openedAt>#<cs:…>    a waiting chat, in queue order; 0: requeued
 *   q#<queue>      a#<userId>                   status of an agent who serves this queue
 *   q#<queue>      o#<cs:…>, z#<cs:…>           all chats, open and closed
 *   q#<queue>      t#<cs:…>#<seq>               notification outbox: a change whose notifications may not all be sent
 *   q#<queue>      p                            dueAtMs: when the next sweep is due
 *   a#<userId>     agent                        status, queues, capacity, active, version, revision, lastAssignedAtMs, name?
 *   a#<userId>     o#<cs:…>, z#<cs:…>           chats assigned to the agent, open and closed
 *   c#<customer>   q#<queue>                    conversationId of the one open chat
 *
 * Access                          Call                 Units
 * open a chat                     TransactWriteItems   18 writes (8 items; the message has an index, so it counts twice)
 * assign one                      TransactWriteItems   18 writes (8 items), 4 of them in the queue's partition
 * close one                       TransactWriteItems   20 writes
 * transfer                        TransactWriteItems   26 writes, one of them the departure (departures.ts)
 * oldest waiting                  Query                1 read per 4 KB ≈ 30 entries, strong
 * ready agents, by queue          Query + BatchGet     1 read per 4 KB ≈ 60 agents + 1 per ready agent, strong
 * position                        Query COUNT          1 read per 4 KB ≈ 30 entries before it, strong
 * ready, away                     TransactWriteItems   2 writes, and 2 per queue
 *
 * All reads are strong. A worker that misses a waiting chat, a ready agent, or a pending notification leaves it until the
 * queue's next event; a change made from an older state fails its condition. A position must count the chat just opened.
 * Supervisors' numbers and lists could be a second old, but they are rare, and share these reads.
 *
 * Limit per queue: a partition takes 1,000 write units per second, and a chat costs its queue's partition about 20 in
 * total, so about 50 chats per second. The keys of chats and agents are in other partitions. Transactions on one queue
 * don't conflict, since each writes entries of its own chat only; two conflict on the same agent, and one is retried.
 * For more chats per second, configure more queues.
 */

/** A request for all queues starts this many queries at once. */
const QUEUES_AT_ONCE = 8;

const COUNTED: Readonly<Record<AgentStatus, number>> = { ready: 0, away: 0, offline: 0 };

interface DeskProps {
  readonly documents: DynamoDBDocumentClient;
  readonly deskTable: string;
}

export function createDeskReader(documents: DynamoDBDocumentClient, deskTable: string): DeskReader {
  const rows = (pk: string, prefix: string, range?: RowRange) =>
    rowsOf({ documents, deskTable }, pk, prefix, range);

  async function get(Key: Item): Promise<Item | undefined> {
    const command = new GetCommand({ TableName: deskTable, Key, ConsistentRead: true });
    return (await call(() => documents.send(command))).Item;
  }

  return {
    async openChatOf(customer, queue) {
      const id = (await get(customerKey({ customer, queue })))?.['conversationId'];
      return id === undefined ? undefined : String(id);
    },

    async waiting(queue, limit) {
      const found = await rows(queuePartition(queue), WAITING, { limit });
      return found.map((row) => ({
        conversationId: String(row['conversationId']),
        customer: String(row['customer']),
        openedAtMs: Number(row['openedAtMs']),
      }));
    },

    async positionOf(chat) {
      const { pk, sk } = waitingKey(chat);
      const command = new QueryCommand({
        TableName: deskTable,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :own',
        ExpressionAttributeValues: { ':pk': pk, ':first': WAITING, ':own': sk },
        ConsistentRead: true,
        Select: 'COUNT',
        Limit: LIMITS.maxPosition,
      });
      return Math.max(1, (await call(() => documents.send(command))).Count ?? 1);
    },

    async agent(userId) {
      const item = await get(agentKey(userId));
      return item && toAgent(item);
    },

    async readyAgents(queues) {
      const serving: Item[] = [];
      for (const part of chunk(queues, QUEUES_AT_ONCE))
        serving.push(...(await Promise.all(part.map((queue) => rows(queuePartition(queue), AGENT)))).flat());
      const ready = serving.filter((row) => row['status'] === 'ready');
      const keys = [...new Set(ready.map(({ sk }) => String(sk).slice(AGENT.length)))].map(agentKey);
      const parts = await Promise.all(chunk(keys, 100).map((part) => batchGet(documents, deskTable, part)));
      return parts
        .flat()
        .map(toAgent)
        .filter((agent) => agent.status === 'ready' && agent.queues.some((queue) => queues.includes(queue)));
    },

    async agentCounts(queue) {
      const counts = { ...COUNTED };
      for (const row of await rows(queuePartition(queue), AGENT)) counts[row['status'] as AgentStatus] += 1;
      return counts;
    },

    async chatIds(list, { after = '', limit }) {
      const { pk, sk } = listKey(list, after);
      const found = await rows(String(pk), listPrefix(list), { after: String(sk), limit });
      return found.map((row) => String(row['sk']).slice(listPrefix(list).length));
    },
  };
}

export function createDeskWriter(documents: DynamoDBDocumentClient, props: DeskTableProps): DeskWriter {
  const { deskTable, conversationsTable } = props;
  return {
    apply: (change) => transact(documents, changeItems(props, change)),

    setAgent: (change) => transact(documents, agentItems(deskTable, change)),

    async rate(conversationId, rating) {
      const command = new UpdateCommand({
        TableName: conversationsTable,
        Key: { pk: conversationId, sk: HEAD },
        UpdateExpression: 'SET chat.rating = :rating',
        ConditionExpression: 'closed = :closed AND attribute_not_exists(chat.rating)',
        ExpressionAttributeValues: { ':rating': rating, ':closed': true },
      });
      return (
        (await unlessRefused(() => callDespiteTransactions(() => documents.send(command)))) !== undefined
      );
    },

    async claimSweep(queue, nowMs, untilMs) {
      const command = new UpdateCommand({
        TableName: deskTable,
        Key: sweepKey(queue),
        UpdateExpression: 'SET dueAtMs = :until',
        ConditionExpression: 'attribute_not_exists(pk) OR dueAtMs <= :now',
        ExpressionAttributeValues: { ':until': untilMs, ':now': nowMs },
      });
      return (await unlessRefused(() => documents.send(command))) !== undefined;
    },
  };
}

/** The outbox of a support queue. */
export function createDeskOutbox(documents: DynamoDBDocumentClient, deskTable: string): Outbox {
  return {
    async pending(queue) {
      const rows = await rowsOf({ documents, deskTable }, queuePartition(queue), OUTBOX);
      return rows.map((row) => ({
        conversationId: String(row['conversationId']),
        from: String(row['from']),
        clientMsgId: String(row['clientMsgId']),
        seq: Number(row['seq']),
        ...(row['former'] !== undefined && { former: String(row['former']) }),
      }));
    },

    async markAsSent(queue, entry) {
      const command = new DeleteCommand({ TableName: deskTable, Key: outboxKey(queue, entry) });
      await callDespiteTransactions(() => documents.send(command));
    },
  };
}

interface RowRange {
  readonly after?: string;
  readonly limit?: number;
}

/** Returns the rows of a partition whose sort key starts with `prefix`: all of them, unless there is a limit. */
async function rowsOf(
  { documents, deskTable }: DeskProps,
  pk: string,
  prefix: string,
  { after = prefix, limit = Number.POSITIVE_INFINITY } = {},
) {
  const command = new QueryCommand({
    TableName: deskTable,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :end',
    ExpressionAttributeValues: { ':pk': pk, ':after': after, ':end': `${prefix}\uffff` },
    ConsistentRead: true,
  });
  const rows: Item[] = [];
  do {
    // BETWEEN includes `after` itself, so ask for one more row.
    if (Number.isFinite(limit)) command.input.Limit = limit + 1 - rows.length;
    const { Items = [], LastEvaluatedKey } = await call(() => documents.send(command));
    rows.push(...Items);
    command.input.ExclusiveStartKey = LastEvaluatedKey;
  } while (command.input.ExclusiveStartKey !== undefined && rows.length <= limit);
  return rows.filter(({ sk }) => sk !== after).slice(0, limit);
}

function agentItems(TableName: string, { userId, status, queues, capacity, name, before }: AgentChange) {
  const left = (before?.queues ?? []).filter((queue) => !queues.includes(queue));
  const named = name === undefined ? '' : ', #name = :name';
  const agent = {
    TableName,
    Key: agentKey(userId),
    UpdateExpression: `SET #status = :status, queues = :queues, #capacity = :capacity, revision = :next${named}, active = if_not_exists(active, :zero), lastAssignedAtMs = if_not_exists(lastAssignedAtMs, :zero) ADD #version :one`,
    ConditionExpression: before === undefined ? 'attribute_not_exists(pk)' : 'revision = :read',
    ExpressionAttributeNames: {
      '#status': 'status',
      '#capacity': 'capacity',
      '#version': 'version',
      ...(name !== undefined && { '#name': 'name' }),
    },
    ExpressionAttributeValues: {
      ':status': status,
      ':queues': queues,
      ':capacity': capacity,
      ':next': (before?.revision ?? 0) + 1,
      ':zero': 0,
      ':one': 1,
      ...(name !== undefined && { ':name': name }),
      ...(before !== undefined && { ':read': before.revision }),
    },
  };
  return [
    { Update: agent },
    ...queues.map((queue) => ({ Put: { TableName, Item: { ...servingKey(queue, userId), status } } })),
    ...left.map((queue) => ({ Delete: { TableName, Key: servingKey(queue, userId) } })),
  ];
}

function toAgent(item: Item): Agent {
  const name = item['name'];
  return {
    userId: String(item['pk']).slice(AGENT.length),
    status: item['status'] as AgentStatus,
    queues: item['queues'] as string[],
    capacity: Number(item['capacity']),
    active: Number(item['active']),
    lastAssignedAtMs: Number(item['lastAssignedAtMs']),
    revision: Number(item['revision']),
    // Missing in agents stored before the desk kept it.
    version: Number(item['version'] ?? 0),
    ...(typeof name === 'string' && { name }),
  };
}
