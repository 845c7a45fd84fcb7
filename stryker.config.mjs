/**
 * Mutation tests: StrykerJS changes the server's code in one place at a time and runs the tests that reach it: unit tests,
 * and the suites of the adapters, which share one emulator.
 * `npm run mutation`; docs/mutation.md has the scores and the survivors. Not part of `check`: it takes hours.
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: ['lambdas/{domain,adapters,transport,shared}/**/*.ts'],
  testRunner: 'vitest',
  vitest: { related: false },
  testFiles: [
    'test/unit/{lambdas,protocol}/**/*.test.ts',
    'test/emulator/adapters/{blocks,client-answers,connections,dead-lines,desk,events,function-answers,people,ports,queue-answers,queues,reactions,tokens}.test.ts',
  ],
  coverageAnalysis: 'perTest',
  // A mutant of a module's own constants needs a new process and every test: hours for limits and table keys that the
  // emulator and flow suites hold.
  ignoreStatic: true,
  plugins: ['@stryker-mutator/*', './stryker.config.words.mjs'],
  ignorers: ['words'],
  concurrency: 1,
  // A shared machine stalls for seconds; only an endless loop takes longer.
  timeoutMS: 15_000,
  incremental: true,
  incrementalFile: 'coverage/mutation/incremental.json',
  reporters: ['progress-append-only', 'clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'coverage/mutation/report.html' },
  jsonReporter: { fileName: 'coverage/mutation/report.json' },
  thresholds: { high: 90, low: 80, break: null },
  // Stryker would rewrite it by TypeScript's JavaScript API, which version 7 has no more; the runner reads none.
  tsconfigFile: 'none',
  disableTypeChecks: false,
  tempDirName: 'coverage/mutation/sandbox',
  ignorePatterns: ['/bench/results', '/coverage', '/examples', '/docs/images', '/test/flow', '/test/infra'],
};
