import type { BatchGetCommandInput, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
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

it('a page of messages queries the volumes of its range, and no others', async () => {
  vi.stubEnv('MESSAGES_PER_VOLUME', '2');
  onTestFinished(() => void vi.unstubAllEnvs());
  const asked: unknown[] = [];
  const empty = {
    async send({ input }: QueryCommand) {
      asked.push(input.ExpressionAttributeValues?.[':pk']);
      return { Items: [] };
    },
  } as unknown as DynamoDBDocumentClient;
  await createMessageReader(empty, table).page('dm:a:b', { head: 9, after: 5, limit: 2 });
  expect(asked).toEqual(['dm:a:b#3', 'dm:a:b#4']);
});

describe('a page of two conversations, with the departures before it (IM-CHANGE-3),', () => {
  const pageWith = async (departures: number, limit = 2) => {
    const name = (n: number) => String(n).padStart(4, '0');
    const rows = [
      ...Array.from({ length: departures }, (_, n) => `#left#${name(n).padStart(15, '0')}#g:${name(n)}`),
      ...Array.from({ length: 300 }, (_, n) => `g:${name(n)}`),
    ].map((sk) => ({ pk: 'u#bob', sk }));
    const read: number[] = [];
    const crowd = {
      async send({ input }: QueryCommand) {
        const start: string = input.ExclusiveStartKey?.['sk'] ?? '';
        const Items = rows.filter(({ sk }) => sk > start).slice(0, input.Limit);
        read.push(Items.length);
        return { Items, ...(Items.length === input.Limit && { LastEvaluatedKey: Items.at(-1) }) };
      },
    } as unknown as DynamoDBDocumentClient;
    const page = { limit, departedSinceMs: 1 };
    const found = await createConversationReader(crowd, 'table').memberships('bob', page);
    return { departed: found.departed?.length, listed: found.memberships.length, read };
  };

  it.each([
    [0, { departed: 0, read: [2] }],
    [1, { departed: 1, read: [2, 1] }],
    [100, { departed: 100, read: [2, 100] }],
    [102, { departed: undefined, read: [2, 100, 2] }],
    [1_000, { departed: undefined, read: [2, 100, 2] }],
  ])('reads up to a hundred of %i departures, and lists either all or none', async (departures, expected) => {
    expect(await pageWith(departures)).toEqual({ ...expected, listed: 2 });
  });

  it('lists a hundred departures that end with a page, and finds that there are more', async () => {
    expect(await pageWith(100, 100)).toEqual({ departed: 100, listed: 100, read: [100, 100] });
    expect(await pageWith(101, 100)).toEqual({ departed: undefined, listed: 100, read: [100, 100, 1] });
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
