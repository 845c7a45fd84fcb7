import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

/** `npx vitest run --project unit` runs one of them. Only what runs the stack waits for a synthesized one. */
export default defineConfig({
  test: {
    // What hangs, hangs for ever; on a machine that has other work, the rest takes a multiple of its time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // None but where a machine is shared and nobody is there to look twice (.ci/run); one that needed it says so.
    retry: Number(process.env['TEST_RETRIES'] ?? 0),
    expect: { poll: { timeout: 15_000 } },
    // A file mostly waits for sockets: all cores, where the default leaves one idle. More take each other's time.
    maxWorkers: availableParallelism(),
    globalSetup: ['test/setup/temporary-folder.ts'],
    projects: [
      // No unit test changes its process, so the files share one module graph: half the time.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'client', include: ['client/test/**/*.test.ts'] } },
      { extends: true, test: { name: 'infra', include: ['test/infra/**/*.test.ts'] } },
      { extends: true, test: { name: 'emulator', include: ['test/emulator/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'web',
          include: ['web/test/**/*.test.ts'],
          globalSetup: ['web/test/setup/stage.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'flow',
          include: ['test/flow/**/*.test.ts'],
          globalSetup: ['test/flow/setup/synth-once.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'proof',
          include: ['test/proof/**/*.test.ts'],
          globalSetup: ['test/flow/setup/synth-once.ts'],
        },
      },
    ],
  },
});
