import {
  type DynamoDBDocumentClient,
  QueryCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { ListRange } from '../domain/model/list-range.ts';
import { memberPartition } from './conversation-table.ts';
import { call, type Item } from './dynamodb.ts';

/*
 * Lists of other users that a user keeps, in the user's partition of the conversation table: contacts and blocks. The rows sort
 * before the departures, so the list of conversations never reads them.
 *
 *   pk           sk                    attributes
 *   u#<userId>   #<name>#<userId>      (contact-table.ts, block-table.ts)
 *   u#<userId>   #count#<name>s        n: how many there are
 *
 * Access         Call            Units
 * add, remove    TransactWrite   4 writes
 * list, paged    Query           1 read per 4 KB, strong: users see their own changes
 *
 * The count is part of each transaction, so it is exact: no two requests can both take the last place.
 */

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

export function userList(documents: DynamoDBDocumentClient, TableName: string, name: 'contact' | 'block') {
  const prefix = `#${name}#`;
  const keyOf = (userId: string, other: string) => ({ pk: memberPartition(userId), sk: prefix + other });
  const countKey = (userId: string) => ({ pk: memberPartition(userId), sk: `#count#${name}s` });

  return {
    prefix,
    keyOf,
    countKey,

    /** The user whose list it is. */
    ownerOf({ pk }: Item): string {
      return String(pk).slice(memberPartition('').length);
    },

    /** The other user of a row. */
    userIn({ sk }: Item): string {
      return String(sk).slice(prefix.length);
    },

    /** The rows, ordered by user id. */
    async rows(userId: string, { after, limit }: ListRange): Promise<readonly Item[]> {
      const command = new QueryCommand({
        TableName,
        // A space sorts before all characters of a user id, and '~' after them.
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':pk': memberPartition(userId),
          ':first': prefix + (after === undefined ? '' : `${after} `),
          ':last': `${prefix}~`,
        },
        ConsistentRead: true,
        Limit: limit,
      });
      // No page comes near the 1 MB that a query reads: a row has at most 500 bytes.
      const { Items = [] } = await call(() => documents.send(command));
      return Items;
    },

    /** Adds a row. The first item's condition fails if there is one, and the second's if the list is full. */
    adding(userId: string, other: string, attributes: Item, maximum: number): TransactItems {
      const row = { ...keyOf(userId, other), ...attributes };
      return [
        { Put: { TableName, Item: row, ConditionExpression: 'attribute_not_exists(pk)' } },
        {
          Update: {
            TableName,
            Key: countKey(userId),
            UpdateExpression: 'ADD n :one',
            ConditionExpression: 'attribute_not_exists(n) OR n < :maximum',
            ExpressionAttributeValues: { ':one': 1, ':maximum': maximum },
          },
        },
      ];
    },

    /** Removes a row. The first item's condition fails if there is none. */
    removing(userId: string, other: string): TransactItems {
      const Key = keyOf(userId, other);
      return [
        { Delete: { TableName, Key, ConditionExpression: 'attribute_exists(pk)' } },
        {
          Update: {
            TableName,
            Key: countKey(userId),
            UpdateExpression: 'ADD n :minusOne',
            ExpressionAttributeValues: { ':minusOne': -1 },
          },
        },
      ];
    },
  };
}
