import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeServerFrame } from '../../protocol/protobuf.ts';
import { customInProtobuf, deepJson } from '../hostile/frames.ts';
import type { TestSocket } from './setup/socket.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
beforeAll(async () => {
  stack = await startChat();
});
afterAll(() => stack?.stop());

/** Sends one message as several WebSocket frames, each within the gateway's limit. */
function sendInParts({ raw }: TestSocket, text: string): void {
  const size = 32_000;
  for (let start = 0; start < text.length; start += size)
    raw.send(text.slice(start, start + size), { fin: start + size >= text.length });
}

describe('a message of several frames', () => {
  it.each([33, 1_000, 20_000, 40_000])(
    'in Protobuf with custom data of %i levels is refused, and the socket stays open (IM-FRAME-3, IM-PB)',
    async (depth) => {
      const socket = await stack.join(newUser('alice'), { protobuf: true });
      const reply = socket.nextText();
      sendInParts(socket, customInProtobuf(deepJson(depth)));
      const refused = { type: 'error', code: 'bad_frame', message: 'Nested deeper than 32.' };
      expect(decodeServerFrame(await reply)).toMatchObject(refused);
      expect(await socket.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
      await socket.close();
    },
  );

  it('of thousands of wrong items gets an error that fits a frame (IM-FRAME-3)', async () => {
    const socket = await stack.join(newUser('alice'));
    const reply = socket.nextText();
    sendInParts(socket, JSON.stringify({ action: 'presence', id: '7', userIds: Array(50_000).fill(7) }));
    expect(JSON.parse(await reply)).toMatchObject({ type: 'error', code: 'invalid_request', id: '7' });
    await socket.close();
  });
});

describe('a request with a faulty percent-encoding', () => {
  it.each([
    '/conversations/%zz/messages',
    '/conversations/%ff/messages',
    '/conversations/%00/messages',
    '/conversations/%ED%A0%80/messages',
    '/groups/%E0%A4%A/members',
    '/groups/%2e%2e/reads',
    '/conversations?cursor=%zz',
    '/conversations?cursor=%ED%A0%80',
    '/conversations?limit=%00',
    '/session?deviceId=%ff',
  ])('%s is refused below 500 (IM-REFUSE-9)', async (path) => {
    const { status } = await stack.http(newUser('alice'), path);
    expect([400, 404]).toContain(status);
  });
});
