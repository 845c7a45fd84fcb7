import { describe, expect, it } from 'vitest';
import { logOut } from '../../../lambdas/domain/sessions/log-out.ts';
import { aSession, createWorld } from '../../adapters/memory/world.ts';

async function worldOfTwoDevices() {
  const world = createWorld();
  for (const deviceId of ['phone', 'tablet']) await world.routes.connect(aSession({ deviceId }));
  return world;
}

describe('logOut', () => {
  it('removes all routes first, then notifies and closes all sockets (IM-REFUSE-7)', async () => {
    const world = await worldOfTwoDevices();
    const routesAtPost: number[] = [];
    const connections = {
      ...world.connections,
      async post(connectionId: string, text: string) {
        routesAtPost.push((await world.routes.sessionsOf(['bob'])).get('bob')?.length ?? -1);
        return world.connections.post(connectionId, text);
      },
    };
    await logOut({ ...world, connections }, { userId: 'bob' });
    expect(routesAtPost).toEqual([0, 0]);
    const frame = { type: 'session.closed', code: 'logged_out', reconnect: false };
    expect(world.connections.posts.map((post) => post.frame)).toEqual([frame, frame]);
    expect(world.connections.closed.toSorted()).toEqual(['bob-phone', 'bob-tablet']);
  });

  it('leaves the other devices alone if one is named', async () => {
    const world = await worldOfTwoDevices();
    await logOut(world, { userId: 'bob', deviceId: 'phone' });
    expect(world.connections.closed).toEqual(['bob-phone']);
    expect(await world.routes.find('bob', 'tablet')).toBeDefined();
  });

  it('leaves no device registered for notifications where a user has one session, whatever it is called (IM-NOTIFY-1)', async () => {
    const world = createWorld();
    await world.routes.connect(aSession({ deviceId: 'only' }));
    for (const [deviceId, token] of [
      ['phone', 'a'],
      ['tablet', 'b'],
    ] as const)
      await world.pushDeviceWriter.register('bob', deviceId, { provider: 'fcm', token }, 20);
    await logOut({ ...world, maxDevices: 1 }, { userId: 'bob', deviceId: 'only' });
    expect(await world.pushDevices.devicesOf(['bob'])).toEqual(new Map());
  });

  it('does nothing for an absent user', async () => {
    await logOut(createWorld(), { userId: 'bob' });
  });
});
