import { beforeEach, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import {
  callerOf,
  frameIdIn,
  modeOf,
  rolesOf,
  type SocketEvent,
  sessionEncodingOf,
} from '../../../lambdas/transport/frame.ts';
import {
  answerConnect,
  answerDisconnect,
  header,
  type UpgradeEvent,
} from '../../../lambdas/transport/upgrade.ts';
import { aSession, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const HOUR_MS = 3_600_000;
const CONTEXT = { userId: 'bob', deviceId: 'phone', tokenExpiresAtMs: String(NOON + HOUR_MS) };

function upgrade(
  { multiValueHeaders, queryStringParameters = { deviceId: 'phone' } }: UpgradeEvent = {},
  authorizer: Record<string, unknown> = CONTEXT,
): SocketEvent & UpgradeEvent {
  return {
    requestContext: {
      eventType: 'CONNECT',
      routeKey: '$connect',
      connectionId: 'c=',
      connectedAt: NOON,
      authorizer,
    },
    queryStringParameters,
    ...(multiValueHeaders !== undefined && { multiValueHeaders }),
  };
}

let world: World;
beforeEach(() => {
  world = createWorld();
});

describe('$connect', () => {
  it('stores the session and answers without a subprotocol that was not offered (IM-CONN-3)', async () => {
    expect(await answerConnect(world, upgrade())).toEqual({ statusCode: 200 });
    expect(await world.routes.find('bob', 'phone')).toMatchObject({
      connectionId: 'c=',
      mode: 'managed',
      connectedAtMs: NOON,
      expiresAtMs: NOON + HOUR_MS,
    });
  });

  it('accepts the offered subprotocol, whatever the case of the header (IM-CONN-1)', async () => {
    const multiValueHeaders = { 'SEC-WebSocket-Protocol': ['im.v1, im.token.x'], other: ['im.v1.pb'] };
    expect(await answerConnect(world, upgrade({ multiValueHeaders }))).toEqual({
      statusCode: 200,
      headers: { 'Sec-WebSocket-Protocol': 'im.v1' },
    });
  });

  it('stores mode and encoding (IM-PLAIN, IM-PB)', async () => {
    const queryStringParameters = { deviceId: 'phone', mode: 'plain' };
    await answerConnect(world, upgrade({ queryStringParameters }, { ...CONTEXT, encoding: 'protobuf' }));
    expect(await world.routes.find('bob', 'phone')).toMatchObject({ mode: 'plain', encoding: 'protobuf' });
  });

  it('answers 400 to an invalid query', async () => {
    const queryStringParameters = { deviceId: 'phone', mode: 'other' };
    expect(await answerConnect(world, upgrade({ queryStringParameters }))).toEqual({ statusCode: 400 });
    for (const deviceId of ['a b', '', 'é', 'd'.repeat(65)]) {
      const invalid = upgrade({ queryStringParameters: { deviceId } });
      expect(await answerConnect(world, invalid)).toEqual({ statusCode: 400 });
    }
    expect(await world.routes.find('bob', 'phone')).toBeUndefined();
  });

  it("stores the authorizer's device id if the query has none (section 1)", async () => {
    for (const queryStringParameters of [null, {}])
      expect(await answerConnect(world, upgrade({ queryStringParameters }))).toEqual({ statusCode: 200 });
    expect(await world.routes.find('bob', 'phone')).toMatchObject({ connectionId: 'c=' });
  });

  it('answers 409 when the device has a living session and duplicateLogin is reject (IM-CONN-4)', async () => {
    await world.routes.connect(aSession());
    expect(await answerConnect({ ...world, duplicateLogin: 'reject' }, upgrade())).toEqual({
      statusCode: 409,
    });
  });

  it('replaces the connection that `replaces` names (IM-CONN-4)', async () => {
    await world.routes.connect(aSession({ connectionId: 'old' }));
    const queryStringParameters = { deviceId: 'phone', replaces: 'old' };
    const ports = { ...world, duplicateLogin: 'reject' } as const;
    expect(await answerConnect(ports, upgrade({ queryStringParameters }))).toEqual({ statusCode: 200 });
  });

  it('throws any other error, so that the upgrade fails', async () => {
    const connect = () => Promise.reject(new UnavailableError());
    const ports = { ...world, routes: { ...world.routes, connect } };
    await expect(answerConnect(ports, upgrade())).rejects.toThrow(UnavailableError);
    await expect(answerConnect(world, upgrade({}, {}))).rejects.toThrow(Error);
  });
});

describe('$disconnect', () => {
  it('removes the session and stores the last-seen time (IM-CONN-5)', async () => {
    await world.routes.connect(aSession({ connectionId: 'c=' }));
    expect(await answerDisconnect(world, upgrade())).toEqual({ statusCode: 200 });
    expect((await world.routes.presencesOf(['bob'])).get('bob')).toEqual({ sessions: [], seenAtMs: NOON });
    expect(world.deskEvents.events).toEqual([]);
  });

  it('triggers a liveness check of an agent (IM-DESK-7)', async () => {
    await answerDisconnect(world, upgrade({}, { ...CONTEXT, roles: 'agent' }));
    expect(world.deskEvents.events).toEqual([
      { event: { kind: 'check-agent', userId: 'bob', sinceMs: NOON }, delaySeconds: 0 },
    ]);
  });

  it('triggers no liveness check without a desk', async () => {
    const ports = { routes: world.routes, clock: world.clock };
    expect(await answerDisconnect(ports, upgrade({}, { ...CONTEXT, roles: 'agent' }))).toEqual({
      statusCode: 200,
    });
  });

  it('changes nothing without an authorizer context', async () => {
    await world.routes.connect(aSession({ connectionId: 'c=' }));
    expect(await answerDisconnect(world, upgrade({}, {}))).toEqual({ statusCode: 200 });
    expect(await world.routes.find('bob', 'phone')).toBeDefined();
  });
});

describe('an event of the socket', () => {
  const event = (authorizer: Record<string, unknown>) => upgrade({}, authorizer);

  it('has a caller only with both user and device', () => {
    expect(callerOf(event({ userId: 'bob', deviceId: 'phone' }))).toEqual({
      userId: 'bob',
      deviceId: 'phone',
      connectionId: 'c=',
    });
    expect(callerOf(event({ userId: 'bob' }))).toBeUndefined();
    expect(callerOf(event({ deviceId: 'phone' }))).toBeUndefined();
  });

  it('is managed JSON unless its context says otherwise', () => {
    expect(modeOf(event({}))).toBe('managed');
    expect(modeOf(event({ mode: 'plain' }))).toBe('plain');
    expect(sessionEncodingOf(event({}))).toBeUndefined();
    expect(sessionEncodingOf(event({ encoding: 'protobuf' }))).toBe('protobuf');
  });

  it('has the roles and the name from its token (IM-ROLE)', () => {
    expect(rolesOf(event({ roles: 'agent', name: 'Ann' }))).toEqual({ roles: ['agent'], name: 'Ann' });
    expect(rolesOf(event({ name: '%E7%8E%8B%20Zo%C3%A9' }))).toEqual({ roles: [], name: '王 Zoé' });
    expect(rolesOf(event({ name: 'Ann, 100 %' }))).toEqual({ roles: [], name: 'Ann, 100 %' });
    expect(rolesOf(event({}))).toEqual({ roles: [], name: undefined });
  });

  it('has none of these without an authorizer', () => {
    const { authorizer: _, ...requestContext } = upgrade().requestContext;
    expect(callerOf({ requestContext })).toBeUndefined();
    expect(modeOf({ requestContext })).toBe('managed');
    expect(sessionEncodingOf({ requestContext })).toBeUndefined();
    expect(rolesOf({ requestContext })).toEqual({ roles: [], name: undefined });
  });

  it('finds a header whatever the case of its name', () => {
    expect(header({ multiValueHeaders: { Origin: ['a'] } }, 'origin')).toBe('a');
    expect(header({ multiValueHeaders: { Origin: ['a'] } }, 'host')).toBeUndefined();
    expect(header({ multiValueHeaders: null }, 'origin')).toBeUndefined();
  });

  it('has all values of a repeated header, so that no credential hides another (IM-REFUSE-13)', () => {
    const multiValueHeaders = { Authorization: ['Bearer a', 'Bearer b'], authorization: ['Bearer c'] };
    expect(header({ multiValueHeaders }, 'authorization')).toBe('Bearer a,Bearer b,Bearer c');
  });
});

describe('the id of a frame', () => {
  it('is returned if it is well-formed, else null (IM-FRAME-1)', () => {
    expect(frameIdIn({ id: '7' })).toBe('7');
    for (const id of [7, '', 'a b', undefined]) expect(frameIdIn({ id })).toBeNull();
  });
});
