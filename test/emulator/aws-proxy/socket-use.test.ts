import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import type { Call } from '../../../local/aws-proxy/index.ts';
import { SocketUse } from '../../../local/aws-proxy/socket-use.ts';

function setUp() {
  const sockets = new SocketUse();
  const calls: Call[] = [];
  return (startMs: number, endMs: number, line: Socket, overrides: Partial<Call> = {}) => {
    const call = { service: 'dynamodb', outcome: 'answered', startMs, endMs, ...overrides } as Call;
    const issuedMs = sockets.issuedMs(call, line, calls);
    calls.push(call);
    return issuedMs < startMs ? 'before' : 'at arrival';
  };
}

it.each([
  ['at arrival', 'on the socket that became free last', (free: Socket) => free, {}],
  ['before', 'on a new socket, since the other was busy', () => new Socket(), {}],
  ['at arrival', 'on a new socket to another service', () => new Socket(), { service: 'sqs' }],
] as const)('a call counts as sent %s if it comes %s', (sent, _, choose, overrides) => {
  const call = setUp();
  const line = new Socket();
  call(1, 2, line);
  expect(call(3, 4, choose(line), overrides)).toBe(sent);
});

it('a call on an idle socket was sent before; a socket used since proves nothing', () => {
  const call = setUp();
  const [a, b] = [new Socket(), new Socket()];
  call(1, 2, a);
  call(3, 4, b);
  // The caller took b although a was free: it may have lost a.
  expect(call(5, 6, b)).toBe('at arrival');
  expect(call(7, 8, a)).toBe('before');
});

it('a retry on a new socket after a cut counts as sent at arrival', () => {
  const call = setUp();
  call(1, 2, new Socket(), { outcome: 'cut' });
  expect(call(3, 4, new Socket())).toBe('at arrival');
});
