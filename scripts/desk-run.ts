/**
 * A recorded run of the desk, printed as Markdown (docs/scale.md): `npm run desk-run`, a minute or two. A thousand customers wait in one
 * queue before fifty agents of different capacity start. Each chat must get one agent, in the order of the queue, and no
 * agent more chats than its capacity. Then chats are opened one by one while agents are free.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { summarize } from '../bench/measure/percentile.ts';
import { inParallel } from '../bench/scenarios/scenario.ts';
import { Socket } from '../bench/stack/socket.ts';
import { type LocalRuntime, startRuntime } from '../local/runtime.ts';
import { createWire, type Wire } from '../local/wire/index.ts';
import type { DeskChat } from '../protocol/desk.ts';

const { values } = parseArgs({
  options: {
    chats: { type: 'string', default: '1000' },
    agents: { type: 'string', default: '50' },
    prompt: { type: 'string', default: '50' },
  },
});
const [CHATS, AGENTS, PROMPT] = [values.chats, values.agents, values.prompt].map(Number) as [
  number,
  number,
  number,
];
const AT_ONCE = 16;
const RETRY_MS = 500;

interface Frame {
  readonly chat: DeskChat;
  readonly agent?: { readonly active: number };
}

interface Client {
  readonly userId: string;
  readonly socket: Socket;
  request(frame: object): Promise<Frame>;
}

/** Answers and closes each chat that it is assigned. */
interface Agent {
  readonly client: Client;
  readonly capacity: number;
  active: number;
  mostActive: number;
  served: number;
}

const wire = createWire({ keep: 400_000 });
const runtime = await startRuntime({ wire: wire.attach, onWarning: () => undefined });
try {
  console.log(await recordRun(runtime, wire));
} finally {
  await runtime.stop();
}
process.exit(0);

async function recordRun(runtime: LocalRuntime, { counts }: Pick<Wire, 'counts'>): Promise<string> {
  const { customers, waiting } = await openChats(runtime);
  const served = new Map<string, DeskChat>();
  const startMs = performance.now();
  const agents = await serveAll(runtime, served);
  const seconds = (performance.now() - startMs) / 1000;
  const states = await Promise.all(agents.map(({ client }) => client.request({ action: 'desk.away' })));
  const { writeUnits, readUnits, posts } = counts();
  const [servedChats, overtakers] = [served.size, countOvertakers(waiting, [...served.values()])];
  const loads = agents.map((agent) => agent.served);
  await Promise.all(agents.map(({ client, capacity }) => ready(client, capacity)));
  const { p50, p95 } = summarize(await openOneByOne(customers.slice(0, PROMPT)));
  const places = agents.reduce((sum, { capacity }) => sum + capacity, 0);
  const units = [writeUnits, readUnits, posts].map((amount) => (amount / CHATS).toFixed(1));
  return `
| | |
|---|---|
| chats, agents, places | ${CHATS}, ${AGENTS}, ${places} |
| chats served, each by one agent | ${servedChats} |
| chats assigned before one that had waited longer | ${overtakers} |
| agents above their capacity at any moment | ${agents.filter(({ mostActive, capacity }) => mostActive > capacity).length} |
| agents with a chat at the end | ${states.filter(({ agent }) => (agent?.active ?? 0) > 0).length} |
| chats an agent, least and most | ${Math.min(...loads)}, ${Math.max(...loads)} |
| seconds from the first agent to the last close | ${seconds.toFixed(0)} (${(CHATS / seconds).toFixed(1)} chats a second) |
| \`desk.open\` to \`desk.assigned\` while agents are free, ms | p50 ${p50.toFixed(0)}, p95 ${p95.toFixed(0)} |
| write units, read units, posts a chat, with all that agents cost | ${units.join(', ')} |
`;
}

/** A chat for each of a thousand customers, while there is no agent. */
async function openChats(runtime: LocalRuntime) {
  const customers: Client[] = [];
  const waiting: DeskChat[] = [];
  await inParallel(CHATS, AT_ONCE, async (n) => {
    const client = await connect(runtime, `customer-${n}`);
    customers.push(client);
    waiting.push((await client.request({ action: 'desk.open' })).chat);
  });
  return { customers, waiting };
}

