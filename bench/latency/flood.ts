import { type Summary, summarize } from '../measure/percentile.ts';
import { step } from '../progress.ts';
import { table } from '../report/table.ts';
import type { Assembly } from '../stack/assembly.ts';
import { type BenchStack, withBenchStack } from '../stack/bench-stack.ts';
import type { Frame, Socket } from '../stack/socket.ts';

/** Devices of mallory, as many as a user may have. Each always has a request under way. */
const DEVICES = 10;
const MESSAGES = 100;
/** As many as AWS would start for them, but for the cores of this machine. */
const INSTANCES = 8;
const DEFAULT_BUDGET = '600,3000';

interface HttpAsk {
  readonly path: string;
  readonly body?: object;
}

function isHttp(ask: Frame | HttpAsk): ask is HttpAsk {
  return typeof ask.path === 'string';
}

interface Flood {
  readonly name: string;
  /** Makes a target, such as a large group. @default - the flood needs none */
  readonly prepare?: (stack: BenchStack) => Promise<string>;
  /** Over the socket, or over HTTP. */
  readonly ask: (nth: number, target: string) => Frame | HttpAsk;
}

const text = (words: string) => ({ type: 'text', text: words });
const crowd = Array.from({ length: 100 }, (_, n) => `somebody-${n}`);

const FLOODS: readonly Flood[] = [
  {
    name: 'messages to one user',
    ask: (n) => ({ action: 'sendMessage', clientMsgId: `f${n}`, to: 'victim', content: text('flood') }),
  },
  { name: 'presence of 100 users', ask: () => ({ action: 'presence', userIds: crowd }) },
  {
    name: 'messages to a group of 100',
    prepare: makeGroup,
    ask: (n, conversationId) => ({
      action: 'sendMessage',
      clientMsgId: `g${n}`,
      conversationId,
      content: text('flood'),
    }),
  },
  {
    name: 'edits of one message',
    prepare: makePage,
    ask: (n) => ({ action: 'edit', to: 'victim', seq: 1, editId: `e${n}`, content: text(`flood ${n}`) }),
  },
  { name: 'pages of history', prepare: makePage, ask: (_, path) => ({ path }) },
  { name: 'new groups', ask: (n) => ({ path: '/groups', body: { name: `flood ${n}`, members: [] } }) },
];

/** Compares how long others wait during a flood of one user, with and without a budget, with their wait before it. */
export async function measureFloods(assembly: Assembly): Promise<string> {
  const rows = [];
  for (const flood of FLOODS) {
    const [without, limited] = [
      await step(`${flood.name}, no budget`, () => measure(assembly, flood, 'none')),
      await step(`${flood.name}, a budget`, () => measure(assembly, flood, DEFAULT_BUDGET)),
    ];
    rows.push([flood.name, ...[without, limited].flatMap(({ p50, p95 }) => [ratio(p50), ratio(p95)])]);
  }
  return table(['one user floods with', 'no budget: median', 'p95', 'default budget: median', 'p95'], rows);
}

const ratio = (times: number) => `${times.toFixed(1)} ×`;

/** Of one stack: how many times longer another user's message takes during the flood. */
async function measure(
  assembly: Assembly,
  flood: Flood,
  budget: string,
): Promise<Pick<Summary, 'p50' | 'p95'>> {
  const options = {
    cdkOut: assembly.directory,
    latency: [{ ms: 5 }],
    maxInstancesPerFunction: INSTANCES,
    environment: { USER_BUDGET: budget, STRANGERS_PER_DAY: 'none' },
  };
  return withBenchStack(options, async (stack) => {
    const target = (await flood.prepare?.(stack)) ?? '';
    const [alice, bob] = [await stack.join('alice'), await stack.join('bob')];
    await talk(alice, bob, 'warm');
    const before = await talk(alice, bob, 'before');
    const mallory = startFlood(stack, flood, target);
    const during = await talk(alice, bob, 'during');
    await mallory.stop();
    return { p50: during.p50 / before.p50, p95: during.p95 / before.p95 };
  });
}

/** A token without a budget, for what mallory makes before the flood. */
const AS_SERVICE = { roles: ['service'] };

async function makeGroup(stack: BenchStack): Promise<string> {
  const body = { name: 'Crowd', members: crowd.slice(0, 99) };
  const request = { method: 'POST', body, token: AS_SERVICE };
  const group = (await stack.http('mallory', '/groups', request)) as Frame;
  return String(group['conversationId']);
}

async function makePage(stack: BenchStack): Promise<string> {
  const content = text('x'.repeat(8_000));
  const post = (n: number) =>
    stack.http('mallory', '/messages', {
      method: 'POST',
      body: { clientMsgId: `p${n}`, to: 'victim', content },
      token: AS_SERVICE,
    });
  await post(0);
  await Promise.all(Array.from({ length: 50 }, (_, n) => post(n + 1)));
  return `/conversations/${encodeURIComponent('dm:mallory:victim')}/messages?limit=100`;
}

async function talk(from: Socket, to: Socket, words: string): Promise<Summary> {
  const times: number[] = [];
  for (let n = 0; n < MESSAGES; n += 1) {
    const clientMsgId = `${words}${n}`;
    const startedMs = performance.now();
    const arrived = to.next(({ type }) => type === 'messages');
    await from.request({ action: 'sendMessage', clientMsgId, to: 'bob', content: text(clientMsgId) });
    times.push((await arrived).atMs - startedMs);
  }
  return summarize(times);
}

/** Keeps requests under way, ignores every refusal, and connects again as soon as it is disconnected. */
function startFlood(stack: BenchStack, { ask }: Flood, target: string) {
  let isOver = false;
  let nth = 0;
  const overHttp = ({ path, body }: HttpAsk) =>
    stack.http('mallory', path, body === undefined ? {} : { method: 'POST', body });
  const work = async (device: string): Promise<void> => {
    let socket: Socket | undefined;
    while (!isOver) {
      nth += 1;
      const request = ask(nth, target);
      if (isHttp(request)) {
        await overHttp(request).catch(() => undefined);
        continue;
      }
      if (socket?.isOpen !== true) socket = await stack.open('mallory', device).catch(() => undefined);
      const answered = socket?.request(request).catch(() => undefined);
      await Promise.race([answered, socket?.ended]);
    }
    if (socket?.isOpen) await socket.close();
  };
  const workers = Array.from({ length: DEVICES }, (_, n) => work(`d${n}`));
  return {
    async stop() {
      isOver = true;
      await Promise.all(workers);
    },
  };
}
