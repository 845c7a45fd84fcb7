import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { figuresOf } from './model/figures.ts';
import { type Infrastructure, startInfrastructure } from './model/infrastructure.ts';
import { DEFAULT_USERS, live, runOnce } from './model/run.ts';
import { tellStory } from './model/story.ts';
import { World } from './model/world.ts';

/**
 * Each seed is a run of its own: clients, faults, healing, judgement. `PROOF_SEED=n npx vitest run --project proof` replays
 * one; with PROOF_SHRINK=1 it looks for a smaller case, which PROOF_PATH and PROOF_REPLAY_PATH replay. `npm run soak` goes on with random seeds.
 */
const { PROOF_SEED, PROOF_PATH, PROOF_REPLAY_PATH, PROOF_SHRINK } = process.env;
const SEEDS = PROOF_SEED === undefined ? [101, 103, 104, 106, 107] : [Number(PROOF_SEED)];
/** No run starts later, so a very busy machine does fewer. */
const BUDGET_MS = 45_000;
const RUN_TIMEOUT_MS = PROOF_SHRINK === undefined ? 90_000 : 3_600_000;

let infrastructure: Infrastructure;
beforeAll(async () => {
  infrastructure = await startInfrastructure({ cdkOut: inject('cdkOut') });
});
afterAll(() => infrastructure?.stop());

describe('clients among faults', () => {
  const beganAt = Date.now();

  it.skipIf(PROOF_SEED !== undefined)(
    'keep their promises through a story of lost networks, clocks, stores, and agents (IM-INV-1 to IM-INV-7, IM-DESK-1, IM-DESK-3, IM-BLOCK-1 to IM-BLOCK-3, IM-SETTINGS-1, IM-SETTINGS-2, IM-PRESENCE-2, IM-BUDGET-3)',
    { timeout: RUN_TIMEOUT_MS },
    async () => {
      const world = new World(infrastructure, { seed: 0, users: DEFAULT_USERS });
      await live(world, () => tellStory(world));
      const { judged } = figuresOf(world);
      const idle = Object.keys(judged).filter(
        (promise) => judged[promise] === 0 && /BLOCK|SETTINGS|PRESENCE|BUDGET/.test(promise),
      );
      expect(idle).toEqual([]);
    },
  );

  it.for(SEEDS)(
    'see every message that was acked, once, in order, and nothing else (IM-INV-1 to IM-INV-7, IM-PUSH-2, seed %i)',
    { timeout: RUN_TIMEOUT_MS },
    async (seed, { skip }) => {
      skip(Date.now() - beganAt > BUDGET_MS, 'the time for this file is used up');
      const report = await runOnce(infrastructure, {
        seed,
        shrink: PROOF_SHRINK !== undefined,
        ...(PROOF_PATH !== undefined && { path: PROOF_PATH }),
        ...(PROOF_REPLAY_PATH !== undefined && { replayPath: PROOF_REPLAY_PATH }),
      });
      expect(report.failure ?? '').toBe('');
    },
  );
});
