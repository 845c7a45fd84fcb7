import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { newGatewayId } from './request-id.ts';

/**
 * The text of the gateway's own frames and refusals, byte for byte:
 * `{"message": "Forbidden", "connectionId":"…", "requestId":"…"}`.
 */
export function gatewayMessage(message: string, connectionId: string): string {
  return `{"message": "${message}", "connectionId":"${connectionId}", "requestId":"${newGatewayId()}"}`;
}

/** Refuses an upgrade with an HTTP status on the raw socket. */
export function refuseUpgrade(socket: Duplex, status: number, body: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
