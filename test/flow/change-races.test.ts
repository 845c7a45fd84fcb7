/** @module-tag long */
import { BatchWriteCommand, DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BreakpointStage, steps } from '../../local/aws-proxy/index.ts';
import { dynamoDbClient } from '../../local/emulators/clients.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending, textContent } from './setup/sends.ts';
import { IGNORED_GATEWAY_FRAME, type TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/** A change of a message is stopped at each of its AWS calls in turn, and another change is made there. */
const proxy = createTestProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
  // A cold start would take longer than a hold may last.
  const [a, b] = [newUser('warm'), newUser('warm')];
  const alice = await stack.join(a);
  await alice.request(sending(b, 'warm'));
  await alice.request({ action: 'recall', to: b, seq: 1 });
  await other(a, b, 'DELETE', '1');
});
afterAll(() => stack?.stop());

const STAGES: readonly BreakpointStage[] = ['before', 'after'];

const pathOf = (a: string, b: string, rest: string) =>
  `/conversations/${encodeURIComponent(`dm:${a}:${b}`)}${rest}`;
/** Over HTTP, so that the held route is that of the first change only. */
const other = (user: string, peer: string, method: string, rest: string, body?: object) =>
  stack.http(user, pathOf(...([user, peer].sort() as [string, string]), `/messages/${rest}`), {
    method,
    ...(body && { body: JSON.stringify(body) }),
  });
const pinsOf = async (a: string, b: string) => (await stack.http(a, pathOf(a, b, '/pins'))).body.messages;

const edit = (to: string, editId: string) => ({
  action: 'edit',
  to,
  seq: 1,
  editId,
  content: textContent(editId),
});
const react = (to: string) => ({ action: 'react', to, seq: 1, name: 'ok', on: true });
const pin = (to: string) => ({ action: 'pin', to, seq: 1, on: true });
const recall = (to: string) => ({ action: 'recall', to, seq: 1 });

interface Race {
  readonly held: (to: string) => Readonly<Record<string, unknown>>;
  readonly meets: (a: string, b: string) => Promise<Json>;
  readonly ends: (message: Json, reply: Json, met: Json) => void;
}

const isRecalled = (message: Json) => {
  expect(message.content).toMatchObject({ type: 'recalled' });
  expect(message).not.toHaveProperty('reactions');
  expect(message).not.toHaveProperty('pinned');
};
const RACES: Readonly<Record<string, Race>> = {
  'an edit and another edit': {
    held: (to) => edit(to, 'one'),
    meets: (a, b) => other(a, b, 'PATCH', '1', { editId: 'two', content: textContent('two') }),
    ends: (message, reply, { status }) => {
      expect([reply.type, status, message.rev]).toEqual(['message', 200, 2]);
      expect(['one', 'two']).toContain(message.content.text);
    },
  },
  'an edit and a recall': {
    held: (to) => edit(to, 'one'),
    meets: (a, b) => other(a, b, 'DELETE', '1'),
    ends: (message, reply, { status }) => {
      isRecalled(message);
      expect(status).toBe(200);
      expect(reply.type === 'message' || reply.code === 'forbidden').toBe(true);
    },
  },
  'a recall and an edit': {
    held: recall,
    meets: (a, b) => other(a, b, 'PATCH', '1', { editId: 'two', content: textContent('two') }),
    ends: (message, reply) => {
      isRecalled(message);
      expect(reply.type).toBe('message');
    },
  },
  'a reaction and a recall': {
    held: react,
    meets: (a, b) => other(a, b, 'DELETE', '1'),
    ends: (message, reply) => {
      isRecalled(message);
      expect(reply.type === 'message' || reply.code === 'forbidden').toBe(true);
    },
  },
  'a recall and a reaction': {
    held: recall,
    meets: (a, b) => other(b, a, 'PUT', '1/reactions/ok'),
    ends: (message, reply) => {
      isRecalled(message);
      expect(reply.type).toBe('message');
    },
  },
  'a reaction and another one': {
    held: react,
    meets: (a, b) => other(b, a, 'PUT', '1/reactions/ok'),
    ends: (message, reply, { status, body }) => {
      expect([reply.type, status]).toEqual(['message', 200]);
      expect(message.reactions).toMatchObject([{ name: 'ok', count: 2 }]);
      expect(message.rev).toBe(Math.max(reply.message.rev, body.rev));
      expect(reply.message.reactions[0].mine && body.reactions[0].mine).toBe(true);
    },
  },
  'a pin and a recall': {
    held: pin,
    meets: (a, b) => other(a, b, 'DELETE', '1'),
    ends: (message, reply) => {
      isRecalled(message);
      expect(reply.type === 'message' || reply.code === 'forbidden').toBe(true);
    },
  },
  'a pin and an unpin': {
    held: pin,
    meets: (a, b) => other(b, a, 'DELETE', '1/pin'),
    ends: (_, reply, { status }) => expect([reply.type, status]).toEqual(['message', 200]),
  },
};

