import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { KeptRows, PersonErasure } from '../domain/model/person-erasure.ts';
import { UnavailableError } from '../shared/errors.ts';
import { EVENT_ROWS } from '../shared/event-rows.ts';
import { MET, PAID } from './account-table.ts';
import { filesPartition } from './attachment-table.ts';
import { memberPartition } from './conversation-table.ts';
import { batchWrite, call, callDespiteTransactions, type Item } from './dynamodb.ts';
import { profileKey } from './profile-table.ts';
import { userList } from './user-list.ts';

/*
 * The last rows of a user who is erased, in the tables of conversations, inboxes, and routes.
 *
 * Access             Call                      Units
 * profile, counts    DeleteItem                1 write each
 * rows, ≤ 25         Query → BatchWriteItem    1 read per 4 KB, strong, and 1 write a row
 * account            UpdateItem                1 write per KB
 */

const AT_ONCE = 25;
/** As in route-table.ts: a constant would be five bytes more in the bundle of each message. */
const SEEN = 'seen';

export interface PersonErasureProps {
  readonly conversationsTable: string;
  readonly inboxTable: string;
  readonly routesTable: string;
}

export function createPersonErasure(
  documents: DynamoDBDocumentClient,
  { conversationsTable, inboxTable, routesTable }: PersonErasureProps,
): PersonErasure {
  const contacts = userList(documents, conversationsTable, 'contact');

  /** The table of the rows, the condition of their keys, and the names of these. */
  function rangeOf(userId: string, kind: KeptRows) {
    if (kind === 'inbox')
      return {
        table: inboxTable,
        keys: ['userId', 'messageId'],
        KeyConditionExpression: 'userId = :of',
        values: { ':of': userId },
      };
    const inConversations = { table: conversationsTable, keys: ['pk', 'sk'] };
    if (kind === 'events' || kind === 'files')
      return {
        ...inConversations,
        KeyConditionExpression: 'pk = :of',
        values: { ':of': kind === 'files' ? filesPartition(userId) : EVENT_ROWS.event + userId },
      };
    const values = { ':of': memberPartition(userId), ':contact': contacts.prefix };
    return { ...inConversations, KeyConditionExpression: 'pk = :of AND begins_with(sk, :contact)', values };
  }

  async function remove(Key: Item): Promise<void> {
    const command = new DeleteCommand({ TableName: conversationsTable, Key });
    await callDespiteTransactions(() => documents.send(command));
  }

  return {
    forgetProfile: (userId) => remove(profileKey(userId)),

    async forgetRows(userId, kind, limit) {
      const { table, keys, values, ...condition } = rangeOf(userId, kind);
      const command = new QueryCommand({
        TableName: table,
        ...condition,
        ExpressionAttributeValues: values,
        ConsistentRead: true,
        Limit: Math.min(limit, AT_ONCE),
      });
      const { Items = [] } = await call(() => documents.send(command));
      const requests = Items.map((item) => ({
        DeleteRequest: { Key: Object.fromEntries(keys.map((name) => [name, item[name]])) },
      }));
      const left = requests.length === 0 ? [] : await batchWrite(documents, table, requests);
      if (left.length > 0) throw new UnavailableError();
      return requests.length;
    },

    async forgetCounts(userId) {
      await remove(contacts.countKey(userId));
      await remove(userList(documents, conversationsTable, 'block').countKey(userId));
    },

    async forgetAccount(userId) {
      const command = new UpdateCommand({
        TableName: routesTable,
        Key: { userId },
        UpdateExpression: 'REMOVE #seen, #paid, #met',
        ExpressionAttributeNames: { '#seen': SEEN, '#paid': PAID, '#met': MET },
      });
      await call(() => documents.send(command));
    },
  };
}
