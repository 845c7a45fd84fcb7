import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Chat, ChatChange } from '../domain/model/chat.ts';
import { HEAD, memberKey } from './conversation-table.ts';
import { departureItem } from './departures.ts';
import { agentKey, customerKey, listKey, outboxKey, waitingKey } from './desk-keys.ts';
import type { Item } from './dynamodb.ts';
import { memberRowKey } from './group-table.ts';
import { messageSortKey } from './message-key.ts';
import { messageItem } from './message-table.ts';

export interface DeskTableProps {
  readonly deskTable: string;
  readonly conversationsTable: string;
  readonly messagesTable: string;
  readonly historyTtlSeconds: number;
}

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

const ABSENT = 'attribute_not_exists(pk)';
const PRESENT = 'attribute_exists(pk)';

/**
 * Returns all writes of a chat's change. Their conditions make concurrent changes safe: the head is as it was read (so
 * nobody else has changed the chat), the waiting entry exists, the agent is ready and below capacity, and the customer
 * has no other open chat in the queue.
 */
export function changeItems(props: DeskTableProps, change: ChatChange): TransactItems {
  return [
    headItem(props, change),
    putMessage(props, change),
    put(props.deskTable, outboxItem(change)),
    ...queueItems(props.deskTable, change),
    ...agentItems(props, change),
  ];
}

/** Returns the agent the chat is assigned to. */
function assignedAgentOf(chat: Chat | undefined): string | undefined {
  return chat?.state === 'assigned' ? chat.agent?.userId : undefined;
}

function headItem({ conversationsTable }: DeskTableProps, { before, after, message }: ChatChange) {
  const key = { pk: after.conversationId, sk: HEAD };
  const facts = { head: message.seq, tail: messageSortKey(message), at: message.sentAt, chat: toItem(after) };
  if (before === undefined) return put(conversationsTable, { ...key, ...facts }, ABSENT);
  const closed = after.state === 'closed' ? ', closed = :closed' : '';
  return {
    Update: {
      TableName: conversationsTable,
      Key: key,
      UpdateExpression: `SET #head = :head, #tail = :tail, #at = :at, chat = :chat${closed}`,
      ConditionExpression: '#head = :read',
      ExpressionAttributeNames: { '#head': 'head', '#tail': 'tail', '#at': 'at' },
      ExpressionAttributeValues: {
        ':read': message.seq - 1,
        ':head': facts.head,
        ':tail': facts.tail,
        ':at': facts.at,
        ':chat': facts.chat,
        ...(closed !== '' && { ':closed': true }),
      },
    },
  };
}

function putMessage({ messagesTable, historyTtlSeconds }: DeskTableProps, { message }: ChatChange) {
  return put(messagesTable, messageItem(message, historyTtlSeconds), ABSENT);
}

function outboxItem({ before, after, message }: ChatChange): Item {
  const { conversationId, from, clientMsgId, seq } = message;
  const former = assignedAgentOf(before);
  const lost = former !== assignedAgentOf(after) && { former };
  const entry = { conversationId, from, clientMsgId, seq, ...lost };
  return { ...outboxKey(after.queue, entry), ...entry };
}

/** The chat's entries in the queue and its lists, and the customer's entry for the one open chat. */
function queueItems(table: string, { before, after }: ChatChange): TransactItems {
  const { conversationId, customer, queue, openedAtMs } = after;
  const open = listKey({ of: { queue }, part: 'open' }, conversationId);
  return [
    ...(before?.state === 'waiting' ? [remove(table, waitingKey(before), PRESENT)] : []),
    ...(after.state === 'waiting'
      ? [put(table, { ...waitingKey(after), conversationId, customer, openedAtMs })]
      : []),
    ...(before === undefined
      ? [put(table, { ...customerKey(after), conversationId }, ABSENT), put(table, open)]
      : []),
    ...(after.state === 'closed'
      ? [
          remove(table, customerKey(after)),
          remove(table, open),
          put(table, listKey({ of: { queue }, part: 'closed' }, conversationId)),
        ]
      : []),
  ];
}

