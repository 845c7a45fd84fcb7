import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { ulid } from 'ulid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventTopic } from '../../../lambdas/adapters/event-topic.ts';
import { readStreamRow } from '../../../lambdas/adapters/stream-row.ts';
import type { AttributedEvent } from '../../../lambdas/domain/model/event.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { sqsClient } from '../../../local/emulators/clients.ts';
import type { Emulator } from '../../../local/emulators/emulator.ts';
import { startSqs } from '../../../local/emulators/fauxqs.ts';
import { localQueueUrl } from '../../../local/emulators/queues.ts';
import { NOON } from '../../adapters/memory/world.ts';
import { millisecondsOf } from './milliseconds-of.ts';
import { newName, startTables } from './tables.ts';

const anEvent = (id: string, text = 'hi'): AttributedEvent => ({
  event: { id, type: 'message.created', version: 1, at: NOON, data: { reason: text } },
  attributes: { type: 'message.created', kind: 'direct' },
});
const events = (count: number, text?: string) =>
  Array.from({ length: count }, (_, index) => anEvent(`e${index}`, text));

describe('the topic of events, on an emulator', () => {
  let emulator: Emulator;
  let queues: SQSClient;
  let topics: SNSClient;
  beforeAll(async () => {
    emulator = await startSqs();
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', emulator.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    queues = sqsClient(emulator.endpoint);
    topics = new SNSClient();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    queues?.destroy();
    topics?.destroy();
    await emulator?.stop();
  });

  /** A topic, and a queue that gets what this policy lets through. */
  async function subscribed(policy: object = {}) {
    const name = crypto.randomUUID();
    const { TopicArn = '' } = await topics.send(new CreateTopicCommand({ Name: name }));
    await queues.send(new CreateQueueCommand({ QueueName: name }));
    const Endpoint = `arn:aws:sqs:us-east-1:000000000000:${name}`;
    const Attributes = { RawMessageDelivery: 'true', FilterPolicy: JSON.stringify(policy) };
    await topics.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));
    return { topic: createEventTopic(TopicArn), url: localQueueUrl(emulator.endpoint, name) };
  }

  async function received(QueueUrl: string): Promise<string[]> {
    const bodies: string[] = [];
    for (;;) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 300,
      });
      const { Messages = [] } = await queues.send(command);
      bodies.push(...Messages.map(({ Body = '' }) => Body));
      if (Messages.length === 0) return bodies.sort();
    }
  }

  it('takes any number of events, also those with characters that SQS does not take (IM-EVENT-1)', async () => {
    const { topic, url } = await subscribed();
    const all = events(25, '👍\uffff\ufffe');
    expect(await topic.publish(all)).toEqual(all.map(() => 'published'));
    const bodies = (await received(url)).map((body) => JSON.parse(body));
    expect(bodies.map(({ id }) => id).sort()).toEqual(all.map(({ event }) => event.id).sort());
    expect(bodies[0]).toEqual({ ...all[0]?.event, id: bodies[0]?.id });
  });

  it('lets subscribers choose by the attributes (IM-EVENT-4)', async () => {
    const { topic, url } = await subscribed({ type: ['message.created'], kind: ['group'] });
    const ofGroup = { ...anEvent('b'), attributes: { type: 'message.created', kind: 'group' } };
    await topic.publish([anEvent('a'), ofGroup]);
    expect((await received(url)).map((body) => JSON.parse(body).id)).toEqual(['b']);
  });
});

