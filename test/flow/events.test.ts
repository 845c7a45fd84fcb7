/** @module-tag long */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FaultKind } from '../../local/aws-proxy/index.ts';
import { dynamoDbClient, sqsClient } from '../../local/emulators/clients.ts';
import { platformAssembly } from '../setup/assembly.ts';
import { commandLine } from '../setup/command-line.ts';
import { PATIENCE_MS } from '../setup/patience.ts';
import { asAdmin } from './setup/admin.ts';
import { assigned, deskEnvironment, deskOf, newQueue, openChat, updated } from './setup/desk.ts';
import { groupsOf } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { replayEvents } from './setup/replay.ts';
import { sending, sendServiceEvent, textContent } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { countsOf, type Subscriber, subscribeTo } from './setup/subscriber.ts';
import { eraseUser } from './setup/tasks.ts';
import { whileTimePasses } from './setup/time.ts';

const proxy = createTestProxy();
const logs: string[] = [];
let stack: Stack;
let events: Subscriber;
beforeAll(async () => {
  stack = await startStack({
    cdkOut: await platformAssembly(),
    awsProxy: proxy.attach,
    environment: deskEnvironment(),
    onWarning: () => undefined,
    onLogLine: (_, line) => void logs.push(line),
  });
  events = await subscribeTo(stack);
  await sent('warm');
});
afterEach(() => proxy.clearFaults());
afterAll(async () => {
  events?.stop();
  await stack?.stop();
});

const { call, newGroup, send } = groupsOf(() => stack);
const PUBLISHING = { function: 'PublishEvents', operation: 'PublishBatch' };
/** A call with this text: one that repeats an earlier test's events may come at any time. */
const publishing = (text: string) => ({
  ...PUBLISHING,
  where: (_: unknown, input: unknown) => (JSON.stringify(input) ?? '').includes(text),
});

/** Two users, one of whom has sent this text to the other. */
async function sent(text: string) {
  const [a, b] = [newUser('alice'), newUser('bob')];
  const [alice, bob] = [await stack.join(a), await stack.join(b)];
  const ack = await alice.request(sending(b, text));
  const conversationId = `dm:${[a, b].sort().join(':')}`;
  return { a, b, alice, bob, ack, conversationId, id: `${ack.messageId}-0` };
}

const history = async (user: string, conversationId: string): Promise<Json[]> =>
  (await stack.http(user, `/conversations/${encodeURIComponent(conversationId)}/messages`)).body.messages;
const ofConversation = async (conversationId: string) =>
  (await events.all()).filter((event) => event.conversationId === conversationId);

