import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { functionSpec } from '../../local/functions/function-spec.ts';
import { type PriceFile, readPrices } from '../cost/prices.ts';
import { median, percentile } from '../measure/percentile.ts';
import { step } from '../progress.ts';
import { joinPair, newUser, sending } from '../scenarios/scenario.ts';
import { type Assembly, handlerFile, wrapHandlers } from '../stack/assembly.ts';
import { type BenchStack, withBenchStack } from '../stack/bench-stack.ts';
import { CpuGroup } from './cpu-group.ts';

const MEGABYTES = [256, 512, 1_024];
const ROUNDS = 3;
/** Events to skip before the warm ones, since the first compile the code. */
const [COLD_RUNS, WARM_RUNS] = [10, 20];

/** A client's request, and which of the functions it invokes is measured. */
interface Request {
  readonly name: string;
  send(): Promise<unknown>;
  readonly isIts?: (functionId: string) => boolean;
}

/** Milliseconds of one operation at one memory size; medians unless stated otherwise. */
export interface MemoryTime {
  readonly operation: string;
  readonly megabytes: number;
  /** Import of the bundle, with a whole core (if Lambda grants that to init) and with the size's share of one. */
  readonly wholeCoreInitMs: number;
  readonly initMs: number;
  readonly firstMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Resident memory at the end. */
  readonly usedMegabytes: number;
}

interface Operation {
  readonly name: string;
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly events: readonly unknown[];
}

/** Measurements of one process. */
interface Life {
  readonly initMs: number;
  readonly runsMs: readonly number[];
  readonly megabytes: number;
  readonly answer: string;
}

/**
 * Measures how long the deployed bundles take at each memory size: in a process with the CPU share that Lambda gives that
 * size, against the local emulators, with the latency that the cost model assumes for each call.
 */
export async function measureMemory(assembly: Assembly): Promise<readonly MemoryTime[]> {
  const prices = readPrices();
  const folder = mkdtempSync(join(tmpdir(), 'serverless-im-events-'));
  wrapHandlers(assembly, 'capture');
  const options = {
    cdkOut: assembly.directory,
    latency: [{ ms: prices.assumptions.waitPerCallMs.value }],
    environment: { BENCH_EVENTS: folder },
  };
  try {
    return await withBenchStack(options, async (stack) => {
      const operations = await captureOperations(stack, folder);
      return (await measureSizes(operations, prices)).map(timeOf);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function captureOperations(stack: BenchStack, folder: string): Promise<readonly Operation[]> {
  const { a, b, alice } = await joinPair(stack);
  await alice.request(sending(b));
  const open = () => stack.open(newUser());
  const requests: readonly Request[] = [
    { name: 'authorize', send: open, isIts: (id) => id.includes('Authorize') },
    { name: '$connect', send: open, isIts: (id) => !id.includes('Authorize') },
    { name: 'hello', send: () => alice.request({ action: 'hello' }) },
    { name: 'heartbeat', send: () => alice.request({ action: 'heartbeat' }) },
    { name: 'message', send: () => alice.request(sending(b)) },
    { name: 'conversations', send: () => stack.http(a, '/conversations') },
    {
      name: 'store-offline, one message',
      send: () => alice.request(sending(newUser())),
      isIts: (id) => id.includes('StoreOffline'),
    },
  ];
  const operations: Operation[] = [];
  for (const request of requests) {
    for (const file of readdirSync(folder)) rmSync(join(folder, file));
    await request.send();
    await stack.settle();
    operations.push(operationOf(request, stack, folder));
  }
  return operations;
}

function operationOf(
  { name, isIts = () => true }: Request,
  { runtime }: BenchStack,
  folder: string,
): Operation {
  const functionId = readdirSync(folder).find(isIts) ?? '';
  const model = runtime.stack.functions.find(({ logicalId }) => logicalId === functionId);
  if (model === undefined) throw new Error(`No function was seen to answer: ${name}`);
  const text = readFileSync(join(folder, functionId), 'utf8');
  const { environment } = functionSpec(model, {
    AWS_ENDPOINT_URL_DYNAMODB: runtime.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: runtime.endpoints.sqs,
    // The proxy recognizes the caller by this name, and delays its calls (local/aws-proxy/invocations.ts).
    AWS_SDK_UA_APP_ID: 'caller-Memory',
  });
  // Each send gets its own id, since a repeated send is a different operation.
  const events = Array.from({ length: 1 + COLD_RUNS + WARM_RUNS }, () => JSON.parse(text));
  return { name, bundle: pathToFileURL(handlerFile(model)).href, environment, events };
}

interface Size {
  readonly operation: string;
  readonly megabytes: number;
  readonly lives: readonly Life[];
  readonly confinedInitMs: readonly number[];
}

/** Alternates, so that other load on the machine affects all sizes alike. */
async function measureSizes(
  operations: readonly Operation[],
  { assumptions }: Pick<PriceFile, 'assumptions'>,
): Promise<readonly Size[]> {
  const groups = new Map(
    MEGABYTES.map((size) => [
      size,
      new CpuGroup(`${size}`, Math.min(1, size / assumptions.vcpuMegabytes.value)),
    ]),
  );
  const sizes = operations.flatMap((operation) =>
    MEGABYTES.map((megabytes) => ({
      operation,
      megabytes,
      lives: [] as Life[],
      confinedInitMs: [] as number[],
    })),
  );
  try {
    for (let round = 1; round <= ROUNDS; round += 1) {
      await step(`round ${round} of ${ROUNDS}`, async () => {
        for (const { operation, megabytes, lives, confinedInitMs } of sizes) {
          const group = groups.get(megabytes)?.directory ?? '';
          lives.push(await live(operation, group, false));
          const { initMs } = await live({ ...operation, events: [] }, group, true);
          confinedInitMs.push(initMs);
        }
      });
    }
  } finally {
    for (const group of groups.values()) group.remove();
  }
  return sizes.map(({ operation, ...size }) => ({ operation: operation.name, ...size }));
}

/** Detects an error frame, an HTTP error, or a failed record, which must not be measured as the operation. */
const FAILURE = /"type":"error"|"statusCode":[45]|"itemIdentifier"/;

const run = promisify(execFile);
let sends = 0;

async function live(operation: Operation, group: string, confinesInit: boolean): Promise<Life> {
  const events = operation.events.map(withNewMessageId);
  const input = JSON.stringify({ bundle: operation.bundle, events, group, confinesInit });
  const program = new URL('./confined.mjs', import.meta.url).pathname;
  const { stdout } = await run(process.execPath, [program, input], { env: operation.environment });
  const life: Life = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  if (FAILURE.test(life.answer.replaceAll('\\', ''))) throw new Error(`${operation.name}: ${life.answer}`);
  return life;
}

function withNewMessageId(event: unknown): unknown {
  sends += 1;
  const id = `memory-${String(sends).padStart(8, '0')}`;
  return JSON.parse(JSON.stringify(event).replace(/message-\d{7}/, id));
}

function timeOf({ operation, megabytes, lives, confinedInitMs }: Size): MemoryTime {
  const warm = lives.flatMap(({ runsMs }) => runsMs.slice(1 + COLD_RUNS));
  return {
    operation,
    megabytes,
    wholeCoreInitMs: median(lives.map(({ initMs }) => initMs)),
    initMs: median(confinedInitMs),
    firstMs: median(lives.map(({ runsMs }) => runsMs[0] ?? Number.NaN)),
    p50Ms: median(warm),
    p95Ms: percentile(warm, 0.95),
    usedMegabytes: Math.max(...lives.map(({ megabytes: used }) => used)),
  };
}