describe('the topic of events, which answers as a test wants', () => {
  let server: Server;
  /** The ids of the entries of each call. */
  let calls: number[];
  let answer: (entries: number, call: number) => { status?: number; body: string } | 'never';
  beforeEach(async () => {
    calls = [];
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        const entries = new Set(text.match(/PublishBatchRequestEntries\.member\.\d+\.Id/g)).size;
        calls.push(entries);
        const wanted = answer(entries, calls.length);
        if (wanted === 'never') return;
        const { status = 200, body } = wanted;
        response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('AWS_ENDPOINT_URL_SNS', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    vi.spyOn(logger, 'warn').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    server.closeAllConnections();
    server.close();
  });

  const result = (content: string) =>
    `<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>${content}</PublishBatchResult></PublishBatchResponse>`;
  const took = { body: result('<Successful/><Failed/>') };
  const failedEntry = (id: number, code: string) => ({
    body: result(
      `<Failed><member><Id>${id}</Id><Code>${code}</Code><SenderFault>true</SenderFault></member></Failed>`,
    ),
  });
  const error = (status: number, code: string) => ({
    status,
    body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>No.</Message></Error></ErrorResponse>`,
  });
  const publish = (count: number) =>
    createEventTopic('arn:aws:sns:us-east-1:000000000000:t').publish(events(count));

  it('puts ten events into a call', async () => {
    answer = () => took;
    await publish(25);
    expect(calls.sort()).toEqual([10, 10, 5].sort());
  });

  it('says of each entry whether the topic took it, will take it later, or refuses it (IM-EVENT-1, IM-EVENT-5)', async () => {
    answer = () => failedEntry(1, 'InternalError');
    expect(await publish(3)).toEqual(['published', 'failed', 'published']);
    answer = () => failedEntry(0, 'InvalidParameterValue');
    expect(await publish(2)).toEqual(['refused', 'published']);
  });

  it('finds the entry for which the topic refuses a whole call (IM-EVENT-5)', async () => {
    answer = (entries, call) => (entries > 1 || call === 3 ? error(400, 'InvalidParameter') : took);
    expect(await publish(3)).toEqual(['published', 'refused', 'published']);
  });

  it.each([
    [503, 'ServiceUnavailable'],
    [400, 'Throttling'],
    [403, 'AuthorizationError'],
    [404, 'NotFound'],
  ])('ends the attempt when a call fails, and does not repeat it itself: %i %s', async (status, code) => {
    answer = () => error(status, code);
    expect(await publish(100)).toEqual(Array(100).fill('failed'));
    // Four at once.
    expect(calls).toHaveLength(4);
  });

  it('gives up on a topic that does not answer within two seconds', async () => {
    answer = () => 'never';
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const published = publish(1);
    const ms = await millisecondsOf(published);
    expect(await published).toEqual(['failed']);
    expect(calls).toHaveLength(1);
    expect(ms).toBeGreaterThanOrEqual(2_000);
    expect(ms).toBeLessThan(3_000);
  });

  it('goes on after a call of which some entries fail', async () => {
    answer = () => failedEntry(1, 'InternalError');
    const outcomes = await publish(100);
    expect(calls).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'failed')).toHaveLength(10);
  });

  it.each([
    { kilobytes: [128, 128], calls: [2] },
    { kilobytes: [128, 128 + 1 / 1024], calls: [1, 1] },
    { kilobytes: [200, 200], calls: [1, 1] },
    { kilobytes: [100, 100, 100, 100, 100], calls: [2, 2, 1] },
  ])('puts 256 KB into a call, attributes included: $kilobytes', async ({ kilobytes, calls: expected }) => {
    answer = () => took;
    const attributes = { type: 'message.created', kind: 'ü'.repeat(1_000) };
    // Each with its type, which is String.
    const attributeBytes = Buffer.byteLength(`typeStringmessage.createdkindString${attributes.kind}`);
    const all = kilobytes.map((size, index): AttributedEvent => {
      const empty = Buffer.byteLength(JSON.stringify(anEvent(`e${index}`, '').event)) + attributeBytes;
      return { ...anEvent(`e${index}`, 'x'.repeat(size * 1024 - empty)), attributes };
    });
    await createEventTopic('arn:aws:sns:us-east-1:000000000000:t').publish(all);
    expect(calls.sort().reverse()).toEqual(expected);
  });

  it('logs how many events it did not publish and why, without the events', async () => {
    answer = () => took;
    await publish(1);
    expect(logger.warn).not.toHaveBeenCalled();
    answer = () => failedEntry(1, 'InternalError');
    await publish(3);
    answer = () => error(503, 'ServiceUnavailable');
    await publish(2);
    const failure = expect.objectContaining({ name: 'ServiceUnavailable' });
    expect(vi.mocked(logger.warn).mock.calls).toEqual([
      ['events not published', { count: 1, code: 'InternalError' }],
      ['events not published', { count: 2, error: failure }],
    ]);
    expect(JSON.stringify(vi.mocked(logger.warn).mock.calls)).not.toContain('"hi"');
  });
});

describe('a row of a stream', () => {
  let tables: Awaited<ReturnType<typeof startTables>>;
  beforeAll(async () => {
    tables = await startTables(() => NOON);
  });
  afterAll(() => tables?.stop());

  const aMessage = () => ({
    conversationId: `dm:${newName('a')}:${newName('b')}`,
    seq: 1,
    messageId: ulid(NOON),
    from: 'alice',
    clientMsgId: 'c1',
    sentAt: NOON,
    contentJson: '{"text":"hi","type":"text"}',
    contentHash: 'h',
    mentions: ['bob'],
  });
  const rowAt = async (table: string, pk: string) => {
    const [item] = await tables.itemsAt(table, pk);
    return readStreamRow(item && marshall(item));
  };

  it('is the message as the reader of the table has it, with its last change (IM-EVENT-2)', async () => {
    const message = aMessage();
    const pk = `${message.conversationId}#0`;
    await tables.messages.putIfAbsent(message);
    expect(await rowAt('Messages', pk)).toEqual({ kind: 'message', message });
    await tables.messages.edit(message, { by: 'alice', editId: 'e', contentJson: '{}', atMs: NOON + 1 });
    const [changed] = await tables.messages.getMany([message]);
    expect(changed?.change).toEqual({ kind: 'edited', by: 'alice' });
    expect(await rowAt('Messages', pk)).toEqual({ kind: 'message', message: changed });
  });

  it('says no change in a deployment without events, and not that of an earlier one with them (IM-EVENT-2)', async () => {
    const message = aMessage();
    await tables.messages.putIfAbsent(message);
    await tables.messages.edit(message, { by: 'alice', editId: 'e', contentJson: '{}', atMs: NOON + 1 });
    const edit = { by: 'alice', editId: 'f', contentJson: '[]', mentions: ['bob'], atMs: NOON + 2 };
    const change = await tables.messagesWithoutEvents.edit(message, edit);
    expect(change).toMatchObject({ isChanged: true, message: { rev: 2, mentions: ['bob'] } });
    expect(change?.message).not.toHaveProperty('change');
    const recalled = await tables.messagesWithoutEvents.recall(message, '{}', {
      by: 'alice',
      atMs: NOON + 3,
    });
    expect(recalled?.message).not.toHaveProperty('change');
    expect(recalled?.message).not.toHaveProperty('mentions');
  });

  it('is a report, or what happened to a user (IM-EVENT-2)', async () => {
    const message = aMessage();
    const reporter = newName('bob');
    const day = await tables.reports.keep({ reporter, message, reason: 'spam', atMs: NOON });
    const items = await tables.itemsAt('Conversations', `report#${day}`);
    const item = items.find((each) => each['reporter'] === reporter);
    expect(readStreamRow(item && marshall(item))).toMatchObject({
      kind: 'report',
      report: { reporter, conversationId: message.conversationId, seq: 1, reason: 'spam', at: NOON },
    });
    const event = {
      type: 'user.banned',
      userId: newName('eve'),
      at: NOON,
      untilMs: NOON + 1,
      reason: 'x',
    } as const;
    for (let times = 0; times < 2; times += 1) await tables.userEvents.put(event);
    expect(await rowAt('Conversations', `event#${event.userId}`)).toEqual({ kind: 'user', event });
  });

  it('is a ban without an end or a reason, a lifted one, an erased user, or a deleted group (IM-EVENT-2)', async () => {
    for (const type of ['user.banned', 'user.unbanned', 'user.erased'] as const) {
      const event = { type, userId: newName('eve'), at: NOON };
      await tables.userEvents.put(event);
      expect(await rowAt('Conversations', `event#${event.userId}`)).toEqual({ kind: 'user', event });
    }
    const event = { conversationId: `g:${ulid(NOON)}`, at: NOON };
    await tables.groupEvents.put(event);
    expect(await rowAt('Conversations', `event#${event.conversationId}`)).toEqual({ kind: 'group', event });
  });

  it('is a call of the admin API, once for a repeat of its request (IM-ADMIN-2)', async () => {
    const call = {
      requestId: newName('r'),
      caller: 'arn:aws:iam::000000000000:user/local',
      action: 'POST /admin/groups',
      target: { conversationId: 'g:1', members: ['alice', 'bob'] },
      outcome: 'done',
      at: NOON,
    };
    await tables.adminCalls.put(call);
    await tables.adminCalls.put({ ...call, outcome: 'internal' });
    expect(await rowAt('Conversations', `event#${call.requestId}`)).toEqual({ kind: 'admin', call });
    const refused = { ...call, requestId: newName('r'), caller: undefined, target: undefined };
    await tables.adminCalls.put(refused);
    expect(await rowAt('Conversations', `event#${refused.requestId}`)).toEqual({
      kind: 'admin',
      call: refused,
    });
  });

  it('is refused if it is neither: a claim, or one that is gone (IM-EVENT-3)', async () => {
    const message = aMessage();
    await tables.messages.claim(message);
    await expect(rowAt('Messages', `${message.conversationId}#0`)).rejects.toThrow('messageId');
    expect(() => readStreamRow(undefined)).toThrow('no new image');
  });
});