describe('events (IM-EVENT)', () => {
  it('tell of each message and each of its changes, with the message as it was then (IM-EVENT-1, IM-EVENT-2)', async () => {
    const { a, b, alice, bob, ack, conversationId, id } = await sent('hi');
    const place = { to: b, seq: ack.seq };
    const content = { type: 'text', text: 'hi!' };
    await alice.request({ action: 'edit', ...place, editId: 'e1', content });
    await bob.request({ action: 'react', conversationId, seq: ack.seq, name: '👍', on: true });
    await bob.request({ action: 'pin', conversationId, seq: ack.seq, on: true });
    await alice.request({ action: 'recall', ...place });
    await events.ids(id, ...[1, 2, 3, 4].map((rev) => `${ack.messageId}-${rev}`));
    const told = (await ofConversation(conversationId)).toSorted((x, y) => x.rev - y.rev);
    const [stored] = await history(a, conversationId);
    expect(told).toMatchObject([
      {
        type: 'message.created',
        id,
        at: ack.sentAt,
        seq: 1,
        rev: 0,
        actor: a,
        data: { message: { content: { text: 'hi' } } },
      },
      {
        type: 'message.changed',
        rev: 1,
        actor: a,
        data: { change: { kind: 'edited', by: a }, message: { content } },
      },
      {
        type: 'message.changed',
        rev: 2,
        actor: b,
        data: {
          change: { kind: 'reacted', by: b, name: '👍', on: true },
          message: { reactions: [{ name: '👍', count: 1 }] },
        },
      },
      { type: 'message.changed', rev: 3, actor: b, data: { change: { kind: 'pinned', by: b } } },
      {
        type: 'message.changed',
        rev: 4,
        actor: a,
        data: { change: { kind: 'recalled', by: a }, message: stored },
      },
    ]);
    // The message as clients see it: its hash and its change are nobody's business there.
    expect(Object.keys(told[4]?.data.message)).not.toContain('change');
    expect(stored).not.toHaveProperty('change');
  });

  it('tell that a message was erased, and of a reaction that was taken back with its user (IM-EVENT-2, IM-ERASE-5)', async () => {
    const { a, b, alice, bob, ack, conversationId } = await sent('secret');
    const answer = await bob.request(sending(a, 'an answer', 'answer'));
    await alice.request({ action: 'react', to: b, seq: answer.seq, name: '👍', on: true });
    await eraseUser(stack, a);
    await events.ids(`${ack.messageId}-1`, `${answer.messageId}-2`);
    const told = (await ofConversation(conversationId)).filter(({ actor }) => actor === 'system');
    const change = { kind: 'erased', by: 'system' };
    expect(told.toSorted((x, y) => x.seq - y.seq)).toMatchObject([
      { type: 'message.changed', seq: 1, rev: 1, data: { change, message: { content: { type: 'erased' } } } },
      {
        type: 'message.changed',
        seq: 2,
        rev: 2,
        data: { change, message: { content: textContent('an answer') } },
      },
    ]);
    expect(told[1]?.data.message).not.toHaveProperty('reactions');
  });

  it('tell of members who join and leave, beside the system message (IM-EVENT-2)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const group = await newGroup(a, [b]);
    await call(a, 'POST', `/groups/${group}/members`, { members: [c] });
    await send(b, 'DELETE', `/groups/${group}/members/${b}`);
    await send(a, 'DELETE', `/groups/${group}/members/${c}`);
    const messages = await history(a, group);
    expect(messages.map(({ content }) => content.event)).toEqual(['created', 'joined', 'left', 'removed']);
    const types = ['member.joined', 'member.joined', 'member.left', 'member.left'];
    await events.ids(
      ...messages.flatMap(({ messageId }, n) => [`${messageId}-0`, `${messageId}-0-${types[n]}`]),
    );
    const told = (await ofConversation(group))
      .filter(({ type }) => type.startsWith('member.'))
      .toSorted((x, y) => x.seq - y.seq);
    expect(told).toMatchObject([
      { type: 'member.joined', seq: 1, actor: a, data: { event: 'created', users: [a, b], name: 'Rowers' } },
      { type: 'member.joined', seq: 2, actor: a, data: { event: 'joined', users: [c] } },
      { type: 'member.left', seq: 3, actor: b, data: { event: 'left', users: [b] } },
      { type: 'member.left', seq: 4, actor: a, data: { event: 'removed', users: [c] } },
    ]);
  });

  it('tell of support chats (IM-EVENT-2)', async () => {
    const desk = deskOf(() => stack);
    const queue = newQueue();
    const customer = await desk.customer();
    const { conversationId } = await openChat(customer, queue, { topic: 'A boat' });
    const agent = await desk.readyAgent(queue);
    await assigned(agent, conversationId);
    await customer.socket.request({ action: 'desk.close', conversationId });
    await updated(agent, conversationId, ({ state }) => state === 'closed');
    await events.event((event) => event.conversationId === conversationId && event.type === 'desk.closed');
    const told = (await ofConversation(conversationId)).filter(({ type }) => type.startsWith('desk.'));
    expect(told.toSorted((x, y) => x.seq - y.seq)).toMatchObject([
      { type: 'desk.opened', actor: customer.user, data: { name: 'A boat' } },
      { type: 'desk.assigned', data: { users: [agent.user] } },
      { type: 'desk.closed', actor: customer.user },
    ]);
  });

  it('tell of reports and bans, each once (IM-EVENT-1, IM-EVENT-2)', async () => {
    const { a, b, ack, conversationId } = await sent('buy-boats');
    const headers = { authorization: `Bearer ${await stack.token(b)}` };
    const body = JSON.stringify({ conversationId, seq: ack.seq, reason: 'spam' });
    for (let times = 0; times < 2; times += 1)
      await fetch(`${stack.httpUrl}/reports`, { method: 'POST', headers, body });
    const until = Date.now() + 3_600_000;
    await sendServiceEvent(stack, { type: 'user.banned', userId: a, until, reason: 'boats' });
    const banned = await events.event(({ type, data }) => type === 'user.banned' && data.userId === a);
    await sendServiceEvent(stack, { type: 'user.unbanned', userId: a });
    const unbanned = await events.event(({ type, data }) => type === 'user.unbanned' && data.userId === a);
    expect(banned).toMatchObject({ data: { userId: a, until, reason: 'boats' } });
    expect(unbanned).not.toHaveProperty('actor');
    const reports = (await ofConversation(conversationId)).filter(({ type }) => type === 'message.reported');
    expect(reports).toMatchObject([
      {
        id: `${ack.messageId}-reported-${b}`,
        seq: 1,
        actor: b,
        data: { reason: 'spam', message: { from: a } },
      },
    ]);
  });

  it('tell of each call of the admin API, also of one that is refused, and of no content (IM-ADMIN-2)', async () => {
    const { a, b, conversationId } = await sent('hi');
    const message = { from: a, to: b, clientMsgId: 'm2', content: textContent('CANARY') };
    expect(await asAdmin(stack, 'POST /admin/messages', message)).toMatchObject({ status: 200 });
    const route = (seq: number) =>
      `DELETE /admin/conversations/${encodeURIComponent(conversationId)}/messages/${seq}`;
    expect(await asAdmin(stack, route(99))).toMatchObject({ status: 404 });
    const isOf = (action: string) => (event: Json) =>
      event.type === 'admin.called' &&
      event.data.action === action &&
      [event.data.target?.from, event.conversationId].some((id) => [a, conversationId].includes(id));
    const done = await events.event(isOf('POST /admin/messages'));
    const action = 'DELETE /admin/conversations/{conversationId}/messages/{seq}';
    const refused = await events.event(isOf(action));
    const caller = expect.stringMatching(/^arn:aws:iam::\d{12}:user\/local$/);
    expect(done).toEqual({
      id: expect.stringMatching(/.-admin\.called$/),
      type: 'admin.called',
      version: 1,
      at: expect.any(Number),
      data: {
        caller,
        action: 'POST /admin/messages',
        target: { from: a, to: b, clientMsgId: 'm2' },
        outcome: 'done',
      },
    });
    expect(refused).toMatchObject({
      conversationId,
      data: { caller, action, target: { conversationId, seq: 99 }, outcome: 'not_found' },
    });
    expect(refused.id).not.toBe(done.id);
    expect(refused).not.toHaveProperty('actor');
  });

  it('tell of a group that the operator deletes, and of its members before (IM-ADMIN-4)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b]);
    const route = `/admin/groups/${encodeURIComponent(id)}`;
    expect(await asAdmin(stack, `DELETE ${route}`)).toMatchObject({ status: 202 });
    await whileTimePasses({ proxy, advance: stack.advanceQueues }, events.ids(`${id}-group.deleted`));
    expect(await ofConversation(id)).toContainEqual({
      id: `${id}-group.deleted`,
      type: 'group.deleted',
      version: 1,
      at: expect.any(Number),
      conversationId: id,
      data: {},
    });
    const left = (await ofConversation(id)).filter(({ type }) => type === 'member.left');
    expect(left).toMatchObject([{ data: { event: 'removed', users: [a, b].sort() } }]);
  });

  it('of the admin API that can not be written change no answer, and are logged (IM-ADMIN-2)', async () => {
    proxy.inject({ function: 'Admin', operation: 'PutItem', fault: 'error' });
    const user = newUser('alice');
    expect(await asAdmin(stack, `GET /admin/users/${user}`)).toMatchObject({ status: 200 });
    await vi.waitFor(
      () => expect(logs.some((line) => line.includes('admin event failed'))).toBe(true),
      PATIENCE_MS,
    );
  });

  it('tell of nothing else, and cost no invocation for it (IM-EVENT-3)', async () => {
    const { a, b, alice, bob, conversationId, id } = await sent('one');
    await events.ids(id);
    await proxy.untilIdle();
    const invoked = () => proxy.counts({ function: 'PublishEvents' }).calls;
    const before = invoked();
    await bob.request({ action: 'read', conversationId, seq: 1 });
    alice.send(JSON.stringify({ action: 'typing', to: b, typing: true }));
    await stack.http(a, '/profile', { method: 'PUT', body: JSON.stringify({ name: 'Alice' }) });
    await stack.http(a, `/contacts/${b}`, { method: 'PUT', body: '{}' });
    await alice.request(sending(b, 'one'));
    // A repeat is answered by its original. The next message is behind all of them.
    const { messageId } = await alice.request(sending(b, 'two'));
    await events.ids(`${messageId}-0`);
    await proxy.untilIdle();
    expect(invoked() - before).toBe(1);
    expect((await ofConversation(conversationId)).map(({ type }) => type)).toEqual([
      'message.created',
      'message.created',
    ]);
  });

  it('go only to subscribers whose filter policy they match (IM-EVENT-4)', async () => {
    const bans = await subscribeTo(stack, { type: [{ prefix: 'user.' }] });
    const { a, id } = await sent('hi');
    await events.ids(id);
    await sendServiceEvent(stack, { type: 'user.banned', userId: a });
    await bans.event(({ data }) => data.userId === a);
    expect((await bans.all()).map(({ type }) => type)).toEqual(['user.banned']);
    bans.stop();
  });

  it('are on nobody’s way: a send makes the same calls, while the topic hangs (IM-EVENT-1)', async () => {
    const hang = proxy.inject({ ...PUBLISHING, fault: 'hang' });
    const { a, alice, b } = await sent('one');
    const ack = await alice.request(sending(b, 'two'));
    expect(ack).toMatchObject({ type: 'sent', seq: 2 });
    expect(await history(a, `dm:${[a, b].sort().join(':')}`)).toHaveLength(2);
    hang.remove();
    proxy.releaseHangs();
    await events.ids(`${ack.messageId}-0`);
  });
});

