import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestSocket } from './setup/socket.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await startChat();
});
afterAll(() => chat?.stop());

async function replyTo(socket: TestSocket, frame: object): Promise<string> {
  const reply = socket.nextText();
  socket.send(JSON.stringify(frame));
  return reply;
}

describe('a plain frame', () => {
  it('is a text message answered by ok, and accepts numbers as ids (IM-PLAIN)', async () => {
    const [alice, bob] = [newUser('alice'), String(Date.now())];
    const receiver = await chat.join(bob);
    const sender = await chat.open(alice, { mode: 'plain' });
    const frame = { fromUser: alice, toUser: Number(bob), message: 'Hi there' };
    expect(await replyTo(sender, frame)).toBe('ok');
    expect(await receiver.message('Hi there')).toMatchObject({ from: alice, seq: 1 });
    const back = await chat.open(bob, { mode: 'plain' });
    expect(await replyTo(back, { fromUser: Number(bob), toUser: alice, message: 'And you' })).toBe('ok');
    expect(await sender.message('And you')).toMatchObject({ from: bob, seq: 2 });
  });

  it('that is repeated is a second message (IM-PLAIN)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const receiver = await chat.join(bob);
    const sender = await chat.open(alice, { mode: 'plain' });
    const frame = { fromUser: alice, toUser: bob, message: 'twice' };
    expect([await replyTo(sender, frame), await replyTo(sender, frame)]).toEqual(['ok', 'ok']);
    await receiver.frame(({ type, messages }) => type === 'messages' && messages[0].seq === 2);
    expect(receiver.messages().map(({ content }) => content.text)).toEqual(['twice', 'twice']);
  });

  it("in another user's name is refused as identity_mismatch, and the socket stays open (IM-PLAIN)", async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await chat.open(alice, { mode: 'plain' });
    const forged = await replyTo(sender, { fromUser: bob, toUser: newUser('carol'), message: 'Hi' });
    expect(JSON.parse(forged)).toMatchObject({ type: 'error', id: null, code: 'identity_mismatch' });
    expect(await replyTo(sender, { fromUser: alice, toUser: bob, message: 'Hi' })).toBe('ok');
  });

  it.each([
    ['without a receiver', { fromUser: 'me', message: 'Hi' }, 'invalid_request', ['toUser']],
    [
      'with a fraction as id',
      { fromUser: 1.5, toUser: 'bob', message: 'Hi' },
      'invalid_request',
      ['fromUser'],
    ],
    ['with an empty text', { fromUser: 'me', toUser: 'bob', message: ' ' }, 'invalid_request', ['message']],
    ['with unknown fields', { from: 'me' }, 'unknown_action', []],
  ])('%s gets an error frame (IM-PLAIN)', async (_, frame, code, paths) => {
    const sender = await chat.open(newUser('alice'), { mode: 'plain' });
    const { issues = [], ...error } = JSON.parse(await replyTo(sender, frame));
    expect(error).toMatchObject({ type: 'error', id: null, code });
    expect(issues.map(({ path }: { path: string }) => path)).toEqual(paths);
  });

  it('in a managed session is an unknown action (IM-PLAIN)', async () => {
    const alice = newUser('alice');
    const sender = await chat.join(alice);
    const reply = await replyTo(sender, { fromUser: alice, toUser: 'bob', message: 'Hi' });
    expect(JSON.parse(reply)).toMatchObject({ type: 'error', code: 'unknown_action' });
  });
});
