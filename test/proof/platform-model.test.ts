/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelAssembly } from '../setup/assembly.ts';
import { figuresOf } from './model/figures.ts';
import { type Infrastructure, startInfrastructure } from './model/infrastructure.ts';
import { tellPlatformStory } from './model/platform-story.ts';
import { PlatformWorld } from './model/platform-world.ts';
import { live, PLATFORM_USERS, runOnce } from './model/run.ts';

const { PROOF_SEED } = process.env;
/** `npm run soak` goes on with random seeds. */
const SEEDS = PROOF_SEED === undefined ? [] : [Number(PROOF_SEED)];

let infrastructure: Infrastructure;
beforeAll(async () => {
  infrastructure = await startInfrastructure({ cdkOut: await modelAssembly(), isPlatform: true });
});
afterAll(() => infrastructure?.stop());

describe('clients and an operator among faults, with a hook and events', () => {
  it.skipIf(PROOF_SEED !== undefined)(
    'keep their promises through a story in which each is put to the test (IM-BAN-1, IM-BAN-2, IM-ERASE-1 to IM-ERASE-4, IM-HOOK-1, IM-EVENT-1, IM-EVENT-6, IM-FILE-3, IM-FILE-4, IM-FILE-8, IM-FILE-9, IM-NOTIFY-2, IM-IMPORT-3, IM-ARCHIVE-1, IM-ADMIN-4)',
    { timeout: 240_000 },
    async () => {
      const { platform } = infrastructure;
      if (platform === undefined) throw new Error('The stack has no platform.');
      const world = new PlatformWorld(infrastructure, platform, { seed: 0, users: PLATFORM_USERS });
      await live(world, () => tellPlatformStory(world));
      const { judged } = figuresOf(world);
      const idle = Object.keys(judged).filter(
        (promise) =>
          judged[promise] === 0 && /BAN|ERASE|HOOK|EVENT|FILE|NOTIFY|IMPORT|ARCHIVE|ADMIN/.test(promise),
      );
      expect(idle).toEqual([]);
    },
  );

  it.for(SEEDS)('keep their promises (IM-INV-1 to IM-INV-7, seed %i)', { timeout: 240_000 }, async (seed) => {
    const report = await runOnce(infrastructure, { seed });
    expect(report.failure ?? '').toBe('');
  });
});
