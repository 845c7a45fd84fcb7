import type { MemoryTime } from '../memory/memory.ts';
import { table } from '../report/table.ts';
import type { RunTime } from './lambda-model.ts';
import { QUOTAS } from './quotas.ts';
import { type Layout, type Quotas, type Storm, type StormRoute, simulateStorm } from './storm.ts';

/** Function of each route in this stack. */
export const ONE_SOCKET: Layout = {
  authorize: 'authorize',
  $connect: 'socket',
  $disconnect: 'socket',
  hello: 'socket',
  session: 'http',
  conversations: 'http',
};
/** The same with a separate function for `$connect` and `$disconnect`. */
const CONNECT_APART: Layout = { ...ONE_SOCKET, $connect: 'connection', $disconnect: 'connection' };

/** Memory of `socket` and `http`. */
const MEGABYTES = 512;
/** Lambda's own time before init. Assumed, since AWS documents no figure. */
const LAMBDA_OWN_MS = 200;

export const DEFAULT_QUOTAS: Quotas = {
  connections: QUOTAS.newConnections.limit,
  socketRequests: QUOTAS.ownFrames.limit,
  httpRequests: QUOTAS.ownHttp.limit,
  concurrency: QUOTAS.concurrency.limit,
};
/** Ten times the gateway's defaults; twice as many HTTP requests as connects, since refused clients ask for the reason. */
const TENFOLD = { connections: 5_000, socketRequests: 20_000, httpRequests: 10_000 };

interface Row {
  readonly users: number;
  readonly what: string;
  readonly quotas?: Partial<Quotas>;
  readonly disconnectSeconds?: number;
  readonly refusalsPerQuestion?: number;
}

const ROWS: readonly Row[] = [
  { users: 1_000, what: 'new account: 10 runs at once', quotas: { concurrency: 10 } },
  { users: 1_000, what: 'defaults' },
  { users: 10_000, what: 'defaults' },
  { users: 100_000, what: 'defaults' },
  { users: 100_000, what: 'defaults, every $disconnect within 10 s', disconnectSeconds: 10 },
  { users: 100_000, what: 'defaults, asking GET /session after every refusal', refusalsPerQuestion: 1 },
  { users: 100_000, what: 'defaults, httpThrottle 2,000', quotas: { httpRequests: 2_000 } },
  { users: 100_000, what: '5,000 new connections', quotas: TENFOLD },
  {
    users: 100_000,
    what: '5,000 new connections, 3,000 runs at once',
    quotas: { ...TENFOLD, concurrency: 3_000 },
  },
  {
    users: 100_000,
    what: '… every $disconnect within 10 s',
    quotas: { ...TENFOLD, concurrency: 3_000 },
    disconnectSeconds: 10,
  },
];

/** How long all clients need to reconnect after an outage, in Markdown. */
export function stormText(times: readonly MemoryTime[]): string {
  const runTimes = runTimesOf(times);
  const rows = ROWS.map(({ what, quotas, ...row }) => {
    const storm = {
      ...row,
      times: runTimes,
      quotas: { ...DEFAULT_QUOTAS, ...quotas },
    } satisfies Omit<Storm, 'layout'>;
    const [one, apart] = [ONE_SOCKET, CONNECT_APART].map((layout) => simulateStorm({ ...storm, layout }));
    const both = (name: keyof NonNullable<typeof one>) =>
      [one, apart].map((result) => Math.round(result?.[name] ?? Number.NaN));
    return [
      row.users,
      what,
      ...both('seconds'),
      ...both('refusedRuns'),
      ...both('coldStarts'),
      ...both('peakRuns'),
    ];
  });
  const pair = (name: string) => [name, 'apart'];
  return table(
    [
      'connected',
      'quotas',
      ...pair('seconds until 99 % are back'),
      ...pair('runs refused'),
      ...pair('cold starts'),
      ...pair('most runs at once'),
    ],
    rows,
  );
}

/** From `npm run bench -- --memory`; unmeasured values are copied from similar operations. */
export function runTimesOf(times: readonly MemoryTime[]): Readonly<Record<StormRoute, RunTime>> {
  const of = (operation: string, likeOperation = operation): RunTime => {
    const [warm, cold] = [operation, likeOperation].map((name) =>
      times.find((time) => time.operation === name && time.megabytes === MEGABYTES),
    );
    if (!warm || !cold)
      throw new Error(`${operation} was not measured: run \`npm run bench -- --memory\` first.`);
    return { warmMs: warm.p50Ms, coldMs: LAMBDA_OWN_MS + cold.initMs + cold.firstMs };
  };
  return {
    authorize: of('authorize'),
    $connect: of('$connect'),
    $disconnect: of('$connect'),
    hello: of('hello'),
    session: of('authorize', 'conversations'),
    conversations: of('conversations'),
  };
}
