import { expect, it } from 'vitest';
import { userHashOf } from '../../../lambdas/shared/user-hash.ts';

it('a user in logs is what the command of the runbook prints: printf %s alice | sha256sum | cut -c 1-16', () => {
  expect(userHashOf('alice')).toBe('2bd806c97f0e00af');
});
