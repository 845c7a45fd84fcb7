import type { BatchGetCommandInput, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { createConversationReader } from '../../../lambdas/adapters/conversation-table.ts';
import { createDeskReader } from '../../../lambdas/adapters/desk-table.ts';
import { createGroupReader } from '../../../lambdas/adapters/group-table.ts';
import { createInbox } from '../../../lambdas/adapters/inbox-table.ts';
import { createMessageReader } from '../../../lambdas/adapters/message-table.ts';
import type { Chat } from '../../../lambdas/domain/model/chat.ts';
import { LIMITS } from '../../../protocol/limits.ts';
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
    ['messages', async () => (await messages.page('dm:a:b', { head: 99, limit: 2 })).messages, [3, 2, 1]],
    ['chats', () => desk.chatIds({ of: { agent: 'ann' }, part: 'open' }, { limit: 2 }), [3, 2, 1]],
  ])('%s', async (_, read, expected) => {
    expect(await read()).toHaveLength(2);
    expect(limits).toEqual(expected);
  });
});

describe("the desk's reads of a queue", () => {
  it('is at most the highest position that a customer is told (IM-DESK-5)', async () => {
    const chat = { conversationId: 'cs:1', queue: 'q', state: 'waiting', customer: 'bob', openedAtMs: NOON };
    expect(await desk.positionOf(chat as Chat)).toBe(1);
    expect(limits).toEqual([LIMITS.maxPosition]);
  });

  it('is a hundred agents at a time, of those that are ready', async () => {
    const agents = Array.from({ length: 230 }, (_, n) => ({
      pk: `a#ann${n}`,
      sk: `a#ann${n}`,
      status: n < 220 ? 'ready' : 'away',
      queues: n === 0 ? ['other'] : ['q'],
    }));
    const batches: number[] = [];
    const crowd = {
      async send({ input }: { readonly input: BatchGetCommandInput }) {
        const keys = input.RequestItems?.['table']?.Keys;
        if (keys === undefined) return { Items: agents };
        batches.push(keys.length);
        const found = agents.filter(({ pk }) => keys.some((key) => key['pk'] === pk));
        // An agent who went away between the two reads.
        const now = found.map((agent) => (agent === agents[1] ? { ...agent, status: 'away' } : agent));
        return { Responses: { table: now } };
      },
    } as unknown as DynamoDBDocumentClient;
    const found = await createDeskReader(crowd, 'table').readyAgents(['q']);
    expect(found.map(({ userId }) => userId)).toEqual(agents.slice(2, 220).map(({ pk }) => pk.slice(2)));
    expect(batches).toEqual([100, 100, 20]);
  });
});
