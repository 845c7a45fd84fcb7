import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  errorBody,
  ImError,
  InvalidRequestError,
  isFault,
  SessionEndedError,
} from '../../../lambdas/shared/errors.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import type { SocketEvent } from '../../../lambdas/transport/frame.ts';
import { createHttpHandler, type HttpEvent } from '../../../lambdas/transport/http.ts';
import { createFrameHandler } from '../../../lambdas/transport/socket.ts';
import { ERROR_CODES, type ErrorCode } from '../../../protocol/codes.ts';
import { tokens } from '../../adapters/memory/tokens.ts';
import { createWorld } from '../../adapters/memory/world.ts';

const FAULTS: readonly string[] = ['internal', 'unavailable'];
const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the log says while `run` does. */
async function logOf(run: () => Promise<unknown>) {
  const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
  error.mockClear();
  await run();
  return error.mock.calls;
}

async function failFrame(thrown: unknown) {
  const event: SocketEvent = {
    requestContext: {
      eventType: 'MESSAGE',
      routeKey: 'heartbeat',
      connectionId: 'c=',
      connectedAt: 0,
      authorizer: { userId: 'bob', deviceId: 'phone' },
    },
    body: '{"action":"heartbeat","id":"7"}',
  };
  await createFrameHandler(createWorld(), () => ({ heartbeat: () => Promise.reject(thrown) }))(event);
}

const failRequest = (thrown: unknown) =>
  createHttpHandler({ ...createWorld(), tokens, allowedOrigins: [] }, () => ({
    'GET /session': { answer: () => Promise.reject(thrown) },
  }))({
    routeKey: 'GET /session',
    headers: { authorization: 'Bearer bob' },
  } as unknown as HttpEvent);

describe('a fault', () => {
  it.each(CODES)('has the code internal or unavailable, and no other: %s', (code) => {
    expect(isFault(new ImError(code, 'words'))).toBe(FAULTS.includes(code));
  });

  it('can be any thrown value that is not an ImError', () => {
    for (const thrown of [new Error('bug'), 'text', undefined]) expect(isFault(thrown)).toBe(true);
  });

  it.each([...CODES.map((code) => new ImError(code, code)), new Error('bug')])(
    'is logged with its route by both APIs, and a refusal is not: $message',
    async (thrown) => {
      const isLogged = !(thrown instanceof ImError) || FAULTS.includes(thrown.code);
      const error = expect.objectContaining({ name: thrown.name, message: thrown.message });
      expect(await logOf(() => failFrame(thrown))).toEqual(
        isLogged ? [[expect.any(String), { routeKey: 'heartbeat', connectionId: 'c=', error }]] : [],
      );
      expect(await logOf(() => failRequest(thrown))).toEqual(
        isLogged ? [[expect.any(String), { routeKey: 'GET /session', error }]] : [],
      );
    },
  );

  it.each(CODES)('is no refusal: of the code %s both APIs log one or the other', async (code) => {
    const info = vi.spyOn(logger, 'info').mockImplementation(() => {});
    vi.spyOn(logger, 'error').mockImplementation(() => {});
    vi.useFakeTimers({ toFake: ['Date'] });
    const refused = FAULTS.includes(code) ? [] : [['refused', { code, times: expect.any(Number) }]];
    for (const fail of [failFrame, failRequest]) {
      info.mockClear();
      vi.setSystemTime(Date.now() + 10_000);
      await fail(new ImError(code, code));
      expect(info.mock.calls).toEqual(refused);
    }
    vi.useRealTimers();
  });

  it('is not the refusal that ends a session', async () => {
    expect(await logOf(() => failFrame(new SessionEndedError('unauthorized', 'over')))).toEqual([]);
  });
});

describe('an error body', () => {
  it('names the fields of an invalid request', () => {
    const issues = [{ path: 'to', message: 'is yourself' }];
    expect(errorBody(new InvalidRequestError(issues))).toEqual({
      code: 'invalid_request',
      message: expect.any(String),
      retryable: false,
      issues,
    });
  });

  it('has no issues for any other refusal', () => {
    expect(errorBody(new ImError('conflict', 'words'))).toEqual({
      code: 'conflict',
      message: 'words',
      retryable: false,
    });
  });

  it('hides the message of an unexpected fault (IM-FRAME-3)', () => {
    expect(errorBody(new Error('secret table name'))).toEqual({
      code: 'internal',
      message: expect.not.stringContaining('secret'),
      retryable: true,
    });
  });
});
