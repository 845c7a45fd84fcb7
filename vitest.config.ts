import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

/** What each project runs, and when to run which: test/README.md. Only `flow` and `proof` synthesize the stack first. */
export default defineConfig({
  test: {
    // Long, because a busy machine takes several times as long; a real hang never ends.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Only on CI, whose machine is shared (.ci/run); the report names tests that needed a retry.
    retry: Number(process.env['TEST_RETRIES'] ?? 0),
    expect: { poll: { timeout: 15_000 } },
    // Files mostly wait, for sockets and for time, so one more than there are cores; the default leaves one idle.
    maxWorkers: availableParallelism() + 1,
    globalSetup: ['test/setup/temporary-folder.ts'],
    projects: [
      // Unit tests do not change global state, so the files share one module graph, which halves the time.
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'client', include: ['client/test/**/*.test.ts'] } },
      { extends: true, test: { name: 'infra', include: ['test/infra/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'emulator',
          include: ['test/emulator/**/*.test.ts'],
          globalSetup: ['test/emulator/adapters/tables-once.ts'],
        },
      },
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
