import { expect, it } from 'vitest';
import { inSources } from '../../../lambdas/shared/source-positions.ts';

it('a stack trace is unchanged where there is no source map', () => {
  const stack = 'Error: x\n    at f (file:///var/task/index.mjs:1:234)\n    at node:internal/x:1:2';
  expect(inSources(stack)).toBe(stack);
});