describe('a random run, among faults', () => {
  /** Of a linear congruential generator: the same run each time. */
  const drawing = (seed: number) => {
    let state = seed;
    return (below: number) => {
      state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
      return Math.floor((state / 2 ** 32) * below);
    };
  };

  it.each([1, 2])(
    'tells of exactly what the histories have, seed %i (IM-EVENT-1, IM-EVENT-3)',
    async (seed) => {
      const faults = (['error', 'error-after', 'cut-after', 'kill', 'kill-after', 'throttle'] as const).map(
        (fault) => proxy.inject({ ...PUBLISHING, fault, probability: 0.08 }),
      );
      const draw = drawing(seed);
      const users = ['alice', 'bob', 'carol'].map(newUser);
      const [a = '', b = '', c = ''] = users;
      const sockets = await Promise.all(users.map((user) => stack.join(user)));
      const group = await newGroup(a, [b]);
      const at = (user: string) => sockets[users.indexOf(user)] as (typeof sockets)[number];
      const dm = `dm:${[a, b].sort().join(':')}`;
      const target = () => (draw(2) === 0 ? { conversationId: group } : { conversationId: dm });
      const acts: readonly ((n: number) => Promise<unknown>)[] = [
        (n) => at(b).request({ ...sending(a, `m${n}`) }),
        (n) =>
          at(a).request({
            action: 'sendMessage',
            conversationId: group,
            clientMsgId: `g${n}`,
            content: { type: 'text', text: 'hi' },
          }),
        () =>
          at(draw(2) === 0 ? a : b).request({
            action: 'react',
            ...target(),
            seq: 1 + draw(5),
            name: ['👍', '🎉'][draw(2)],
            on: draw(3) > 0,
          }),
        (n) =>
          at(b).request({
            action: 'edit',
            ...target(),
            seq: 1 + draw(5),
            editId: `e${n}`,
            content: { type: 'text', text: `edit ${n}` },
          }),
        () => at(a).request({ action: 'recall', ...target(), seq: 1 + draw(5) }),
        () => at(b).request({ action: 'pin', ...target(), seq: 1 + draw(5), on: draw(2) > 0 }),
        () => call(a, 'POST', `/groups/${group}/members`, { members: [c] }),
        () => send(a, 'DELETE', `/groups/${group}/members/${c}`),
      ];
      // Several at once: what is refused is no event.
      for (let n = 1; n <= 60; n += 4)
        await Promise.all([0, 1, 2, 3].map((more) => acts[draw(acts.length)]?.(n + more)));
      const messages = [...(await history(b, dm)), ...(await history(b, group))];
      const expected = messages.flatMap(({ messageId, rev, content }) => [
        ...Array.from({ length: rev + 1 }, (_, each) => `${messageId}-${each}`),
        ...(['created', 'joined'].includes(content.event) ? [`${messageId}-0-member.joined`] : []),
        ...(content.event === 'removed' ? [`${messageId}-0-member.left`] : []),
      ]);
      expect(expected.length).toBeGreaterThan(25);
      await events.ids(...expected);
      const told = [...(await ofConversation(dm)), ...(await ofConversation(group))];
      expect([...countsOf(told).keys()].sort()).toEqual(expected.toSorted());
      // The last event of a message tells it as the history has it.
      for (const message of messages) {
        const last = told.find(({ id }) => id === `${message.messageId}-${message.rev}`);
        expect(last?.data.message).toMatchObject({
          content: message.content,
          rev: message.rev,
          seq: message.seq,
        });
      }
      expect(faults.reduce((sum, { fired }) => sum + fired, 0)).toBeGreaterThan(3);
    },
  );
});

