import type { Reporter, TestCase } from 'vitest/node';

/** Says why a test needed a retry: vitest itself prints only that it did. */
export const RETRY_REPORTER: Reporter = {
  onTestCaseResult(test: TestCase) {
    if (test.diagnostic()?.flaky !== true) return;
    for (const { message, stack } of test.result().errors ?? [])
      console.error(`Needed a retry: ${test.fullName}\n${stack ?? message}`);
  },
};
