/**
 * A recorded run of the desk, printed as Markdown (docs/scale.md): `npm run desk-run`, some minutes. A thousand customers
 * wait in one queue before fifty agents of different capacity come; every chat is served by its one agent, in the order of
 * the queue, and nobody ever has more than the capacity. Then chats are opened one by one while agents are free.
 */
import { parseArgs } from 'node:util';
import { ulid } from 'ulid';
import WebSocket from 'ws';
import { startRuntime } from '../local/runtime.ts';
import { createWire } from '../local/wire/index.ts';
import type { DeskChat } from '../protocol/desk.ts';

const { values } = parseArgs({
  options: {
    chats: { type: 'string', default: '1000' },
    agents: { type: 'string', default: '50' },
    prompt: { type: 'string', default: '50' },
  },
});
const CHATS = Number(values.chats);
const AGENTS = Number(values.agents);
const AT_ONCE = 16;

const wire = createWire({ keep: 400_000 });
const runtime = await startRuntime({ wire: wire.attach, onWarning: () => undefined });

interface Client {
  readonly userId: string;
  request(frame: object): Promise<{ readonly chat: DeskChat }>;
  onFrame: (frame: { readonly type: string; readonly chat?: DeskChat }) => void;
}

async function connect(userId: string, roles: readonly string[] = []): Promise<Client> {
  const token = await runtime.token(userId, { roles });
  const socket = new WebSocket(`${runtime.wsUrl}?deviceId=d`, ['im.v1', `im.token.${token}`]);
  const waiting = new Map<string, (frame: { readonly chat: DeskChat }) => void>();
  const client: Client = {
    userId,
    request: (frame) =>
      new Promise((resolve, reject) => {
        const id = ulid();
        waiting.set(id, (answer: { readonly chat: DeskChat } & { readonly type?: string }) =>
          answer.type === 'error' ? reject(new Error(JSON.stringify(answer))) : resolve(answer),
        );
        socket.send(JSON.stringify({ id, ...frame }));
      }),
    onFrame: () => undefined,
  };
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data));
    waiting.get(frame.id)?.(frame);
    waiting.delete(frame.id);
    client.onFrame(frame);
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return client;
}

