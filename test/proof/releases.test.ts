/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eitherRelease } from '../flow/setup/releases.ts';
import { releaseAssembly } from '../setup/assembly.ts';
import { earlierRelease } from '../setup/earlier-release.ts';
import { type Infrastructure, startInfrastructure } from './model/infrastructure.ts';
import { runOnce } from './model/run.ts';

/** The worst of a deployment: each invocation of a function runs the code of either release, by chance. */
let infrastructure: Infrastructure;
beforeAll(async () => {
  infrastructure = await startInfrastructure({
    cdkOut: await releaseAssembly(),
    earlier: { cdkOut: earlierRelease(), takes: eitherRelease(1) },
  });
});
afterAll(() => infrastructure?.stop());

describe('clients while two releases run side by side, among faults', () => {
  it.for([201])(
    'see every message that was acked, once, in order, and nothing else (IM-INV-1 to IM-INV-7, seed %i)',
    { timeout: 240_000 },
    async (seed) => {
      const report = await runOnce(infrastructure, { seed });
      expect(report.failure ?? '').toBe('');
    },
  );
});
