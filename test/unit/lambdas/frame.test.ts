import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SessionEndedError, SessionExpiredError, UnavailableError } from '../../../lambdas/shared/errors.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import type { SocketEvent } from '../../../lambdas/transport/frame.ts';
import { createFrameHandler } from '../../../lambdas/transport/socket.ts';
import { createWorld } from '../../adapters/memory/world.ts';

const event = (body: string): SocketEvent => ({
  requestContext: {
    eventType: 'MESSAGE',
    routeKey: 'heartbeat',
    connectionId: 'c=',
    connectedAt: 0,
    authorizer: { userId: 'bob', deviceId: 'phone' },
  },
  body,
});

/** Answers a heartbeat, or fails with this error. */
async function run(body: string, fail?: unknown) {
  const world = createWorld();
  const answerFrame = createFrameHandler(world, () => ({
    heartbeat: async () => {
      if (fail !== undefined) throw fail;
      return { serverTime: 1, session: { expiresAt: 2 } };
    },
  }));
  const { statusCode, body: text } = await answerFrame(event(body));
  return {
    statusCode,
    frame: text === undefined ? undefined : JSON.parse(text),
    connections: world.connections,
  };
}

describe('a frame', () => {
  it('is answered by the route response with its id, always with status 200 (IM-FRAME-1, IM-FRAME-2)', async () => {
    expect(await run('{"action":"heartbeat","id":"7"}')).toMatchObject({
      statusCode: 200,
      frame: { type: 'heartbeat', id: '7' },
    });
  });

  it.each([
    ['{', 'bad_frame', null],
    ['{"id":"7","x":{}', 'bad_frame', null],
    ['{"action":"heartbeat","id":7}', 'invalid_request', null],
    ['{"action":"heartbeat","id":"a b"}', 'invalid_request', null],
    ['{"action":"constructor","id":"7"}', 'unknown_action', '7'],
    ['{"action":["heartbeat"],"id":"7"}', 'unknown_action', '7'],
    ['{"action":"desk.open","id":"7"}', 'unknown_action', '7'],
  ])(
    'is refused with its id or null if it is invalid: %s (IM-FRAME-1, IM-FRAME-3)',
    async (body, code, id) => {
      const { frame } = await run(body);
      expect(frame).toMatchObject({ type: 'error', code, id });
    },
  );

  it('gets `internal` and no details if it fails unexpectedly (IM-FRAME-3)', async () => {
    const { frame } = await run('{"action":"heartbeat","id":"7"}', new Error('secret table name'));
    expect(frame).toEqual({
      type: 'error',
      id: '7',
      code: 'internal',
      message: expect.any(String),
      retryable: true,
    });
    expect(JSON.stringify(frame)).not.toContain('secret');
  });

  it('is logged with its route and connection if it fails, and not if it is refused (IM-REFUSE-11)', async () => {
    const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
    onTestFinished(() => error.mockRestore());
    await run('{"action":"heartbeat","id":"7","secret":1}', new Error('cut'));
    await run('{"action":"unknown","id":"7"}');
    const described = expect.objectContaining({ name: 'Error', message: 'cut' });
    expect(error.mock.calls).toEqual([
      ['frame failed', { routeKey: 'heartbeat', connectionId: 'c=', error: described }],
    ]);
  });

  it('gets a retryable error when a dependency is busy', async () => {
    expect((await run('{"action":"heartbeat","id":"7"}', new UnavailableError())).frame).toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
  });

  it("is refused within the session's grace period, and the socket stays open (IM-RENEW)", async () => {
    const { frame, connections } = await run('{"action":"heartbeat","id":"7"}', new SessionExpiredError());
    expect(frame).toMatchObject({ code: 'session_expired', id: '7' });
    expect(connections.closed).toEqual([]);
  });

  it('is refused by a post if the session is over, then the connection is deleted (IM-FRAME-2, IM-REFUSE-7)', async () => {
    const { frame, connections } = await run(
      '{"action":"heartbeat","id":"7"}',
      new SessionEndedError('session_expired', 'over'),
    );
    expect(frame).toBeUndefined();
    expect(connections.posts).toMatchObject([
      { connectionId: 'c=', frame: { type: 'error', code: 'session_expired', id: '7' } },
    ]);
    expect(connections.closed).toEqual(['c=']);
  });

  it('gets the reason before the socket is closed if the session is past its grace period (IM-RENEW)', async () => {
    const over = new SessionEndedError('session_expired', 'over', { code: 'expired' });
    const { connections } = await run('{"action":"heartbeat","id":"7"}', over);
    expect(connections.posts.map(({ frame }) => frame)).toMatchObject([
      { type: 'error', code: 'session_expired', id: '7' },
      { type: 'session.closed', code: 'expired', reconnect: true },
    ]);
    expect(connections.closed).toEqual(['c=']);
  });
});
