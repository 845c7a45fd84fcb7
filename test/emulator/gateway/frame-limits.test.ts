import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameGuard } from '../../../local/gateway/frame-guard.ts';
import { startGateway } from './gateway-fixture.ts';
import { frame, sendHandshake } from './raw-client.ts';

const KB = 1024;
const text = (bytes: number) => 'x'.repeat(bytes);

async function startLengthEcho() {
  const fixture = await startGateway({
    functions: { $default: ({ body = '' }) => ({ statusCode: 200, body: String(body.length) }) },
  });
  return { ...fixture, opened: await fixture.client().opened() };
}

describe('a message', () => {
  it('passes in one frame of exactly 32 KB', async () => {
    const { opened } = await startLengthEcho();
    opened.send(text(32 * KB));
    expect(await opened.next()).toBe(String(32 * KB));
  });

  it('closes the socket with 1009 and reaches no function if its one frame is a byte larger', async () => {
    const { opened, invoker } = await startLengthEcho();
    opened.send(text(32 * KB + 1));
    expect((await opened.closed).code).toBe(1009);
    const { requestContext } = await invoker.call('$disconnect');
    expect(requestContext.disconnectStatusCode).toBe(1009);
    expect(invoker.calls('$default')).toEqual([]);
  });

  it('passes with 128 KB in four frames, and so does the next', async () => {
    const { opened } = await startLengthEcho();
    for (let message = 0; message < 2; message += 1) {
      for (let part = 0; part < 4; part += 1) opened.webSocket.send(text(32 * KB), { fin: part === 3 });
      expect(await opened.next()).toBe(String(128 * KB));
    }
  });

  it('closes the socket with 1009 at 128 KB and one byte', async () => {
    const { opened, invoker } = await startLengthEcho();
    for (let part = 0; part < 4; part += 1) opened.webSocket.send(text(32 * KB), { fin: false });
    opened.webSocket.send('x', { fin: true });
    expect((await opened.closed).code).toBe(1009);
    expect(invoker.calls('$default')).toEqual([]);
  });

  it('closes the socket with 1009 if a frame in the middle is too large', async () => {
    const { opened } = await startLengthEcho();
    opened.webSocket.send('a', { fin: false });
    opened.webSocket.send(text(33 * KB), { fin: true });
    expect((await opened.closed).code).toBe(1009);
  });

  it('closes the socket with 1003 if it is binary', async () => {
    const { opened, invoker } = await startLengthEcho();
    opened.webSocket.send(Buffer.from('{"action":"echo"}'));
    expect((await opened.closed).code).toBe(1003);
    expect((await invoker.call('$disconnect')).requestContext.disconnectStatusCode).toBe(1003);
    expect(invoker.calls('echo')).toEqual([]);
  });

  it.each([
    ['is not UTF-8', frame(0x81, Buffer.from([0xff, 0xfe])), 1007],
    ['breaks the framing', frame(0x83, Buffer.from('x')), 1002],
  ])('closes the socket with the code of its error if it %s', async (_case, bytes, code) => {
    const { httpUrl, invoker } = await startGateway();
    const socket = await sendHandshake(httpUrl);
    socket.resume();
    await invoker.call('$connect');
    socket.write(bytes);
    expect((await invoker.call('$disconnect')).requestContext.disconnectStatusCode).toBe(code);
    socket.destroy();
  });
});

describe('the frame guard', () => {
  const limits = { frameBytes: 300, messageBytes: 1000 };
  const FIN = 0x80;

  it('gives the same result however the bytes are split into chunks', () => {
    const frames = fc.array(
      fc.record({
        firstByte: fc.constantFrom(0x01, 0x00, FIN, 0x89, 0x82),
        size: fc.integer({ min: 0, max: 400 }),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (list, sizes) => {
        const bytes = Buffer.concat(list.map(({ firstByte, size }) => frame(firstByte, Buffer.alloc(size))));
        const guard = new FrameGuard(limits);
        let found: unknown;
        for (let offset = 0, turn = 0; offset < bytes.length && found === undefined; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          found = guard.push(bytes.subarray(offset, offset + size));
          offset += size;
        }
        expect(found).toEqual(new FrameGuard(limits).push(bytes));
      }),
    );
  });

  it('reads lengths of all three encodings', () => {
    const small = { frameBytes: 70_000, messageBytes: 1_000_000 };
    for (const size of [0, 125, 126, 65_535, 65_536, 70_000]) {
      expect(new FrameGuard(small).push(frame(0x81, Buffer.alloc(size)))).toBeUndefined();
    }
    expect(new FrameGuard(small).push(frame(0x81, Buffer.alloc(70_001)))).toMatchObject({ code: 1009 });
  });

  it('does not count control frames between the parts of a message', () => {
    const guard = new FrameGuard(limits);
    const part = (firstByte: number, size: number) => guard.push(frame(firstByte, Buffer.alloc(size)));
    expect([part(0x01, 300), part(0x89, 100), part(0x00, 300), part(0x00, 300)]).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
    expect(part(FIN, 101)).toMatchObject({ code: 1009 });
  });
});