/** Resolves when every chat has been closed. */
async function serveAll(runtime: LocalRuntime, served: Map<string, DeskChat>): Promise<readonly Agent[]> {
  const done = Promise.withResolvers<void>();
  let closed = 0;
  const serve = async (agent: Agent, chat: DeskChat) => {
    await answerAndClose(agent, chat);
    closed += 1;
    if (closed % 100 === 0) console.error(`${closed} of ${CHATS} chats closed`);
    if (closed === CHATS) done.resolve();
  };
  const agents = await Promise.all(
    Array.from({ length: AGENTS }, async (_, n): Promise<Agent> => {
      const client = await connect(runtime, `agent-${n}`, ['agent']);
      return { client, capacity: (n % 4) + 1, active: 0, mostActive: 0, served: 0 };
    }),
  );
  for (const agent of agents) {
    agent.client.socket.onFrame = ({ type, chat }) => {
      if (type !== 'desk.assigned') return;
      const assigned = chat as DeskChat;
      if (accept(agent, assigned, served)) serve(agent, assigned).catch(done.reject);
    };
  }
  await Promise.all([done.promise, ...agents.map(({ client, capacity }) => ready(client, capacity))]);
  return agents;
}

/** @returns false for a push that came twice (IM-PUSH-1). @throws {Error} the chat has another agent already */
function accept(agent: Agent, chat: DeskChat, served: Map<string, DeskChat>): boolean {
  const known = served.get(chat.conversationId);
  if (known && known.agent?.userId !== agent.client.userId) throw new Error('A chat has two agents.');
  if (known) return false;
  served.set(chat.conversationId, chat);
  agent.active += 1;
  agent.served += 1;
  agent.mostActive = Math.max(agent.mostActive, agent.active);
  return true;
}

async function answerAndClose(agent: Agent, { conversationId }: DeskChat): Promise<void> {
  const content = { type: 'text', text: 'How can I help?' };
  await agent.client.request({ action: 'sendMessage', clientMsgId: 'hi', conversationId, content });
  agent.active -= 1;
  await agent.client.request({ action: 'desk.close', conversationId });
}

function ready(client: Client, capacity: number): Promise<Frame> {
  return client.request({ action: 'desk.ready', queues: ['default'], capacity });
}

/** Counts chats that got an agent before an earlier one did. Within a millisecond the order is not known. */
function countOvertakers(waiting: readonly DeskChat[], served: readonly DeskChat[]): number {
  const inOrder = waiting.toSorted(
    (a, b) => a.openedAt - b.openedAt || (a.conversationId < b.conversationId ? -1 : 1),
  );
  const places = new Map(inOrder.map(({ conversationId }, place) => [conversationId, place]));
  const byTime = Object.entries(Object.groupBy(served, ({ assignedAt = 0 }) => assignedAt));
  let furthest = -1;
  let overtakers = 0;
  for (const [, chats = []] of byTime.toSorted(([a], [b]) => Number(a) - Number(b))) {
    const found = chats.map(({ conversationId }) => places.get(conversationId) ?? 0);
    overtakers += found.filter((place) => place < furthest).length;
    furthest = Math.max(furthest, ...found);
  }
  return overtakers;
}

/** Milliseconds from `desk.open` to `desk.assigned`, of each. */
async function openOneByOne(customers: readonly Client[]): Promise<readonly number[]> {
  const waitsMs: number[] = [];
  for (const client of customers) {
    const assigned = client.socket.next(({ type }) => type === 'desk.assigned');
    const startMs = performance.now();
    await client.request({ action: 'desk.open' });
    await assigned;
    waitsMs.push(performance.now() - startMs);
  }
  return waitsMs;
}

async function connect(
  runtime: LocalRuntime,
  userId: string,
  roles: readonly string[] = [],
): Promise<Client> {
  const socket = await Socket.open(`${runtime.wsUrl}?deviceId=d`, await runtime.token(userId, { roles }));
  const request = async (frame: object): Promise<Frame> => {
    try {
      return (await socket.request({ ...frame })) as unknown as Frame;
    } catch (error) {
      // This machine is busy. Each of these requests may be repeated.
      if (!String(error).includes('"retryable":true')) throw error;
      await sleep(RETRY_MS);
      return request(frame);
    }
  };
  return { userId, socket, request };
}
