import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnauthorizedError } from '../../../lambdas/shared/errors.ts';
import type { SocketEvent } from '../../../lambdas/transport/frame.ts';
import { createFrameHandler } from '../../../lambdas/transport/socket.ts';
import { deskActions, socketActions } from '../../../lambdas/transport/socket-actions.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { decodeServerFrame } from '../../../protocol/protobuf.ts';
import { aSession, createWorld } from '../../adapters/memory/world.ts';
import { customInProtobuf, deepJson, hostileFrames } from '../../hostile/frames.ts';

type Authorizer = Readonly<Record<string, unknown>>;

function event(body: string, authorizer: Authorizer): SocketEvent {
  return {
    requestContext: {
      eventType: 'MESSAGE',
      routeKey: '$default',
      connectionId: 'alice-phone',
      connectedAt: 0,
      authorizer: { userId: 'alice', deviceId: 'phone', roles: 'agent', ...authorizer },
    },
    body,
  };
}

async function answer(body: string, authorizer: Authorizer = {}) {
  const world = createWorld();
  await world.routes.connect(aSession({ userId: 'alice' }));
  const verify = () => Promise.reject(new UnauthorizedError());
  const ports = { ...world, tokens: { verify } };
  const handle = createFrameHandler(ports, () => ({ ...socketActions(ports), ...deskActions(ports) }));
  return { result: await handle(event(body, authorizer)), world };
}

function decoded(body: string, { encoding }: Authorizer): Record<string, unknown> {
  if (body === 'heartbeat' || body === 'ok') return { type: body };
  return encoding === 'protobuf' ? decodeServerFrame(body) : JSON.parse(body);
}

/** A hostile frame never looks like a fault of the server, and its answer fits the gateway. */
async function expectAnswer(body: string, authorizer: Authorizer) {
  const { result, world } = await answer(body, authorizer);
  expect(result.statusCode).toBe(200);
  const texts = [result.body ?? [], world.connections.posts.map(({ frame }) => JSON.stringify(frame))].flat();
  for (const text of texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LIMITS.maxFrameBytes);
  if (result.body === undefined) return;
  const { type, code } = decoded(result.body, authorizer);
  expect(type).toBeTypeOf('string');
  expect(['internal', 'unavailable']).not.toContain(code);
}

describe('a hostile frame', () => {
  it.each([
    ['JSON', hostileFrames.json, { mode: 'managed' }],
    ['JSON in plain mode', hostileFrames.json, { mode: 'plain' }],
    ['Protobuf', hostileFrames.protobuf, { mode: 'managed', encoding: 'protobuf' }],
  ])(
    'in %s is answered, and never as a fault of the server (IM-FRAME-3, IM-REFUSE-9)',
    async (_, frames, authorizer) => {
      await fc.assert(
        fc.asyncProperty(frames, (body) => expectAnswer(body, authorizer)),
        { numRuns: 100 },
      );
    },
  );
});

describe('a Protobuf frame', () => {
  it.each([33, 4_000, 20_000, 60_000])(
    'with custom data of %i levels is refused for its depth (IM-FRAME-3)',
    async (depth) => {
      const authorizer = { encoding: 'protobuf' };
      const { result } = await answer(customInProtobuf(deepJson(depth)), authorizer);
      expect(decoded(result.body ?? '', authorizer)).toMatchObject({
        code: 'bad_frame',
        message: 'Nested deeper than 32.',
      });
    },
  );
});
