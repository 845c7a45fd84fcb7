import type { BenchStack } from '../stack/bench-stack.ts';
import { phantomConnection, seedRows } from '../stack/seed.ts';
import { Socket } from '../stack/socket.ts';
import { type Crowd, REAL_CLIENTS } from './crowd.ts';

const seeded = new WeakMap<BenchStack, number>();
let sends = 0;

/**
 * A message to one friend is posted to everyone, and each client shows only its user's messages. The friend can be anywhere
 * in the Scan order, so we measure every real client.
 */
export async function joinBaseline(stack: BenchStack, users: number): Promise<Crowd> {
  const { runtime, documents } = stack;
  const [table] = runtime.stack.tables;
  const before = seeded.get(stack) ?? 0;
  const missing = Math.max(0, users - REAL_CLIENTS - before);
  const rows = Array.from({ length: missing }, (_, n) => ({ connectionId: phantomConnection(before + n) }));
  await seedRows(documents, table?.tableName ?? '', rows);
  seeded.set(stack, before + missing);
  const sockets = await Promise.all(Array.from({ length: REAL_CLIENTS }, () => Socket.open(runtime.wsUrl)));
  return {
    async send(n) {
      sends += 1;
      const clientMsgId = `message-${String(sends).padStart(7, '0')}`;
      const sender = sockets[n % sockets.length];
      const receivers = sockets.filter((socket) => socket !== sender);
      const pushes = receivers.map((socket) => socket.message(clientMsgId));
      const data = JSON.stringify({ messages: [{ clientMsgId, text: 'x'.repeat(100) }] });
      const sentMs = performance.now();
      sender?.send({ action: 'sendMessage', data });
      return (await Promise.all(pushes)).map(({ atMs }) => atMs - sentMs);
    },
    leave: () => stack.leave(...sockets),
  };
}
