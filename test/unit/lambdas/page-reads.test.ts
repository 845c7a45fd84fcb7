import type { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { createConversationReader } from '../../../lambdas/adapters/conversation-table.ts';
import { createDeskReader } from '../../../lambdas/adapters/desk-table.ts';
import { createGroupReader } from '../../../lambdas/adapters/group-table.ts';
import { createInbox } from '../../../lambdas/adapters/inbox-table.ts';
import { createMessageReader } from '../../../lambdas/adapters/message-table.ts';
import { NOON } from '../../adapters/memory/world.ts';

/** A partition of six rows. DynamoDB reads as many as the limit says, hides some by a filter, and names the last one. */
const ROWS = [{ isHidden: true }, { isHidden: true }, {}, { isHidden: true }, {}, {}] as readonly {
  readonly isHidden?: true;
}[];

let limits: (number | undefined)[] = [];
const documents = {
  async send({ input }: QueryCommand) {
    limits.push(input.Limit);
    const start = Number(input.ExclusiveStartKey?.['row'] ?? 0);
    const end = start + (input.Limit ?? ROWS.length);
    const Items = ROWS.slice(start, end).flatMap(({ isHidden }, n) =>
      isHidden ? [] : [{ sk: `o#${start + n}`, pk: 'p', seq: start + n }],
    );
    return { Items, ...(end <= ROWS.length && { LastEvaluatedKey: { row: end } }) };
  },
} as unknown as DynamoDBDocumentClient;
beforeEach(() => {
  limits = [];
});

const table = { tableName: 'table', clock: () => NOON };
const conversations = createConversationReader(documents, 'table');
const groups = createGroupReader(documents, 'table');
const inbox = createInbox(documents, table);
const messages = createMessageReader(documents, table);
const desk = createDeskReader(documents, 'table');

describe('a page of two reads no more rows than it needs, and goes on behind hidden ones:', () => {
  it.each<readonly [string, () => Promise<readonly unknown[]>, readonly number[]]>([
    [
      'conversations',
      async () => (await conversations.memberships('bob', { limit: 2 })).memberships,
      [2, 2, 1],
    ],
    ['members', async () => (await groups.members('g:1', { limit: 2 })).members, [3, 2, 1]],
    ['the inbox', async () => (await inbox.first('bob', 2)).references, [3, 2, 1]],
    ['messages', async () => (await messages.page('dm:a:b', { limit: 2 })).messages, [3, 2, 1]],
    ['chats', () => desk.chatIds({ of: { agent: 'ann' }, part: 'open' }, { limit: 2 }), [3, 2, 1]],
  ])('%s', async (_, read, expected) => {
    expect(await read()).toHaveLength(2);
    expect(limits).toEqual(expected);
  });
});