describe('a worker that dies', () => {
  it.each(['kill', 'kill-after'] as const)(
    'at its call to the topic loses nothing, and repeats only that call: %s (IM-EVENT-1)',
    async (fault) => {
      const text = `one-${fault}`;
      const at = proxy.setBreakpoint({ ...publishing(text), when: fault === 'kill' ? 'before' : 'after' });
      const { alice, b, id, conversationId } = await sent(text);
      await at.reached;
      const died = proxy.nextEnd({ function: 'PublishEvents' });
      at.fail(fault);
      await died;
      const { messageId } = await alice.request(sending(b, 'two'));
      await events.ids(id, `${messageId}-0`);
      await vi.waitFor(async () => {
        const counts = countsOf(await ofConversation(conversationId));
        expect(counts.get(id)).toBe(fault === 'kill' ? 1 : 2);
      }, PATIENCE_MS);
      expect(countsOf(await ofConversation(conversationId)).get(`${messageId}-0`)).toBe(1);
    },
  );
});

describe('a topic that', () => {
  it.each<FaultKind>(['throttle', 'error', 'error-after', 'cut-before', 'cut-after'])(
    'does not answer as it should gets each event until it has it: %s (IM-EVENT-1)',
    async (fault) => {
      const rule = proxy.inject({ ...PUBLISHING, fault, times: 3 });
      const { id, conversationId } = await sent('one');
      await events.ids(id);
      await vi.waitFor(() => expect(rule.fired).toBe(3), PATIENCE_MS);
      await proxy.untilIdle();
      expect(countsOf(await ofConversation(conversationId)).get(id)).toBe(fault.endsWith('after') ? 4 : 1);
    },
  );

  it('hangs is asked again after two seconds (IM-EVENT-1)', async () => {
    const rule = proxy.inject({ ...PUBLISHING, fault: 'hang', times: 1 });
    const { id } = await sent('one');
    await events.ids(id);
    expect(rule.fired).toBe(1);
  });
});

