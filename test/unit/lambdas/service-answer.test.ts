import { beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidRequestError, NotFoundError, UnavailableError } from '../../../lambdas/shared/errors.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { answerService } from '../../../lambdas/transport/service-answer.ts';

describe('a request of another service', () => {
  const error = vi.spyOn(logger, 'error');
  const warn = vi.spyOn(logger, 'warn');
  beforeEach(() => {
    for (const spy of [error, warn]) spy.mockReset().mockImplementation(() => {});
  });

  it('gets the code of what failed, and the fields that were wrong', async () => {
    const issues = [{ path: 'fromSeq', message: 'must be a seq' }];
    const wrong = answerService('replay', () => Promise.reject(new InvalidRequestError(issues)));
    await expect(wrong).rejects.toThrow('invalid_request: fromSeq must be a seq');
    const broken = answerService('replay', () => Promise.reject(new TypeError('secret')));
    await expect(broken).rejects.toThrow(/^internal$/);
  });

  it.each([new UnavailableError(), new TypeError('secret')])(
    'that fails is logged as a fault, which an alarm counts: %s',
    async (cause) => {
      await answerService('replay', () => Promise.reject(cause)).catch(() => {});
      expect(error).toHaveBeenCalledExactlyOnceWith('replay failed', expect.anything());
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('that is wrong itself rings no alarm', async () => {
    await answerService('replay', () => Promise.reject(new NotFoundError())).catch(() => {});
    expect(warn).toHaveBeenCalledExactlyOnceWith('replay refused', expect.anything());
    expect(error).not.toHaveBeenCalled();
  });
});
