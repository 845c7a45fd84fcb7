/** @module-tag long */
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { sqsClient } from '../../local/emulators/clients.ts';
import { PATIENCE_MS } from '../setup/patience.ts';
import { sendServiceEvent } from './setup/sends.ts';
import { openSocket, RefusedError } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

let stack: Stack;
let sqs: SQSClient;
const logs: string[] = [];
beforeAll(async () => {
  stack = await startStack({ onLogLine: (_, line) => void logs.push(line) });
  sqs = sqsClient(stack.endpoints.sqs);
});
afterAll(() => stack?.stop());

const sendEvent = (event: unknown) => sendServiceEvent(stack, event);
const logOut = (event: unknown) => {
  const fn = stack.stack.functions.find(({ logicalId }) => logicalId.includes('LogOut'));
  return stack.workers.invoke(fn?.logicalId ?? '', event);
};
const A_MESSAGE = {
  type: 'message.send',
  from: 'system',
  clientMsgId: 'c1',
  content: { type: 'text', text: 'hi' },
};
const closing = (code: string, reconnect = false) => ({ type: 'session.closed', code, reconnect });
const isClosing = ({ type }: { type: string }) => type === 'session.closed';

describe('renewing', () => {
  it('moves the end of the session to that of a fresh token (IM-RENEW)', async () => {
    const alice = newUser('alice');
    const socket = await stack.open(alice, { token: await stack.token(alice, { expiresInSeconds: 60 }) });
    const { session: before } = await socket.request({ action: 'hello' });
    const token = await stack.token(alice, { expiresInSeconds: 3_600 });
    const renewed = await socket.request({ action: 'renew', token });
    expect(renewed).toEqual({ type: 'session', id: renewed.id, session: { expiresAt: expect.any(Number) } });
    expect(renewed.session.expiresAt - before.expiresAt).toBeGreaterThan(3_500_000);
    expect((await socket.request({ action: 'heartbeat' })).session).toEqual(renewed.session);
  });

  it('revives a session that has just ended (IM-RENEW)', async () => {
    const alice = newUser('alice');
    const socket = await stack.open(alice, { token: await stack.token(alice, { expiresInSeconds: 4 }) });
    await expect
      .poll(() => socket.request({ action: 'heartbeat' }))
      .toMatchObject({ type: 'error', code: 'session_expired' });
    await socket.request({ action: 'renew', token: await stack.token(alice) });
    expect(await socket.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
  });

  it("with another user's token is refused and disconnects (IM-RENEW, IM-REFUSE-6)", async () => {
    const socket = await stack.join(newUser('alice'));
    const token = await stack.token(newUser('mallory'));
    expect(await socket.request({ action: 'renew', token })).toMatchObject({
      type: 'error',
      code: 'identity_mismatch',
    });
    await socket.closed;
  });

  it.each(['', 'nonsense', 'a.b.c'])(
    'with the invalid token %j is refused, and the session continues',
    async (token) => {
      const socket = await stack.join(newUser('alice'));
      expect(await socket.request({ action: 'renew', token })).toMatchObject({
        type: 'error',
        code: 'unauthorized',
      });
      expect(await socket.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
    },
  );
});

describe('a frame', () => {
  it('from a session without a route is refused, and the socket is closed (IM-BEAT, IM-FRAME-2)', async () => {
    const user = newUser('frank');
    const socket = await stack.join(user, { deviceId: 'phone' });
    const { connectionId } = await socket.request({ action: 'hello' });
    await removeRoute(user, connectionId);
    expect(await socket.request({ action: 'heartbeat' })).toMatchObject({
      type: 'error',
      code: 'session_expired',
    });
    await socket.closed;
  });

  it('after the session ended is refused while the socket stays open (IM-RENEW, IM-REFUSE-7)', async () => {
    const user = newUser('grace');
    const token = await stack.token(user, { expiresInSeconds: 4 });
    const socket = await stack.open(user, { token });
    const { session } = await socket.request({ action: 'hello' });
    await expect
      .poll(() => socket.request({ action: 'heartbeat' }))
      .toMatchObject({ type: 'error', code: 'session_expired' });
    // The server's clock decides, which may be ahead.
    expect(Date.now()).toBeGreaterThanOrEqual(session.expiresAt - 2_000);
    expect(socket.raw.readyState).toBe(socket.raw.OPEN);
  });
});

describe('devices', () => {
  it('are limited to ten: the eleventh evicts and notifies the one silent the longest (IM-CONN-3)', async () => {
    const alice = newUser('alice');
    const sockets = [];
    for (let n = 0; n < 11; n += 1) sockets.push(await stack.join(alice, { deviceId: `d${n}` }));
    const [first, ...others] = sockets;
    expect(await first?.frame(isClosing)).toEqual(closing('kicked'));
    await first?.closed;
    for (const socket of others)
      expect(await socket.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
  });

  it('with duplicateLogin `reject` keep their living session, and a second login gets 409 (IM-CONN-4)', async () => {
    const environment = { DUPLICATE_LOGIN: 'reject', ALLOWED_ORIGINS: '', MAX_DEVICES: '1' };
    const rejecting = await startStack({ environment });
    onTestFinished(() => rejecting.stop());
    const alice = newUser('alice');
    const device = { token: await rejecting.token(alice), deviceId: 'phone' };
    const old = await openSocket(rejecting.wsUrl, device);
    const { connectionId } = await old.request({ action: 'hello' });
    const refused = await openSocket(rejecting.wsUrl, device).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedError);
    expect(refused).toMatchObject({ status: 409 });
    expect(await old.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });

    // A user with one session has one device, whatever a client calls it (IM-CONN-3).
    const elsewhere = await openSocket(rejecting.wsUrl, { ...device, deviceId: 'tablet' }).catch(
      (error: unknown) => error,
    );
    expect(elsewhere).toMatchObject({ status: 409 });
    const carol = { token: await rejecting.token(newUser('carol')) };
    const both = await Promise.allSettled(
      ['phone', 'tablet'].map((deviceId) => openSocket(rejecting.wsUrl, { ...carol, deviceId })),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);

    const overlapping = await openSocket(rejecting.wsUrl, { ...device, replaces: connectionId });
    expect(await old.frame(isClosing)).toEqual(closing('superseded'));

    // Its socket is closed, without a $disconnect.
    const { connectionId: current } = await overlapping.request({ action: 'hello' });
    rejecting.gateway.cut(current, { silent: true });
    await overlapping.closed;
    const fresh = await openSocket(rejecting.wsUrl, device).catch((error: unknown) => error);
    // In its first seconds, a 410 may mean that it is still opening.
    if (fresh instanceof RefusedError) expect(fresh.status).toBe(409);
  });
});

describe('service events', () => {
  it('log a user out: sessions are notified and closed and receive nothing more (IM-REFUSE-7)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sockets = [
      await stack.join(alice, { deviceId: 'phone' }),
      await stack.join(alice, { deviceId: 'laptop' }),
    ];
    const bystander = await stack.join(bob);
    expect(await logOut({ userId: alice })).toMatchObject({ ok: true });
    for (const socket of sockets) {
      expect(await socket.frame(isClosing)).toEqual(closing('logged_out'));
      await socket.closed;
    }
    expect(await bystander.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
  });

  it('log out one device and leave the others connected', async () => {
    const alice = newUser('alice');
    const phone = await stack.join(alice, { deviceId: 'phone' });
    const laptop = await stack.join(alice, { deviceId: 'laptop' });
    expect(await logOut({ userId: alice, deviceId: 'phone' })).toMatchObject({ ok: true });
    expect(await phone.frame(isClosing)).toEqual(closing('logged_out'));
    expect(await laptop.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
  });

  it('get the reason when a log-out is malformed', async () => {
    const reason = 'invalid_request: userId is not a user id';
    expect(await logOut({ userId: 'a:b' })).toMatchObject({ ok: false, errorMessage: reason });
  });

  it('send, edit, and recall messages as any user, once per id, like a client (IM-SEND-2, IM-EDIT)', async () => {
    const bob = newUser('bob');
    const socket = await stack.join(bob);
    const event = {
      type: 'message.send',
      from: 'system',
      to: bob,
      clientMsgId: 'order-17',
      content: { type: 'text', text: 'Your order is on its way' },
    };
    await sendEvent(event);
    expect(await socket.message('Your order is on its way')).toMatchObject({ from: 'system', seq: 1 });
    await sendEvent(event);
    await sendEvent({ ...event, clientMsgId: 'order-18', content: { type: 'text', text: 'It has arrived' } });
    await socket.message('It has arrived');
    const of = { from: 'system', to: bob, seq: 1 };
    const content = { type: 'text', text: 'It is late' };
    await sendEvent({ type: 'message.edit', ...of, editId: 'e1', content });
    const changed = (kind: string) => socket.frame((frame) => frame['change']?.kind === kind);
    expect(await changed('edited')).toMatchObject({ message: { seq: 1, content } });
    await sendEvent({ type: 'message.recall', ...of });
    expect(await changed('recalled')).toMatchObject({
      change: { by: 'system' },
      message: { seq: 1, rev: 2 },
    });
    const path = `/conversations/${encodeURIComponent(`dm:${[bob, 'system'].sort().join(':')}`)}/messages`;
    const { body } = await stack.http(bob, path);
    expect(body.messages.map(({ clientMsgId }: { clientMsgId: string }) => clientMsgId)).toEqual([
      'order-17',
      'order-18',
    ]);
  });

  it.each([
    ['that are not JSON', '{'],
    ['of an unknown type', JSON.stringify({ type: 'user.deleted', userId: 'bob' })],
    [
      'that log out, which has a grant of its own,',
      JSON.stringify({ type: 'user.loggedOut', userId: 'bob' }),
    ],
    ['that the protocol refuses', JSON.stringify({ ...A_MESSAGE, from: 'bob', to: 'bob' })],
  ])(
    '%s land in the dead-letter queue with a reason in the log, and delay nobody (IM-FAULT-5)',
    async (_, body) => {
      const bob = newUser('bob');
      const socket = await stack.join(bob);
      const text = `still alive ${bob}`;
      await sendEvent(body);
      await sendEvent({ ...A_MESSAGE, to: bob, clientMsgId: 'c1', content: { type: 'text', text } });
      await socket.message(text);
      expect(await deadLetter(stack.outputs['ServiceDeadLetterQueueUrl'])).toBe(body);
      const reason = /(?:malformed service event|service event failed).*"issues":\[\{/;
      expect(logs.some((line) => reason.test(line))).toBe(true);
    },
  );
});

describe('a poison record in the offline queue', () => {
  it('fails alone: the rest of its batch is processed (IM-FAULT-5)', async () => {
    const bob = newUser('bob');
    const reference = {
      conversationId: `dm:${[bob, 'system'].sort().join(':')}`,
      from: 'system',
      clientMsgId: 'c1',
      seq: 1,
      messageId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      sentAt: Date.now(),
      bytes: 200,
    };
    const good = JSON.stringify({ kind: 'store', userId: bob, reference, round: 0 });
    const Records = [good, '{"kind":"store","userId":7}', 'no JSON'].map((body, n) => ({
      messageId: `r${n}`,
      body,
      attributes: { ApproximateReceiveCount: '1' },
    }));
    const consumer = stack.stack.functions.find(({ logicalId }) => logicalId.includes('StoreOffline'));
    const result = await stack.workers.invoke(consumer?.logicalId ?? '', { Records });
    const batchItemFailures = [{ itemIdentifier: 'r1' }, { itemIdentifier: 'r2' }];
    expect(result).toEqual({ ok: true, payload: { batchItemFailures } });
    await stack.inboxHolds(bob, 1);
  });

  it('lands in the dead-letter queue while the rest is delivered, and can be redriven safely (IM-FAULT-5)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await stack.join(alice);
    const poison = '{"kind":"store","userId":7}';
    const offlineQueueUrl = stack.outputs['OfflineQueueUrl'];
    await sqs.send(new SendMessageCommand({ QueueUrl: offlineQueueUrl, MessageBody: poison }));
    await sender.request({ ...A_MESSAGE, action: 'sendMessage', to: bob });
    await stack.inboxHolds(bob, 1);
    for (const _ of ['first', 'redriven']) {
      expect(await deadLetter(stack.outputs['OfflineDeadLetterQueueUrl'])).toBe(poison);
      await sqs.send(new SendMessageCommand({ QueueUrl: offlineQueueUrl, MessageBody: poison }));
    }
    await stack.inboxHolds(bob, 1);
  });
});

/** Takes the next dead letter; lets time pass for the queues until it is one. */
async function deadLetter(QueueUrl: string | undefined): Promise<string | undefined> {
  const message = await vi.waitUntil(
    async () => {
      stack.advanceQueues(1);
      return (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.[0];
    },
    { timeout: PATIENCE_MS, interval: 20 },
  );
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  return message.Body;
}

/** What a late `$disconnect` does. */
async function removeRoute(userId: string, connectionId: string): Promise<void> {
  const socket = stack.stack.functions.find(({ logicalId }) => logicalId.includes('Socket'));
  const authorizer = { userId, deviceId: 'phone' };
  const requestContext = { eventType: 'DISCONNECT', connectionId, connectedAt: 0, authorizer };
  expect(await stack.workers.invoke(socket?.logicalId ?? '', { requestContext })).toMatchObject({ ok: true });
}
