/** @module-tag long */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../local/aws-proxy/index.ts';
import { dynamoDbClient } from '../../local/emulators/clients.ts';
import { type PushService, startPushService } from '../fixtures/push/push-service.ts';
import { groupsOf } from './setup/groups.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending, textContent } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { whileTimePasses } from './setup/time.ts';

const proxy = createTestProxy();
let stack: Stack;
let service: PushService;
beforeAll(async () => {
  service = await startPushService();
  const options = { webPushSubject: 'mailto:ops@example.com', notificationText: 'preview', desk: 'false' };
  // Undefined: with these options the app has a template of its own.
  stack = await startStack({ cdkOut: undefined as never, context: options, awsProxy: proxy.attach });
});
afterEach(() => proxy.clearFaults());
afterAll(async () => {
  await stack?.stop();
  await service?.stop();
});

const { newGroup, send: sendHttp } = groupsOf(() => stack);

async function ask(user: string, method: string, path: string, body?: object): Promise<number> {
  const headers = { authorization: `Bearer ${await stack.token(user)}` };
  const response = await fetch(stack.httpUrl + path, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  await response.body?.cancel();
  return response.status;
}

/** A browser of the user that gets notifications. */
async function subscribe(user: string, deviceId = 'laptop') {
  const browser = service.subscribe();
  const registration = { provider: 'webpush', subscription: browser.subscription };
  expect(await ask(user, 'PUT', `/devices/${deviceId}/push`, registration)).toBe(204);
  return browser;
}

/** Time passes until the worker of notifications has run, `runs` times. */
function worked(runs = 1): Promise<unknown> {
  const ended = Promise.withResolvers<void>();
  let left = runs;
  const off = proxy.onInvocation(({ function: name }) => {
    if (!name.includes('Notify')) return;
    left -= 1;
    if (left === 0) ended.resolve();
  });
  return whileTimePasses({ proxy, advance: stack.advanceQueues }, ended.promise).finally(off);
}

/** Lets all pass that is on its way. */
async function settled(): Promise<void> {
  for (let seconds = 0; seconds < 10; seconds += 1) {
    await proxy.untilIdle();
    stack.advanceQueues(1);
  }
}

async function pair() {
  const [a, b] = [newUser('alice'), newUser('bob')];
  const browser = await subscribe(b);
  const alice = await stack.join(a);
  const conversationId = `dm:${[a, b].sort().join(':')}`;
  let count = 0;
  const say = (text: string) => {
    count += 1;
    return alice.request(sending(b, text, `m${count}`));
  };
  return { a, b, alice, browser, conversationId, say };
}

const bodies = ({ received }: Awaited<ReturnType<typeof subscribe>>) =>
  received.map(({ payload }) => payload.body);

describe('a key that cannot be read at first', () => {
  it('costs no message, and no notification (IM-NOTIFY-4)', async () => {
    const { b, browser, say } = await pair();
    // Each attempt of the AWS SDK is a call.
    const fault = proxy.inject({ service: 'ssm', fault: 'error', times: 2 });
    expect(await say('one')).toMatchObject({ type: 'sent' });
    await stack.inboxHolds(b, 1);
    await whileTimePasses({ proxy, advance: stack.advanceQueues }, service.untilArrived(1));
    await proxy.untilIdle();
    expect([fault.fired, new Set(bodies(browser))]).toEqual([2, new Set(['one'])]);
  });
});

describe('a registration', () => {
  it('is offered, taken, and removed over HTTP (IM-NOTIFY-1)', async () => {
    const user = newUser('alice');
    const { status, body } = await stack.http(user, '/push');
    expect([status, body]).toEqual([
      200,
      { webpush: { publicKey: expect.stringMatching(/^B[\w-]{86}$/) }, apns: false, fcm: false },
    ]);
    await subscribe(user);
    expect(await ask(user, 'DELETE', '/devices/laptop/push')).toBe(204);
    expect(await ask(user, 'DELETE', '/devices/laptop/push')).toBe(204);
  });

  it.each([
    ['an unknown host', 'https://example.com/push'],
    ['no https', 'http://fcm.googleapis.com/push'],
    ['a port', 'https://fcm.googleapis.com:8443/push'],
    ['a host that only begins like a known one', 'https://fcm.googleapis.com.example.com/push'],
    ['a host that only ends like a known one', 'https://evilpush.services.mozilla.com/push'],
    ['credentials', 'https://a:b@fcm.googleapis.com/push'],
    ['no URL', 'push'],
  ])('with %s in its endpoint is refused (IM-NOTIFY-1)', async (_, endpoint) => {
    const { keys } = service.subscribe().subscription;
    const registration = { provider: 'webpush', subscription: { endpoint, keys } };
    expect(await ask(newUser('alice'), 'PUT', '/devices/laptop/push', registration)).toBe(400);
  });

  it('for a platform that the deployment does not have is refused (IM-NOTIFY-1)', async () => {
    const registration = { provider: 'fcm', token: 'f'.repeat(40) };
    expect(await ask(newUser('alice'), 'PUT', '/devices/phone/push', registration)).toBe(400);
  });

  it('moves with its endpoint to another user (IM-NOTIFY-1)', async () => {
    const { b, browser, say } = await pair();
    const c = newUser('carol');
    const registration = { provider: 'webpush', subscription: browser.subscription };
    expect(await ask(c, 'PUT', '/devices/laptop/push', registration)).toBe(204);
    const run = worked();
    await say('for bob alone');
    await run;
    expect(browser.received).toEqual([]);
    expect(await ask(b, 'PUT', '/devices/laptop/push', registration)).toBe(204);
  });
});

describe('a message to a closed device', () => {
  it('is notified, encrypted, under its sender, once (IM-NOTIFY-2, IM-NOTIFY-3)', async () => {
    const { a, browser, conversationId, say } = await pair();
    const run = worked();
    const { messageId } = await say('Dinner at eight?');
    await run;
    expect(browser.received).toMatchObject([
      {
        payload: { conversationId, seq: 1, messageId, title: a, body: 'Dinner at eight?' },
        ttl: '300',
        topic: expect.stringMatching(/^[\w-]{32}$/),
        vapid: { sub: 'mailto:ops@example.com' },
      },
    ]);
  });

  it('is not notified if the conversation is muted, or wants mentions (IM-NOTIFY-2, IM-SETTINGS-1)', async () => {
    const { b, alice, browser, conversationId, say } = await pair();
    let run = worked();
    await say('one');
    await run;
    const path = `/conversations/${encodeURIComponent(conversationId)}`;
    expect(await ask(b, 'PATCH', path, { muted: true })).toBe(200);
    run = worked();
    await say('two');
    await run;
    expect(await ask(b, 'PATCH', path, { muted: false, notify: 'mentions' })).toBe(200);
    run = worked();
    await say('three');
    await run;
    run = worked();
    await alice.request({ ...sending(b, 'four', 'mention'), mentions: [b] });
    await run;
    expect(bodies(browser)).toEqual(['one', 'four']);
  });

  it('is not notified if it was read, or recalled, within the three seconds (IM-NOTIFY-2)', async () => {
    const { a, b, alice, browser, say } = await pair();
    let run = worked();
    await say('one');
    await stack.inboxHolds(b, 1);
    const bob = await stack.join(b);
    await bob.request({ action: 'read', to: a, seq: 1 });
    await bob.close();
    await run;
    run = worked();
    const { seq } = await say('two');
    await alice.request({ action: 'recall', to: b, seq });
    await run;
    expect(browser.received).toEqual([]);
  });

  it('has the topic of its conversation, so that the latest replaces the others (IM-NOTIFY-2)', async () => {
    const { browser, say } = await pair();
    for (const text of ['one', 'two', 'three']) await say(text);
    await whileTimePasses({ proxy, advance: stack.advanceQueues }, service.untilShown(browser, 'three'));
    await settled();
    // Those that don't share a batch collapse on the device.
    expect(browser.received.length).toBeLessThanOrEqual(3);
    expect(new Set(browser.received.map(({ topic }) => topic)).size).toBe(1);
  });

  it('ends the registration if the push service says that it is gone (IM-NOTIFY-3)', async () => {
    const { browser, say } = await pair();
    service.answer(browser, 410);
    let run = worked();
    const before = service.arrivals;
    await say('one');
    await run;
    expect(service.arrivals).toBe(before + 1);
    run = worked();
    await say('two');
    await run;
    expect(service.arrivals).toBe(before + 1);
  });

  it('is tried again as long as it is fresh if the push service is busy (IM-NOTIFY-2)', async () => {
    const { browser, say } = await pair();
    service.answer(browser, { status: 429, headers: { 'retry-after': '30' } });
    let run = worked();
    await say('one');
    await run;
    expect(browser.received).toEqual([]);
    service.answer(browser, 201);
    run = worked();
    await run;
    expect(bodies(browser)).toEqual(['one']);
  });
});

describe('a session', () => {
  it('in front takes the message: nobody is notified; in the background it is (IM-NOTIFY-2)', async () => {
    const { b, browser, say } = await pair();
    const bob = await stack.join(b);
    await say('one');
    await bob.message('one');
    expect(await bob.request({ action: 'active', active: false })).toEqual({
      type: 'ok',
      id: expect.anything(),
    });
    const run = worked();
    await say('two');
    await bob.message('two');
    await run;
    expect(bodies(browser)).toEqual(['two']);
    expect(await bob.request({ action: 'active', active: true })).toMatchObject({ type: 'ok' });
    await say('three');
    await bob.message('three');
    await proxy.untilIdle();
    expect(bodies(browser)).toEqual(['two']);
  });

  it('that comes to the front within the three seconds is told by it alone (IM-NOTIFY-2)', async () => {
    const { b, browser, say } = await pair();
    const bob = await stack.join(b);
    await bob.request({ action: 'active', active: false });
    const run = worked();
    await say('one');
    await bob.request({ action: 'active', active: true });
    await run;
    expect(browser.received).toEqual([]);
  });

  it('in the background is refused an active that is no boolean', async () => {
    const alice = await stack.join(newUser('alice'));
    expect(await alice.request({ action: 'active', active: 'no' })).toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('a group', () => {
  it('is named by the title, and the sender by the body (IM-NOTIFY-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const browser = await subscribe(b);
    const joined = worked();
    const conversationId = await newGroup(a, [b]);
    await joined;
    const alice = await stack.join(a);
    const run = worked();
    await alice.request({
      action: 'sendMessage',
      clientMsgId: 'm',
      conversationId,
      content: textContent('hi'),
    });
    await run;
    expect(browser.received.map(({ payload: { title, body } }) => [title, body])).toEqual([
      ['Rowers', `${a}: hi`],
    ]);
    expect((await sendHttp(b, 'DELETE', `/groups/${conversationId}/members/${b}`)).status).toBe(204);
  });
});

/** Makes a group count as a large one: 500 more members would be thousands of messages about their joining. */
async function enlarge(conversationId: string): Promise<void> {
  const client = dynamoDbClient(stack.endpoints.dynamodb);
  const table = stack.stack.tables.find(({ logicalId }) => logicalId.includes('Conversations'));
  await client.send(
    new UpdateItemCommand({
      TableName: table?.tableName,
      Key: { pk: { S: conversationId }, sk: { S: 'head' } },
      UpdateExpression: 'SET memberCount = :large',
      ExpressionAttributeValues: { ':large': { N: '501' } },
    }),
  );
  client.destroy();
}

describe('a group of more than 500', () => {
  it('notifies absent members whom a message mentions, and no others (IM-NOTIFY-2)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const conversationId = await newGroup(a, [b, c]);
    await enlarge(conversationId);
    const [mentioned, other] = [await subscribe(b), await subscribe(c)];
    const alice = await stack.join(a);
    const say = (text: string, more: object = {}) =>
      alice.request({
        action: 'sendMessage',
        clientMsgId: text,
        conversationId,
        content: textContent(text),
        ...more,
      });
    await say('one');
    await say('two', { mentions: [b] });
    await whileTimePasses(
      { proxy, advance: stack.advanceQueues },
      service.untilShown(mentioned, `${a}: two`),
    );
    await settled();
    expect([bodies(mentioned), bodies(other)]).toEqual([[`${a}: two`], []]);
  });
});

describe('a fault of notifications (IM-FAULT-22)', () => {
  const QUEUE: FaultRule = {
    function: 'StoreOffline',
    operation: 'SendMessageBatch',
    queue: 'Notifications',
    fault: 'error',
  };

  it.each<[string, FaultRule]>([
    ['their queue refuses', QUEUE],
    ['their queue hangs', { ...QUEUE, fault: 'hang' }],
  ])('costs no message: %s (IM-NOTIFY-4)', async (_, fault) => {
    const { a, b, say } = await pair();
    proxy.inject(fault);
    const stored = proxy.nextEnd({ function: 'StoreOffline' });
    expect(await say('one')).toMatchObject({ type: 'sent', seq: 1 });
    await stack.inboxHolds(b, 1);
    await stored;
    const bob = await stack.join(b);
    expect(await historyOf(stack, b, a)).toHaveLength(1);
    await bob.close();
  });

  it('costs no message and no other notification: one push service hangs (IM-NOTIFY-4)', async () => {
    const { b, browser, say } = await pair();
    const other = await subscribe(b, 'tablet');
    service.answer(browser, 'hang');
    const run = worked();
    expect(await say('one')).toMatchObject({ type: 'sent' });
    await stack.inboxHolds(b, 1);
    await run;
    expect(bodies(other)).toEqual(['one']);
  });
});
