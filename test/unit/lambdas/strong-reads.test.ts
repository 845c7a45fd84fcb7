import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAccounts } from '../../../lambdas/adapters/account-table.ts';
import { createBlockReader } from '../../../lambdas/adapters/block-table.ts';
import { createContactReader } from '../../../lambdas/adapters/contact-table.ts';
import { createConversationReader } from '../../../lambdas/adapters/conversation-table.ts';
import { createDeskOutbox, createDeskReader } from '../../../lambdas/adapters/desk-table.ts';
import { createGroupOutbox, createGroupReader } from '../../../lambdas/adapters/group-table.ts';
import { createInbox } from '../../../lambdas/adapters/inbox-table.ts';
import { createMessageReader } from '../../../lambdas/adapters/message-table.ts';
import { createPinReader } from '../../../lambdas/adapters/pin-table.ts';
import { createProfileReader } from '../../../lambdas/adapters/profile-table.ts';
import { createReactionReader } from '../../../lambdas/adapters/reaction-table.ts';
import { createRouteTable } from '../../../lambdas/adapters/route-table.ts';
import { NOON } from '../../adapters/memory/world.ts';

interface ReadInput {
  readonly ConsistentRead?: boolean;
  readonly RequestItems?: Readonly<Record<string, { readonly ConsistentRead?: boolean }>>;
}

let reads: (boolean | undefined)[] = [];
/** Finds nothing. */
const documents = {
  send: async (command: { readonly input: ReadInput }) => {
    const { ConsistentRead, RequestItems } = command.input;
    if (command instanceof GetCommand || command instanceof QueryCommand) reads.push(ConsistentRead);
    else reads.push(...Object.values(RequestItems ?? {}).map((one) => one.ConsistentRead));
    return command instanceof QueryCommand && command.input.KeyConditionExpression?.includes(':end')
      ? { Items: [{ sk: 'a#ann', status: 'ready' }] }
      : {};
  },
} as unknown as DynamoDBDocumentClient;
beforeEach(() => {
  reads = [];
});

const clock = () => NOON;
const table = { tableName: 'table', clock };
const key = { seq: 1, conversationId: 'dm:alice:bob', from: 'alice', clientMsgId: 'c1' };
const chat = {
  conversationId: 'cs:1',
  queue: 'default',
  state: 'waiting',
  customer: 'bob',
  openedAtMs: NOON,
} as const;
const conversations = createConversationReader(documents, 'table');
const groups = createGroupReader(documents, 'table');
const desk = createDeskReader(documents, 'table');
const outbox = createDeskOutbox(documents, 'table');
const groupOutbox = createGroupOutbox(documents, 'table');
const inbox = createInbox(documents, table);
const messages = createMessageReader(documents, table);
const routes = createRouteTable(documents, 'table');
const reactions = createReactionReader(documents, 'table');
const profiles = createProfileReader(documents, 'table');
const message = { ...key, messageId: 'M', sentAt: NOON };

describe('a read is strongly consistent, so that it finds earlier writes:', () => {
  it.each<readonly [string, () => Promise<unknown>, number]>([
    ['the head of a conversation', () => conversations.head('dm:alice:bob'), 1],
    ['the heads of many', () => conversations.heads(['dm:alice:bob']), 1],
    ['a membership', () => conversations.membership('alice', 'dm:alice:bob'), 1],
    ['memberships by conversation', () => conversations.membershipsIn('alice', ['dm:alice:bob']), 1],
    ['memberships of a user', () => conversations.memberships('alice', { limit: 1 }), 1],
    [
      'read positions',
      () => conversations.readSeqs([{ userId: 'alice', conversationId: 'dm:alice:bob' }]),
      1,
    ],
    ['members, paged', () => groups.members('g:1', { limit: 1 }), 1],
    ['members by name', () => groups.getMembers('g:1', ['alice']), 1],
    ['the open chat of a customer', () => desk.openChatOf('bob', 'default'), 1],
    ['waiting chats', () => desk.waiting('default', 1), 1],
    ['a position in the queue', () => desk.positionOf(chat), 1],
    ['an agent', () => desk.agent('ann'), 1],
    ['ready agents, by queue and then by agent', () => desk.readyAgents(['default']), 2],
    ['the number of agents', () => desk.agentCounts('default'), 1],
    ['chats of an agent', () => desk.chatIds({ of: { agent: 'ann' }, part: 'open' }, { limit: 1 }), 1],
    ['pending notifications', () => outbox.pending('default'), 1],
    ['changes of a group to be delivered', () => groupOutbox.pending('g:1'), 1],
    ['the inbox', () => inbox.first('bob', 1), 1],
    ['messages by key', () => messages.getMany([key]), 1],
    ['messages by seq', () => messages.page('dm:alice:bob', { head: 99, limit: 1 }), 1],
    [
      'the number of unread messages',
      () =>
        messages.countOthers('dm:alice:bob', 'bob', { after: 0, upTo: 9, maximum: 9, budget: { units: 9 } }),
      1,
    ],
    ['a session', () => routes.find('bob', 'phone'), 1],
    ['sessions', () => routes.sessionsOf(['bob']), 1],
    ["an agent's presence", () => routes.presencesOf(['ann']), 1],
    ['an account', () => createAccounts(documents, 'table').account('bob'), 1],
    ['pins', () => createPinReader(documents, 'table').pins('dm:alice:bob'), 1],
    ["a user's reactions", () => reactions.ofUser('bob', [message]), 1],
    ['contacts', () => createContactReader(documents, 'table').contacts('bob', { limit: 1 }), 1],
    ['blocks', () => createBlockReader(documents, 'table').blocks('bob', { limit: 1 }), 1],
    [
      'blocks among pairs',
      () => createBlockReader(documents, 'table').blocked([{ userId: 'bob', peer: 'alice' }]),
      1,
    ],
    ["a user's own profile", () => profiles.profiles(['bob'], false), 1],
  ])('%s', async (_, read, calls) => {
    await read();
    expect(reads).toEqual(Array(calls).fill(true));
  });
});

describe('a read that may be a second old is eventually consistent, for half the units:', () => {
  it('presence as shown to others', async () => {
    await routes.presencesOf(['bob'], { mayBeStale: true });
    expect(reads).toEqual([false]);
  });

  it('profiles of others', async () => {
    await profiles.profiles(['bob'], true);
    expect(reads).toEqual([false]);
  });
});
