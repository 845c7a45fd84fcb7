import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Contact } from '../../protocol/people.ts';
import type { ContactReader, ContactWriter } from '../domain/model/contact.ts';
import { UnavailableError } from '../shared/errors.ts';
import { memberPartition } from './conversation-table.ts';
import {
  call,
  callDespiteTransactions,
  type Item,
  transact,
  transactOrRefusals,
  unlessRefused,
} from './dynamodb.ts';

/*
 * Contacts, in the user's partition of the conversation table. Both kinds of rows sort before the departures, so the list of
 * conversations never reads them.
 *
 *   pk           sk                   attributes
 *   u#<userId>   #contact#<userId>    alias?, favorite?
 *   u#<userId>   #count#contacts      n: how many there are
 *
 * Access         Call                        Units
 * replace        PutItem                     1 write
 * add            PutItem → TransactWrite     5 writes
 * remove         TransactWrite               4 writes
 * list, paged    Query                       1 read per 4 KB, strong: users see their own changes
 *
 * The count is part of each transaction, so it is exact: no two requests can both add the last contact.
 */

const CONTACT = '#contact#';
const COUNT = '#count#contacts';
/** Each failure means that another request has just added or removed the same contact. */
const ATTEMPTS = 5;

export function createContactReader(documents: DynamoDBDocumentClient, tableName: string): ContactReader {
  return {
    async contacts(userId, { after, limit }) {
      const command = new QueryCommand({
        TableName: tableName,
        // A space sorts before all characters of a user id, and '~' after them.
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':pk': memberPartition(userId),
          ':first': CONTACT + (after === undefined ? '' : `${after} `),
          ':last': `${CONTACT}~`,
        },
        ConsistentRead: true,
        Limit: limit,
      });
      // No page comes near the 1 MB that a query reads: a row has at most 500 bytes.
      const { Items = [] } = await call(() => documents.send(command));
      return Items.map(toContact);
    },
  };
}

export function createContactWriter(documents: DynamoDBDocumentClient, tableName: string): ContactWriter {
  const add = (userId: string, item: Item, maximum: number) =>
    transactOrRefusals(documents, [
      { Put: { TableName: tableName, Item: item, ConditionExpression: 'attribute_not_exists(pk)' } },
      {
        Update: {
          TableName: tableName,
          Key: countKey(userId),
          UpdateExpression: 'ADD n :one',
          ConditionExpression: 'attribute_not_exists(n) OR n < :maximum',
          ExpressionAttributeValues: { ':one': 1, ':maximum': maximum },
        },
      },
    ]);
  const replace = (item: Item) => {
    const command = new PutCommand({
      TableName: tableName,
      Item: item,
      ConditionExpression: 'attribute_exists(pk)',
    });
    return unlessRefused(() => callDespiteTransactions(() => documents.send(command)));
  };
  return {
    async put(userId, { userId: contactId, ...facts }, maximum) {
      const item = { ...contactKey(userId, contactId), ...facts };
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if ((await replace(item)) !== undefined) return true;
        const refusals = await add(userId, item, maximum);
        if (refusals.length === 0) return true;
        if (!refusals.includes(0)) return false;
      }
      throw new UnavailableError();
    },

    async remove(userId, contactId) {
      await transact(documents, [
        {
          Delete: {
            TableName: tableName,
            Key: contactKey(userId, contactId),
            ConditionExpression: 'attribute_exists(pk)',
          },
        },
        {
          Update: {
            TableName: tableName,
            Key: countKey(userId),
            UpdateExpression: 'ADD n :minusOne',
            ExpressionAttributeValues: { ':minusOne': -1 },
          },
        },
      ]);
    },
  };
}

function contactKey(userId: string, contactId: string): Item {
  return { pk: memberPartition(userId), sk: CONTACT + contactId };
}

function countKey(userId: string): Item {
  return { pk: memberPartition(userId), sk: COUNT };
}

function toContact({ sk, alias, favorite }: Item): Contact {
  return {
    userId: String(sk).slice(CONTACT.length),
    ...(alias !== undefined && { alias: String(alias) }),
    ...(favorite === true && { favorite }),
  };
}
