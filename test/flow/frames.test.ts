import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestSocket } from './setup/socket.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
let alice: TestSocket;
beforeAll(async () => {
  stack = await startChat();
  alice = await stack.join(newUser('alice'));
});
afterAll(() => stack?.stop());

async function replyTo(text: string) {
  const reply = alice.nextText();
  alice.send(text);
  return JSON.parse(await reply);
}

describe('a frame', () => {
  it.each([
    ['that is not JSON', 'hello there', 'bad_frame'],
    ['that is an array', '[{"action":"hello"}]', 'bad_frame'],
    ['that is a number', '7', 'bad_frame'],
    ['of 33 levels', `{"action":"heartbeat","id":"1","x":${'['.repeat(32)}${']'.repeat(32)}}`, 'bad_frame'],
    ['without an action', '{"id":"1"}', 'unknown_action'],
    ['with a number as action', '{"action":7,"id":"1"}', 'unknown_action'],
    ['of an unknown action', '{"action":"dance","id":"1"}', 'unknown_action'],
    ['of action $connect', '{"action":"$connect","id":"1"}', 'unknown_action'],
    ['of action $default', '{"action":"$default","id":"1"}', 'unknown_action'],
    ['of action __proto__', '{"action":"__proto__","id":"1"}', 'unknown_action'],
    ['without an id', '{"action":"heartbeat"}', 'invalid_request'],
  ])('%s is refused, and the socket stays open (IM-FRAME-3)', async (_, text, code) => {
    const reply = await replyTo(text);
    expect(reply).toMatchObject({ type: 'error', code, retryable: false, message: expect.any(String) });
    expect(await alice.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
  });

  it('is answered with its id, or with null (IM-FRAME-1)', async () => {
    expect(await replyTo('{"action":"dance","id":"abc"}')).toMatchObject({ id: 'abc' });
    expect(await replyTo('{"action":"dance","id":"a b"}')).toMatchObject({ id: null });
    expect(await replyTo('{"action":"dance"}')).toMatchObject({ id: null });
  });

  it('gets an error that names every invalid field (IM-FRAME-3)', async () => {
    const reply = await alice.request({
      action: 'sendMessage',
      clientMsgId: 'a b',
      content: { type: 'text', text: ' ' },
    });
    expect(reply).toMatchObject({ type: 'error', code: 'invalid_request' });
    expect(reply.issues.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining(['clientMsgId', 'content.text']),
    );
  });

  it('with the literal text heartbeat is answered by the same text (IM-FRAME-4)', async () => {
    const reply = alice.nextText();
    alice.send('heartbeat');
    expect(await reply).toBe('heartbeat');
  });

  it('with content above 16,384 bytes is refused as payload_too_large, and one of exactly that size is accepted (IM-FRAME-5)', async () => {
    const envelope = JSON.stringify({ type: 'text', text: '' }).length;
    const send = (bytes: number) =>
      alice.request({
        action: 'sendMessage',
        clientMsgId: `c${bytes}`,
        to: newUser('bob'),
        content: { type: 'text', text: 'x'.repeat(bytes - envelope) },
      });
    expect(await send(16_385)).toMatchObject({ type: 'error', code: 'payload_too_large' });
    expect(await send(16_384)).toMatchObject({ type: 'sent' });
  });

  it.each([
    ['above 32 KB closes the socket with 1009', 'x'.repeat(32 * 1024 + 1), 1009],
    ['in binary closes the socket with 1003', Buffer.from('{"action":"heartbeat","id":"1"}'), 1003],
  ])('%s (IM-FRAME-5)', async (_, data, code) => {
    const socket = await stack.join(newUser('carol'));
    socket.raw.send(data);
    expect(await socket.closed).toMatchObject({ code });
  });

  it('may request an action before hello (IM-FRAME-7)', async () => {
    const socket = await stack.open(newUser('dave'));
    const content = { type: 'text', text: 'hi' };
    const reply = await socket.request({
      action: 'sendMessage',
      clientMsgId: 'c',
      to: newUser('eve'),
      content,
    });
    expect(reply).toMatchObject({ type: 'sent', seq: 1 });
  });

  it('heartbeat keeps the session alive and returns when it ends (IM-BEAT)', async () => {
    const reply = await alice.request({ action: 'heartbeat' });
    expect(reply).toEqual({
      type: 'heartbeat',
      id: reply.id,
      serverTime: expect.any(Number),
      session: { expiresAt: expect.any(Number) },
    });
    expect(reply.session.expiresAt).toBeGreaterThan(Date.now());
  });
});
