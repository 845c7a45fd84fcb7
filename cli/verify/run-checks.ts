import { toImError } from '../../client/src/model/errors.ts';
import { OperatorError } from '../../local/operator-error.ts';
import { CHECKS, type Check } from './checks.ts';
import type { Deployment } from './deployment.ts';
import type { Figures } from './figures.ts';
import { type Latency, measureLatency } from './latency.ts';
import { World } from './world.ts';

/** A check that takes longer waits for something that never comes. Cold starts and a poll's 20 s are within it. */
const PATIENCE_MS = 60_000;

/**
 * Makes one check after the other, prints each that holds, and measures.
 * @param figures takes what was found, also before a failure
 * @throws {OperatorError} a check does not hold
 */
export async function runChecks(deployment: Deployment, figures: Figures): Promise<void> {
  const world = new World(deployment);
  try {
    for (const check of CHECKS) {
      const beganAtMs = performance.now();
      await hold(check.says, check.run(world), world);
      figures.checks.push({ says: check.says, ms: Math.round(performance.now() - beganAtMs) });
      console.log(`ok  ${check.says}`);
    }
    const says = 'Messages arrive one after the other.';
    figures.latency = await hold(says, measureLatency(world), world);
    console.log(`    ${latencyText(figures.latency)}`);
  } finally {
    world.end();
  }
}

/** @throws {OperatorError} with the check's sentence */
async function hold<Result>(says: Check['says'], done: Promise<Result>, world: World): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(lateText(world))), PATIENCE_MS);
  try {
    return await Promise.race([done, late]);
  } catch (error) {
    throw new OperatorError(`This does not hold: ${says} (${firstLineOf(error)})`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function lateText({ people }: World): string {
  const errors = Object.values(people).flatMap(({ connectionError }) => connectionError ?? []);
  const [reason] = errors.map(({ message }) => `, ${message}`);
  return `it took more than ${PATIENCE_MS / 1_000} s${reason ?? ''}`;
}

function firstLineOf(error: unknown): string {
  return toImError(error).message.split('\n')[0] ?? '';
}

function latencyText({ messages, ack, delivery }: Latency): string {
  return `${messages} messages, in ms: acked after ${ack.p50} (p50) and ${ack.p95} (p95), with the reader after ${delivery.p50} and ${delivery.p95}.`;
}
