/** @module-tag long */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqsClient } from '../../local/emulators/clients.ts';
import { createTestProxy } from './setup/proxy.ts';
import { openSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

// Short, because the engine quotes ten characters of text that it cannot parse.
const CANARY = 'cnry7f3a';
const proxy = createTestProxy();
const logged: string[] = [];
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onLogLine: (_, line) => void logged.push(line),
    onWarning: (line) => void logged.push(line),
  });
});
afterAll(() => stack?.stop());

const sending = (to: string, clientMsgId: string, text = `hush ${CANARY}`) => ({
  action: 'sendMessage',
  clientMsgId,
  to,
  content: { type: 'text', text },
});

describe('the logs', () => {
  it('hold no message body, token, or subprotocol, whatever fails (IM-REFUSE-11)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const token = await stack.token(a, { claims: { note: CANARY } });
    const alice = await openSocket(stack.wsUrl, { token, protocols: ['im.v1', `im.token.${token}`, CANARY] });
    await alice.request({ action: 'hello' });

    // Refused in every possible way.
    for (const protocols of [['im.v1', `im.token.${CANARY}`], [`im.token.${token}`], [CANARY]]) {
      await openSocket(stack.wsUrl, { protocols }).catch(() => undefined);
    }
    alice.send(`{"action":"${CANARY}","id":"x1"}`);
    alice.send(`not JSON ${CANARY}`);
    await alice.request({ action: 'sendMessage', clientMsgId: `${CANARY} `, to: b, content: CANARY });
    await alice.request({ action: 'ackInbox', batch: CANARY });
    await alice.request({ action: 'renew', token: CANARY });
    await stack.http(a, `/conversations/${CANARY}/messages?after=${CANARY}`);
    await stack.http(a, '/messages', { method: 'POST', body: `{"text":"${CANARY}"` });
    const put = (path: string, body: object) =>
      stack.http(a, path, { method: 'PUT', body: JSON.stringify(body) });
    await put('/profile', { avatar: `http://${CANARY}.example/` });
    await put('/profile', { custom: { [CANARY]: CANARY.repeat(200) } });
    for (const _ of [1, 2]) await put('/profile', { name: CANARY });
    for (const _ of [1, 2]) await put(`/contacts/${b}`, { alias: CANARY });

    // Stored, repeated, and in conflict: a failed condition returns the whole item.
    await alice.request(sending(b, 'c1'));
    await alice.request(sending(b, 'c1'));
    await alice.request(sending(b, 'c1', `other ${CANARY}`));
    for (const seq of [1, 9])
      await fetch(`${stack.httpUrl}/reports`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await stack.token(a)}` },
        body: JSON.stringify({ conversationId: `dm:${[a, b].sort().join(':')}`, seq, reason: CANARY }),
      });
    await stack.inboxHolds(b, 1);

    // Failing at every table, at the queue, and at the socket.
    for (const rule of [
      { service: 'dynamodb', operation: 'PutItem', fault: 'error' },
      { service: 'dynamodb', operation: 'UpdateItem', fault: 'throttle' },
      { service: 'sqs', route: 'sendMessage', fault: 'cut-before' },
      { service: 'connections', operation: 'PostToConnection', fault: 'throttle', times: 3 },
      { service: 'dynamodb', operation: 'PutItem', fault: 'kill', times: 1 },
    ] as const) {
      const fault = proxy.inject(rule);
      const answer = alice.request(sending(b, `broken-${rule.operation ?? rule.service}-${rule.fault}`));
      await Promise.race([answer, alice.gatewayFrame()]);
      fault.remove();
    }

    // Service events, malformed and refused.
    const sqs = sqsClient(stack.endpoints.sqs);
    const deadLetters = async (name: 'Service' | 'Offline', MessageBody: string) => {
      const failed = proxy.nextEnd({ function: name === 'Service' ? 'ServeEvents' : 'StoreOffline' });
      await sqs.send(new SendMessageCommand({ QueueUrl: stack.outputs[`${name}QueueUrl`], MessageBody }));
      await failed;
    };
    await deadLetters('Service', `{"type":"${CANARY}`);
    const event = { ...sending(a, 'c1'), action: undefined, type: 'message.send', from: a };
    await deadLetters('Service', JSON.stringify(event));
    await deadLetters('Offline', `{"kind":"${CANARY}"}`);
    for (const name of ['Service', 'Offline'] as const) await deadLetters(name, `${CANARY} is no JSON`);
    await proxy.untilIdle();

    expect(logged.length).toBeGreaterThan(10);
    // Stack traces name the sources; the source map is loaded only for them.
    expect(logged.filter((line) => /[ (]lambdas\/.*\.ts:\d+:\d+/.test(line))).not.toEqual([]);
    const [, payload = '', signature = ''] = token.split('.');
    for (const secret of [CANARY, payload, signature]) {
      expect(logged.filter((line) => line.includes(secret))).toEqual([]);
    }
  });
});
