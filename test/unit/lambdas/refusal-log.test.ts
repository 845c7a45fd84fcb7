import { beforeEach, describe, expect, it, vi } from 'vitest';
import { logger } from '../../../lambdas/shared/logger.ts';
import { createRefusalLog } from '../../../lambdas/shared/refusal-log.ts';

const info = vi.spyOn(logger, 'info').mockImplementation(() => undefined);
beforeEach(() => info.mockClear());
const lines = () =>
  info.mock.calls.map(([message, fields]): Record<string, unknown> => ({ message, ...fields }));

describe('the log of refusals', () => {
  let now = 0;
  const note = () => createRefusalLog(() => now);

  it('has a line for the first of each code', () => {
    const refused = note();
    refused('not_found');
    refused('bad_frame');
    expect(lines()).toEqual([
      { message: 'refused', code: 'not_found', times: 1 },
      { message: 'refused', code: 'bad_frame', times: 1 },
    ]);
  });

  it('counts a flood, and writes a line of it in ten seconds', () => {
    const refused = note();
    for (now = 0; now < 20_000; now += 100) refused('bad_frame');
    expect(lines().map(({ times }) => times)).toEqual([1, 100]);
    refused('bad_frame');
    expect(lines().reduce((sum, { times }) => sum + Number(times), 0)).toBe(201);
  });
});
