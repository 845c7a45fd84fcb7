import fc from 'fast-check';
import { printViolations, violationsOf } from '../checker/checker.ts';
import type { History } from '../history.ts';
import { printHistory } from '../print.ts';
import { COMMANDS, PLATFORM_COMMANDS } from './commands.ts';
import { heal } from './heal.ts';
import type { Infrastructure } from './infrastructure.ts';
import { PlatformWorld } from './platform-world.ts';
import { World } from './world.ts';

/** The maximum; half as many on average. A seed replays only with the same number. */
const MAX_COMMANDS = 80;
export const DEFAULT_USERS = 4;
/** So that two of them may be banned and erased. */
export const PLATFORM_USERS = 5;

export interface RunOptions {
  readonly seed: number;
  /** @default 4, with the options of a platform 5 */
  readonly users?: number;
  /** fast-check's path to a shrunk case. */
  readonly path?: string;
  readonly replayPath?: string;
  /** Shrinks the case. Takes minutes, and only works for a failure that is deterministic. */
  readonly shrink?: boolean;
}

export interface RunReport {
  readonly world: World;
  /** The full report; undefined if nothing is wrong. */
  readonly failure?: string;
}

/** The system broke a promise, as opposed to a failure of the harness. */
export class ViolationError extends Error {
  readonly history: History;

  constructor(history: History, text: string) {
    super(text);
    this.name = 'ViolationError';
    this.history = history;
  }
}

/** One run: random commands and faults from the seed, then healing, then the checker. */
export async function runOnce(infrastructure: Infrastructure, options: RunOptions): Promise<RunReport> {
  const isPlatform = infrastructure.platform !== undefined;
  const { seed, users = isPlatform ? PLATFORM_USERS : DEFAULT_USERS } = options;
  const { path, replayPath, shrink = false } = options;
  let world = newWorld(infrastructure, { seed, users });
  const commands = fc.commands(isPlatform ? PLATFORM_COMMANDS : COMMANDS, {
    maxCommands: MAX_COMMANDS,
    size: 'max',
    ...(replayPath !== undefined && { replayPath }),
  });
  const property = fc.asyncProperty(commands, async (sequence) => {
    world = newWorld(infrastructure, { seed, users });
    await live(world, () =>
      fc.asyncModelRun(() => ({ model: { intents: 0, rules: 0 }, real: world }), sequence),
    );
  });
  const result = await fc.check(property, {
    seed,
    numRuns: 1,
    unbiased: true,
    endOnFailure: !shrink,
    ...(path !== undefined && { path }),
  });
  if (!result.failed) return { world };
  const failure = [
    fc.defaultReportMessage(result),
    String(result.errorInstance ?? ''),
    `Replay: npm run soak -- --minutes 0 --seed ${seed} --users ${users}${isPlatform ? ' --only platform' : ' --only default'}`,
    printHistory(world.recorder.history),
  ];
  return { world, failure: failure.join('\n\n') };
}

function newWorld(
  infrastructure: Infrastructure,
  options: { readonly seed: number; readonly users: number },
): World {
  const { platform } = infrastructure;
  return platform ? new PlatformWorld(infrastructure, platform, options) : new World(infrastructure, options);
}

/** The run of one world. @throws ViolationError if a promise was broken */
export async function live(world: World, act: () => Promise<unknown>): Promise<void> {
  await world.begin();
  try {
    await act();
  } finally {
    await heal(world);
  }
  const { history } = world.recorder;
  const violations = violationsOf(history);
  if (violations.length > 0) throw new ViolationError(history, printViolations(violations, history));
}