/** Puts a row beside the messages that no function of ours writes. */
async function putBroken(conversationId: string, seq: number): Promise<void> {
  const table = stack.stack.tables.find(({ logicalId }) => logicalId.includes('Messages'));
  const client: DynamoDBClient = dynamoDbClient(stack.endpoints.dynamodb);
  await client.send(
    new PutItemCommand({
      TableName: table?.tableName,
      Item: { pk: { S: `${conversationId}#0` }, sk: { S: `eve#m${seq}` }, seq: { N: String(seq) } },
    }),
  );
  client.destroy();
}

describe('a broken row', () => {
  it('ends in the failure queue, alone, and what is behind it comes out once (IM-EVENT-5)', async () => {
    const { alice, b, id, conversationId } = await sent('one');
    await events.ids(id);
    await proxy.untilIdle();
    const held = proxy.setBreakpoint(publishing('first'));
    const first = await alice.request(sending(b, 'first'));
    await held.reached;
    // These are one batch, since the worker is held.
    const acks = [await alice.request(sending(b, 'before'))];
    await putBroken(conversationId, 99);
    for (const text of ['behind', 'far-behind']) acks.push(await alice.request(sending(b, text)));
    held.release();
    const ids = [first, ...acks].map(({ messageId }) => `${messageId}-0`);
    await whileTimePasses({ proxy, advance: stack.advanceQueues }, events.ids(...ids));
    const counts = countsOf(await ofConversation(conversationId));
    expect(ids.map((each) => counts.get(each))).toEqual([1, 1, 1, 1]);
    const failure = await vi.waitFor(async () => {
      const sqs = sqsClient(stack.endpoints.sqs);
      const QueueUrl = stack.outputs['EventsFailureQueueUrl'];
      const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      sqs.destroy();
      return JSON.parse(message?.Body ?? '');
    }, PATIENCE_MS);
    expect(failure).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted' },
      DDBStreamBatchInfo: { batchSize: 1 },
    });
    const { startSequenceNumber } = failure.DDBStreamBatchInfo;
    expect(logs.join('\n')).toMatch(
      new RegExp(`"record not published".*"sequenceNumber":"${startSequenceNumber}"`),
    );
  });
});

