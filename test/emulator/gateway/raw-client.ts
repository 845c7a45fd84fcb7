import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A TCP connection, for bytes that a correct WebSocket client never sends. */
export async function sendRequest(url: string, lines: readonly string[]): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return socket;
}

/** The handshake, without waiting for the answer. */
export function sendHandshake(url: string): Promise<Socket> {
  return sendRequest(url, [
    'GET /prod HTTP/1.1',
    'Host: test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  ]);
}

/** A masked frame; the mask is zero, so the payload stays readable. */
export function frame(firstByte: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  header.writeUInt8(firstByte, 0);
  if (header.length === 2) header.writeUInt8(0x80 | payload.length, 1);
  else if (header.length === 4) {
    header.writeUInt8(0x80 | 126, 1);
    header.writeUInt16BE(payload.length, 2);
  } else {
    header.writeUInt8(0x80 | 127, 1);
    header.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

/**
 * After this resolves, the gateway has read everything sent before it: a request and its answer come later through the
 * same event loop.
 */
export async function roundTrip(url: string): Promise<void> {
  await (await fetch(url)).arrayBuffer();
}