/** Updates the members, and the load of the former and the new agent. */
function agentItems(
  { deskTable, conversationsTable, historyTtlSeconds }: DeskTableProps,
  { before, after, message, ifOffline }: ChatChange,
) {
  const { conversationId, customer } = after;
  const [former, current] = [assignedAgentOf(before), assignedAgentOf(after)];
  const join = (userId: string) => [
    // From the first seq on: messages with an earlier seq may be stored after the user joins, and are theirs, too.
    put(conversationsTable, { ...memberRowKey(conversationId, userId), joinedSeq: 1 }),
    put(conversationsTable, { ...memberKey(userId, conversationId), readSeq: 0, visibleFrom: 1 }),
  ];
  const leave = (userId: string) => [
    remove(conversationsTable, memberRowKey(conversationId, userId)),
    remove(conversationsTable, memberKey(userId, conversationId)),
    put(
      conversationsTable,
      departureItem(memberKey(userId, conversationId), message.sentAt, historyTtlSeconds),
    ),
  ];
  const items: TransactItems = before === undefined ? join(customer) : [];
  if (former === current) return items;
  if (former !== undefined) {
    const of = { agent: former };
    items.push(
      loseChat(deskTable, former, ifOffline),
      remove(deskTable, listKey({ of, part: 'open' }, conversationId)),
    );
    // The agent of a closed chat stays a member, and may read it.
    if (after.state === 'closed') items.push(put(deskTable, listKey({ of, part: 'closed' }, conversationId)));
    else items.push(...leave(former));
  }
  if (current !== undefined) {
    const list = { of: { agent: current }, part: 'open' } as const;
    items.push(gainChat(deskTable, current, before, after), put(deskTable, listKey(list, conversationId)));
    items.push(...join(current));
  }
  return items;
}

function loseChat(TableName: string, userId: string, ifOffline: true | undefined) {
  const isOffline = ifOffline ? ' AND #status = :offline' : '';
  return {
    Update: {
      TableName,
      Key: agentKey(userId),
      UpdateExpression: 'ADD active :minusOne, #version :one',
      ConditionExpression: PRESENT + isOffline,
      ExpressionAttributeNames: { '#version': 'version', ...(ifOffline && { '#status': 'status' }) },
      ExpressionAttributeValues: {
        ':minusOne': -1,
        ':one': 1,
        ...(ifOffline && { ':offline': 'offline' }),
      },
    },
  };
}

/** From a queue, the agent must serve that queue; another agent may transfer to anyone. */
function gainChat(TableName: string, userId: string, before: Chat | undefined, after: Chat) {
  const isFromQueue = before?.state === 'waiting';
  return {
    Update: {
      TableName,
      Key: agentKey(userId),
      UpdateExpression: 'SET lastAssignedAtMs = :now ADD active :one, #version :one',
      ConditionExpression: `#status = :ready AND active < #capacity${isFromQueue ? ' AND contains(queues, :queue)' : ''}`,
      ExpressionAttributeNames: { '#status': 'status', '#capacity': 'capacity', '#version': 'version' },
      ExpressionAttributeValues: {
        ':ready': 'ready',
        ':one': 1,
        ':now': after.assignedAtMs,
        ...(isFromQueue && { ':queue': after.queue }),
      },
    },
  };
}

function put(TableName: string, Item: Item, ConditionExpression?: string) {
  return { Put: { TableName, Item, ...(ConditionExpression !== undefined && { ConditionExpression }) } };
}

function remove(TableName: string, Key: Item, ConditionExpression?: string) {
  return { Delete: { TableName, Key, ...(ConditionExpression !== undefined && { ConditionExpression }) } };
}

function toItem({ conversationId: _, ...facts }: Chat): Item {
  return facts;
}