describe('a replay', () => {
  const replay = (request: object) => replayEvents(stack, request);

  it('publishes a conversation’s events with the ids of the first time, from a seq on (IM-EVENT-6)', async () => {
    const { alice, b, ack, id, conversationId } = await sent('one');
    const second = await alice.request(sending(b, 'two'));
    const content = { type: 'text', text: 'one!' };
    await alice.request({ action: 'edit', to: b, seq: 1, editId: 'e', content });
    const ids = [id, `${ack.messageId}-1`, `${second.messageId}-0`];
    await events.ids(...ids);
    expect(await replay({ conversationId })).toEqual({ messages: 2, events: 3 });
    expect(await replay({ conversationId, fromSeq: 2, toSeq: 2 })).toEqual({ messages: 1, events: 1 });
    await vi.waitFor(async () => {
      const counts = countsOf(await ofConversation(conversationId));
      expect(ids.map((each) => counts.get(each))).toEqual([2, 2, 3]);
      expect(counts.size).toBe(3);
    }, PATIENCE_MS);
    expect(await replay({ conversationId: 'dm:x:y' })).toMatchObject({ errorMessage: 'not_found' });
    expect(await replay({ conversationId: 'x', fromSeq: 0 })).toMatchObject({
      errorMessage: expect.stringContaining('invalid_request'),
    });
  });
});

describe('npm run admin -- replay', () => {
  const admin = (...args: readonly string[]) =>
    commandLine(['admin', 'replay', ...args], {
      AWS_ENDPOINT_URL_LAMBDA: stack.endpoints.lambda,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    });

  it('replays a conversation, and says in one line what is wrong (IM-EVENT-6)', async () => {
    const { id, conversationId } = await sent('one');
    await events.ids(id);
    const named = ['--function', stack.outputs['ReplayEventsFunction'] ?? ''];
    expect(await admin(conversationId, ...named)).toMatchObject({
      stdout: 'Published 1 event of 1 message.\n',
    });
    const json = await admin(conversationId, '--from', '2', '--json', ...named);
    expect(json).toMatchObject({ stdout: '{"messages":0,"events":0}\n' });
    await vi.waitFor(async () => expect(countsOf(await events.all()).get(id)).toBe(2), PATIENCE_MS);
    const refused = (text: string, code = 1) => ({ code, stdout: '', stderr: `serverless-im: ${text}\n` });
    expect(await admin('dm:x:y', ...named)).toEqual(
      refused('There is no conversation dm:x:y with a message.'),
    );
    expect(await admin(conversationId, '--from', 'x')).toEqual(
      refused('--from takes a seq, from 1 on, not "x". Help: npm run admin -- replay --help', 2),
    );
  });
});

describe('examples/webhook', () => {
  const main = fileURLToPath(new URL('../../examples/webhook/main.ts', import.meta.url));
  /** The example, with all that it has printed so far. */
  const run = (more: Readonly<Record<string, string>> = {}) => {
    const child = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        EVENTS_TOPIC_ARN: stack.outputs['EventsTopicArn'],
        AWS_ENDPOINT_URL_SNS: stack.endpoints.sns,
        AWS_ENDPOINT_URL_SQS: stack.endpoints.sqs,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        ...more,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += String(chunk);
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return {
      printed: (wanted: string) => expect.poll(() => printed).toContain(wanted),
      text: () => printed,
      async stop(signal: NodeJS.Signals) {
        child.kill(signal);
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      },
    };
  };

  it('prints each event once, and after a restart those that came meanwhile (IM-EVENT-1)', async () => {
    const first = run();
    await first.printed('ready');
    await first.stop('SIGKILL');
    const { id } = await sent('while-it-was-away');
    await events.ids(id);
    const second = run();
    await second.printed('while-it-was-away');
    expect(second.text()).toContain('message.created  dm:');
    await second.stop('SIGTERM');
  });

  it('leaves in the queue what the server has not taken (IM-EVENT-1)', async () => {
    const asked = Promise.withResolvers<void>();
    let status = 500;
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      const body = await text(request);
      if (status === 204) bodies.push(body);
      if (body.includes('not-taken')) asked.resolve();
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const example = run({ WEBHOOK_URL: `http://127.0.0.1:${port}/` });
    await sent('not-taken');
    await asked.promise;
    status = 204;
    const taken = vi.waitFor(() => expect(bodies.join()).toContain('not-taken'), { timeout: PATIENCE_MS });
    await whileTimePasses({ proxy, advance: stack.advanceQueues }, taken);
    await example.stop('SIGTERM');
  });
});
