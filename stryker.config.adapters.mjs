import base from './stryker.config.mjs';

/** The adapters, by their contract suites on emulators too: `npm run mutation -- stryker.config.adapters.mjs`. */
export default {
  ...base,
  mutate: ['lambdas/adapters/**/*.ts'],
  testFiles: [
    'test/unit/lambdas/**/*.test.ts',
    'test/emulator/adapters/{ports,desk,queues,connections,dead-lines,tokens}.test.ts',
  ],
  incrementalFile: 'coverage/mutation/adapters.json',
  // The suites synthesize the stack for its tables, with the web page's folder.
  ignorePatterns: base.ignorePatterns.filter((pattern) => pattern !== '/web'),
};
