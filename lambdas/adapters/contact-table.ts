import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Contact } from '../../protocol/people.ts';
import type { ContactReader, ContactWriter } from '../domain/model/contact.ts';
import { UnavailableError } from '../shared/errors.ts';
import {
  callDespiteTransactions,
  type Item,
  transact,
  transactOrRefusals,
  unlessRefused,
} from './dynamodb.ts';
import { userList } from './user-list.ts';

/*
 * Contacts: a list of users (user-list.ts).
 *
 *   pk           sk                   attributes
 *   u#<userId>   #contact#<userId>    alias?, favorite?
 *
 * Access         Call                        Units
 * replace        PutItem                     1 write
 * add            PutItem → TransactWrite     5 writes
 * remove         TransactWrite               4 writes
 */

/** Each failure means that another request has just added or removed the same contact. */
const ATTEMPTS = 5;

export function createContactReader(documents: DynamoDBDocumentClient, tableName: string): ContactReader {
  const list = userList(documents, tableName, 'contact');
  return {
    async contacts(userId, range) {
      const rows = await list.rows(userId, range);
      return rows.map((row) => toContact(list.userIn(row), row));
    },
  };
}

export function createContactWriter(documents: DynamoDBDocumentClient, tableName: string): ContactWriter {
  const list = userList(documents, tableName, 'contact');
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
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if ((await replace({ ...list.keyOf(userId, contactId), ...facts })) !== undefined) return true;
        const addition = list.adding(userId, contactId, facts, maximum);
        const refusals = await transactOrRefusals(documents, addition);
        if (refusals.length === 0) return true;
        if (!refusals.includes(0)) return false;
      }
      throw new UnavailableError();
    },

    async remove(userId, contactId) {
      await transact(documents, list.removing(userId, contactId));
    },
  };
}

function toContact(userId: string, { alias, favorite }: Item): Contact {
  return {
    userId,
    ...(alias !== undefined && { alias: String(alias) }),
    ...(favorite === true && { favorite }),
  };
}