describe('two changes of a message', () => {
  it.each(Object.keys(RACES))(
    'that meet at any call end as if one had come after the other: %s (IM-CHANGE-5, IM-EDIT, IM-REACT, IM-PIN)',
    async (name) => {
      const race = RACES[name] as Race;
      const route = String(race.held('x')['action']);
      let [a, b] = ['', ''];
      let rounds = 0;
      const run = async () => {
        [a, b] = [newUser('alice'), newUser('bob')];
        const alice = await stack.join(a);
        await alice.request(sending(b, 'hi'));
        return alice.request(race.held(b));
      };
      for await (const step of steps(proxy, { route, run })) {
        rounds += 1;
        const met = await race.meets(a, b);
        step.release();
        const reply = await step.finished;
        const [message] = await historyOf(stack, a, b);
        race.ends(message, reply, met);
        // The list and the message agree, whoever was last.
        expect((await pinsOf(a, b)).map(({ seq }: Json) => seq)).toEqual(message.pinned ? [1] : []);
      }
      expect(rounds).toBeGreaterThanOrEqual(4);
    },
  );

  it.each((['react', 'pin'] as const).flatMap((route) => STAGES.map((when) => [route, when] as const)))(
    '%s takes effect once when its function dies %s any call and the client repeats (IM-REACT, IM-PIN)',
    async (route, when) => {
      let [a, b] = ['', ''];
      const run = async () => {
        [a, b] = [newUser('alice'), newUser('bob')];
        const alice = await stack.join(a);
        await alice.request(sending(b, 'hi'));
        return untilKnown(alice, (route === 'react' ? react : pin)(b));
      };
      for await (const step of steps(proxy, { route, when, run })) {
        step.fail(when === 'before' ? 'kill' : 'kill-after');
        expect(await step.finished).toMatchObject({ type: 'message' });
        const [message] = await historyOf(stack, a, b);
        if (route === 'react')
          expect(message.reactions).toEqual([{ name: 'ok', count: 1, users: [a], mine: true }]);
        else expect([message.pinned.by, (await pinsOf(a, b)).length]).toEqual([a, 1]);
      }
    },
  );
});

async function untilKnown(socket: TestSocket, frame: Readonly<Record<string, unknown>>): Promise<Json> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const answer = await Promise.race([
      socket.request(frame),
      socket.gatewayFrame().then(() => IGNORED_GATEWAY_FRAME),
    ]);
    if (answer !== IGNORED_GATEWAY_FRAME && answer.retryable !== true) return answer;
  }
  throw new Error('No definite answer.');
}

it('500 members who react to one message at once are all counted, with a bounded number of writes (IM-REACT)', async () => {
  const owner = newUser('owner');
  const members = Array.from({ length: 500 }, () => newUser('m'));
  const post = (path: string, body: object) =>
    stack.http(owner, path, { method: 'POST', body: JSON.stringify(body) });
  const { conversationId } = (await post('/groups', { name: 'Many', members: [] })).body;
  await seedMembers(conversationId, members);
  const { seq } = (await post('/messages', { clientMsgId: 'c', conversationId, content: textContent('hi') }))
    .body;
  const react = (user: string, method: string) =>
    stack.http(user, `/conversations/${conversationId}/messages/${seq}/reactions/ok`, { method });
  const shown = async () => {
    const page = `/conversations/${conversationId}/messages?after=${seq - 1}&limit=1`;
    return (await stack.http(owner, page)).body.messages[0];
  };
  proxy.reset();
  const answers: number[] = [];
  const left = [...members];
  const worker = async () => {
    for (let user = left.pop(); user !== undefined; user = left.pop())
      answers.push((await react(user, 'PUT')).status);
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  expect(answers.filter((status) => status === 200)).toHaveLength(500);
  const message = await shown();
  expect(message.reactions).toMatchObject([{ name: 'ok', count: 500 }]);
  const writes = proxy.calls.filter(
    ({ operation, tables }) =>
      operation === 'UpdateItem' && tables.some((table) => table.includes('Messages')),
  );
  // The reaction and the message for each, and the name by those who came before it was shown.
  expect(writes.length).toBeGreaterThanOrEqual(1_000);
  expect(writes.length).toBeLessThanOrEqual(1_500);
  await Promise.all(members.slice(0, 20).map((user) => react(user, 'DELETE')));
  expect((await shown()).reactions).toMatchObject([{ name: 'ok', count: 480 }]);
});

/** Members of a group, as the functions would have written them. */
async function seedMembers(conversationId: string, members: readonly string[]): Promise<void> {
  const TableName =
    stack.stack.tables.find(({ logicalId }) => logicalId.includes('Conversations'))?.tableName ?? '';
  const documents = DynamoDBDocumentClient.from(dynamoDbClient(stack.endpoints.dynamodb));
  const rows = members.flatMap((userId) => [
    { pk: conversationId, sk: `m#${userId}`, joinedSeq: 1 },
    { pk: `u#${userId}`, sk: conversationId, readSeq: 0, visibleFrom: 1 },
  ]);
  for (let start = 0; start < rows.length; start += 25) {
    const requests = rows.slice(start, start + 25).map((Item) => ({ PutRequest: { Item } }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: requests } }));
  }
  await documents.send(
    new UpdateCommand({
      TableName,
      Key: { pk: conversationId, sk: 'head' },
      UpdateExpression: 'SET memberCount = :count',
      ExpressionAttributeValues: { ':count': members.length + 1 },
    }),
  );
  documents.destroy();
}
