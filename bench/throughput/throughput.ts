import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Mode } from '../arguments.ts';
import { type Summary, summarize } from '../measure/percentile.ts';
import { joinPair, type Pair, sending } from '../scenarios/scenario.ts';
import { type Assembly, handlerFile } from '../stack/assembly.ts';
import { type BenchStack, withBenchStack } from '../stack/bench-stack.ts';
import { type CpuProfile, type SelfTime, type SourceMapPayload, selfTimes } from './cpu-profile.ts';

export interface Throughput {
  readonly senders: number;
  readonly seconds: number;
  readonly messagesPerSecond: number;
  /** From sending the frame to receiving the ack, while all senders write. */
  readonly ackMs: Summary;
  /** CPU time per message, over all cores. */
  readonly cpuMs: { readonly handler: number; readonly process: number; readonly mainThread: number };
}

const SENDERS: Readonly<Record<Mode, number>> = { check: 0, quick: 20, full: 100 };
const SECONDS: Readonly<Record<Mode, number>> = { check: 0, quick: 3, full: 20 };
/** More instances would only compete for a small machine's cores. */
const INSTANCES = 4;

/** A hundred users write to a hundred others, each as soon as the last message is acknowledged, without added latency. */
export function measureThroughput(assembly: Assembly, mode: Mode): Promise<Throughput> {
  const options = { cdkOut: assembly.directory, latency: [], maxInstancesPerFunction: INSTANCES };
  return withBenchStack(options, async (stack) => {
    const pairs = await joinPairs(stack, SENDERS[mode]);
    await writeFor(pairs, 1);
    await stack.settle();
    stack.proxy.reset();
    stack.cpu.clear();
    const [cpu, thread, startMs] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()];
    const acks = await writeFor(pairs, SECONDS[mode]);
    const seconds = (performance.now() - startMs) / 1000;
    const [used, main] = [process.cpuUsage(cpu), process.threadCpuUsage(thread)];
    const perMessage = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1000 / acks.length;
    return {
      senders: pairs.length,
      seconds,
      messagesPerSecond: acks.length / seconds,
      ackMs: summarize(acks),
      cpuMs: {
        handler: stack.cpu.totalMs / acks.length,
        process: perMessage(used),
        mainThread: perMessage(main),
      },
    };
  });
}

async function joinPairs(stack: BenchStack, count: number): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (let n = 0; n < count; n += 1) {
    const pair = await joinPair(stack);
    await pair.alice.request(sending(pair.b));
    pairs.push(pair);
  }
  return pairs;
}

async function writeFor(pairs: readonly Pair[], seconds: number): Promise<number[]> {
  const endMs = performance.now() + seconds * 1000;
  const acks: number[] = [];
  await Promise.all(
    pairs.map(async ({ alice, b }) => {
      while (performance.now() < endMs) {
        const startMs = performance.now();
        await alice.request(sending(b));
        acks.push(performance.now() - startMs);
      }
    }),
  );
  return acks;
}

const WARM_EVENTS: Readonly<Record<Mode, number>> = { check: 0, quick: 100, full: 1_000 };
const PROFILED_EVENTS: Readonly<Record<Mode, number>> = { check: 0, quick: 100, full: 3_000 };

/** Where a warm `sendMessage` spends its CPU time. @param assembly with profilers around its handlers */
export async function profileSending(assembly: Assembly, mode: Mode): Promise<readonly SelfTime[]> {
  const folder = mkdtempSync(join(tmpdir(), 'serverless-im-profile-'));
  try {
    const [from, to] = [WARM_EVENTS[mode], WARM_EVENTS[mode] + PROFILED_EVENTS[mode]];
    const options = {
      cdkOut: assembly.directory,
      latency: [],
      maxInstancesPerFunction: 1,
      environment: { BENCH_PROFILE: `${folder};${from};${to}` },
    };
    await withBenchStack(options, async (stack) => {
      const [pair] = await joinPairs(stack, 1);
      for (let n = 0; n <= to; n += 1) {
        await pair?.alice.request(sending(pair.b));
      }
    });
    return readProfile(assembly, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readProfile({ functions }: Assembly, folder: string): readonly SelfTime[] {
  const sender = functions.find(({ logicalId }) => logicalId.includes('Socket'));
  const [file] = readdirSync(folder).filter((name) => name.startsWith(sender?.logicalId ?? ' '));
  if (sender === undefined || file === undefined)
    throw new Error('The function of the socket left no profile.');
  const profile: CpuProfile = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const map: SourceMapPayload = JSON.parse(
    readFileSync(join(dirname(handlerFile(sender)), 'index.mjs.map'), 'utf8'),
  );
  return selfTimes(profile, map);
}