async function each<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < items.length; n = next++) await task(items[n] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const names = (what: string, count: number) => Array.from({ length: count }, (_, n) => `${what}-${n}`);
const assert = (isTrue: boolean, what: string) => {
  if (!isTrue) throw new Error(what);
};

/** One who serves: answers and closes each chat as it comes, and counts. */
interface Seat {
  readonly client: Client;
  readonly capacity: number;
  active: number;
  most: number;
  served: number;
}

const byAge = (a: DeskChat, b: DeskChat) =>
  a.openedAt - b.openedAt || (a.conversationId < b.conversationId ? -1 : 1);
const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

try {
  const served = new Map<string, DeskChat>();
  let onServed: (chat: DeskChat) => void = () => undefined;
  const sit = async (client: Client, n: number): Promise<Seat> => {
    const seat: Seat = { client, capacity: (n % 4) + 1, active: 0, most: 0, served: 0 };
    client.onFrame = ({ type, chat }) => {
      if (type !== 'desk.assigned' || chat === undefined) return;
      const known = served.get(chat.conversationId);
      // A push may come twice (IM-PUSH-1), but to nobody else.
      assert(known === undefined || known.agent?.userId === client.userId, 'A chat has two agents.');
      if (known !== undefined) return;
      served.set(chat.conversationId, chat);
      seat.active += 1;
      seat.served += 1;
      seat.most = Math.max(seat.most, seat.active);
      assert(seat.active <= seat.capacity, `${client.userId} has ${seat.active} of ${seat.capacity}`);
      void serve(seat, chat);
    };
    await client.request({ action: 'desk.ready', queues: ['default'], capacity: seat.capacity });
    return seat;
  };
  const serve = async (seat: Seat, chat: DeskChat) => {
    const { conversationId } = chat;
    const content = { type: 'text', text: 'At your service.' };
    await seat.client.request({ action: 'sendMessage', clientMsgId: 'hi', conversationId, content });
    seat.active -= 1;
    await seat.client.request({ action: 'desk.close', conversationId });
    onServed(chat);
  };

  const customers: Client[] = [];
  await each(names('customer', CHATS), async (name) => {
    customers.push(await connect(name));
  });
  const openedAt = performance.now();
  const opened: DeskChat[] = [];
  await each(customers, async (client) => {
    opened.push((await client.request({ action: 'desk.open' })).chat);
  });
  console.error(`${CHATS} chats opened in ${((performance.now() - openedAt) / 1000).toFixed(1)} s`);

  const agents = await Promise.all(names('agent', AGENTS).map((name) => connect(name, ['agent'])));
  const begunAt = performance.now();
  const all = Promise.withResolvers<void>();
  let left = CHATS;
  onServed = () => {
    left -= 1;
    if (left % 100 === 0) console.error(`${left} left`);
    if (left === 0) all.resolve();
  };
  const seats = await Promise.all(agents.map(sit));
  await all.promise;
  const seconds = (performance.now() - begunAt) / 1000;

  const inQueue = opened.toSorted(byAge).map(({ conversationId }) => conversationId);
  const inTime = [...served.values()].toSorted((a, b) => (a.assignedAt ?? 0) - (b.assignedAt ?? 0));
  const place = new Map(inQueue.map((id, n) => [id, n]));
  // Within a millisecond nobody can tell who came first.
  let overtaken = 0;
  let latestSoFar = -1;
  let before: DeskChat | undefined;
  let group = -1;
  for (const chat of inTime) {
    if (chat.assignedAt !== before?.assignedAt) latestSoFar = Math.max(latestSoFar, group);
    const at = place.get(chat.conversationId) ?? 0;
    if (at < latestSoFar) overtaken += 1;
    group = Math.max(group, at);
    before = chat;
  }
  const states = await Promise.all(seats.map(({ client }) => client.request({ action: 'desk.away' })));
  const stillActive = (states as unknown as { agent: { active: number } }[]).filter(
    ({ agent }) => agent.active > 0,
  );
  const counts = wire.counts();
  const once = served.size;
  const loads = seats.map(({ served: n }) => n);

  // Then one at a time, while everybody is free.
  await Promise.all(
    seats.map(({ client, capacity }) =>
      client.request({ action: 'desk.ready', queues: ['default'], capacity }),
    ),
  );
  const waits: number[] = [];
  for (const client of customers.slice(0, Number(values.prompt))) {
    const done = Promise.withResolvers<void>();
    const from = performance.now();
    client.onFrame = ({ type }) => {
      if (type !== 'desk.assigned') return;
      waits.push(performance.now() - from);
      done.resolve();
    };
    await client.request({ action: 'desk.open' });
    await done.promise;
  }
  waits.sort((a, b) => a - b);

  console.log(`
| | |
|---|---|
| chats, agents, places | ${CHATS}, ${AGENTS}, ${seats.reduce((sum, { capacity }) => sum + capacity, 0)} |
| served, each by one agent | ${once} |
| assigned before one that had waited longer | ${overtaken} |
| agents above their capacity at any moment | ${seats.filter(({ most, capacity }) => most > capacity).length} |
| places taken at the end | ${stillActive.length} |
| chats an agent, least and most | ${Math.min(...loads)}, ${Math.max(...loads)} |
| seconds from the first agent to the last close | ${seconds.toFixed(0)} (${(CHATS / seconds).toFixed(1)} chats a second) |
| \`desk.open\` to \`desk.assigned\` while agents are free, ms | p50 ${percentile(waits, 0.5).toFixed(0)}, p95 ${percentile(waits, 0.95).toFixed(0)}, most ${(waits.at(-1) ?? 0).toFixed(0)} |
| write units, read units, posts a chat, all told | ${[counts.writeUnits, counts.readUnits, counts.posts].map((n) => (n / CHATS).toFixed(1)).join(', ')} |
`);
} finally {
  await runtime.stop();
}
process.exit(0);
