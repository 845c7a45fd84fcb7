import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

import { LongestFirst } from './test/setup/longest-first.ts';
import { PATIENCE_MS, TEST_TIMEOUT_MS } from './test/setup/patience.ts';
import { RETRY_REPORTER } from './test/setup/retry-reporter.ts';

/**
 * test/README.md explains what each project runs, and when to run it. Only `flow`, `proof`, and `web` synthesize the stack first,
 * and `packages`, which `npm test` leaves out, packs and installs.
 * Without `isolate`, a worker's files share its module graph: the AWS SDK and the CDK take a second to import. Such files leave no
 * global state behind (`vi.stubEnv`).
 */
export default defineConfig({
  test: {
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: TEST_TIMEOUT_MS,
    // Only on CI, whose machine is shared (.ci/run); the report names tests that needed a retry, and says why.
    retry: Number(process.env['TEST_RETRIES'] ?? 0),
    reporters: ['default', RETRY_REPORTER],
    expect: { poll: { timeout: PATIENCE_MS } },
    // Files mostly wait, for sockets and for time, so one more than there are cores; the default leaves one idle.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/setup/temporary-folder.ts'],
    tags: [{ name: 'long', description: 'Not in `npm test`: see test/README.md.' }],
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'docs', include: ['test/docs/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'client', include: ['client/test/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'infra', include: ['test/infra/**/*.test.ts'], isolate: false } },
      {
        extends: true,
        test: {
          name: 'emulator',
          include: ['test/emulator/**/*.test.ts'],
          isolate: false,
          globalSetup: ['test/emulator/adapters/tables-once.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'web',
          include: ['web/test/**/*.test.ts'],
          isolate: false,
          globalSetup: ['web/test/setup/stage.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'flow',
          include: ['test/flow/**/*.test.ts'],
          isolate: false,
          globalSetup: ['test/flow/setup/synth-once.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'proof',
          include: ['test/proof/**/*.test.ts'],
          isolate: false,
          globalSetup: ['test/flow/setup/synth-once.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['test/packages/**/*.test.ts'],
          isolate: false,
          // Each starts compilers and CDK apps.
          testTimeout: 180_000,
          globalSetup: ['test/packages/setup/install-once.ts'],
        },
      },
    ],
  },
});
