import { describe, expect, it } from 'vitest';
import { UnauthorizedError } from '../src/index.ts';
import { message, seqs } from './support/builders.ts';
import { fullDelays, type Harness, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';
import type { ServerConnection } from './support/scripted-server.ts';

/** A session that ends in 10 min, and has 2 min to go. */
async function almostOver(options: Parameters<typeof harness>[0] = {}) {
  const parts = await harness({ ...fullDelays, ...options });
  parts.server.sessionEndsInMs = 600_000;
  parts.server.heartbeatIntervalMs = 10 ** 9;
  const first = await parts.connected();
  return { ...parts, first, toLead: () => parts.clock.advance(480_000) };
}

/** Runs the change to the next session, until it is welcomed. */
async function handedOver({ server }: Harness): Promise<ServerConnection> {
  const next = await server.nextConnection();
  await next.next('hello');
  return next;
}

describe('renewing (IM-RENEW)', () => {
  it('gives a fresh token two minutes before the end, and then lives longer', async () => {
    let count = 0;
    const { server, clock, first, toLead, im, heardCount } = await almostOver({
      getToken: () => `token-${++count}`,
    });
    server.renewGainMs = 3_600_000;
    toLead();
    expect(await first.next('renew')).toMatchObject({ token: 'token-2' });
    // What comes after the reply proves that the reply has come.
    first.push(message(1));
    await heardCount(1);
    await settle();
    clock.advance(130_000);
    await settle();
    expect(im.state).toBe('connected');
    expect(server.connections).toHaveLength(1);
  });

  it('of a short session happens in its last quarter', async () => {
    const { server, clock, connected } = await harness(fullDelays);
    server.sessionEndsInMs = 40_000;
    server.renewGainMs = 3_600_000;
    const first = await connected();
    clock.advance(29_999);
    expect(first.frames.map(({ action }) => action)).not.toContain('renew');
    const renewed = first.next('renew');
    clock.advance(1);
    await renewed;
  });

  it('is tried again when there is no token to be had for now', async () => {
    let isDown = false;
    const { clock, first, toLead, server } = await almostOver({
      getToken: () => {
        if (isDown) throw new Error('offline');
        return 'token';
      },
    });
    server.renewGainMs = 3_600_000;
    isDown = true;
    toLead();
    await settle();
    isDown = false;
    const renewed = first.next('renew');
    clock.advance(500);
    await renewed;
  });

  it('ends the session for good when getToken says that the user is logged out', async () => {
    let isOut = false;
    const { toLead, entered } = await almostOver({
      getToken: () => {
        if (isOut) throw new UnauthorizedError('logged out');
        return 'token';
      },
    });
    isOut = true;
    const failed = entered('failed');
    toLead();
    expect(await failed).toMatchObject({ error: { code: 'unauthorized' } });
  });
});

describe('make before break (IM-CONN-4)', () => {
  it('opens the next session beside the old one when renewing gains nothing, and nobody notices', async () => {
    const parts = await almostOver();
    const { server, changes, first, toLead, im, heardCount, heard } = parts;
    toLead();
    const next = await handedOver(parts);
    expect(next.url).toBe('/?deviceId=device&replaces=C1%3D');
    await first.closed;
    server.history.push(message(1));
    next.push(message(1));
    await heardCount(1);
    await im.direct('bob').send({ type: 'text', text: 'on' }).acked;
    expect(next.frames.map(({ action }) => action)).toContain('sendMessage');
    expect(seqs(heard)).toEqual([1, 2]);
    expect(changes.map(({ current }) => current)).toEqual(['connecting', 'syncing', 'connected']);
    expect(server.connections).toHaveLength(2);
  });

  it('takes the old one’s `superseded` for what it is, also before the next is open here', async () => {
    const parts = await almostOver();
    const { server, changes, first, toLead, im } = parts;
    server.beforeUpgrade = async () => {
      first.send({ type: 'session.closed', code: 'superseded', reconnect: false });
      first.close(1000);
      await first.closed;
    };
    toLead();
    await handedOver(parts);
    await settle();
    expect(im.state).toBe('connected');
    expect(changes.at(-1)).toMatchObject({ current: 'connected' });
  });

  it('repeats what was under way on the old one, which the server knows for a repeat', async () => {
    const parts = await almostOver();
    const { server, first, toLead, im } = parts;
    server.scripts.set('sendMessage', (frame) => {
      server.store(frame);
      return undefined;
    });
    toLead();
    const sent = im.direct('bob').send({ type: 'text', text: 'once' });
    await first.next('sendMessage');
    server.scripts.clear();
    const next = await handedOver(parts);
    expect(await sent.acked).toMatchObject({ seq: 1 });
    expect(await next.next('sendMessage')).toMatchObject({ clientMsgId: sent.clientMsgId, resend: true });
    expect(server.history).toHaveLength(1);
  });

  it('tries again while the old session lasts, and reconnects when it ends', async () => {
    const { server, clock, changes, toLead, entered, im } = await almostOver();
    server.refuseUpgradeWith = 503;
    const refused = server.nextRefusal();
    toLead();
    await refused;
    await vitestSettled(() => server.requests.some((path) => path.startsWith('/session')));
    expect(im.state).toBe('connected');
    server.refuseUpgradeWith = undefined;
    clock.advance(500);
    await server.nextConnection();
    await settle();
    expect(changes.map(({ current }) => current)).not.toContain('reconnecting');
    const reconnecting = entered('reconnecting');
    server.connections.at(-1)?.cut();
    await reconnecting;
  });
});

async function vitestSettled(isTrue: () => boolean): Promise<void> {
  for (let round = 0; round < 1_000 && !isTrue(); round++) await settle();
  await settle();
}

describe('a wake-up (network back, page visible again)', () => {
  async function sleeper() {
    let wake = (): void => {};
    const stopped: string[] = [];
    const parts = await harness({
      ...fullDelays,
      environment: {
        onWake: (listener) => {
          wake = listener;
          return () => stopped.push('stopped');
        },
      },
    });
    return { ...parts, stopped, wake: () => wake() };
  }

  it('has the socket tested at once, and noticed if it is dead', async () => {
    const { server, clock, connected, entered, wake } = await sleeper();
    const first = await connected();
    server.scripts.set('heartbeat', () => undefined);
    wake();
    wake();
    await first.next('heartbeat');
    expect(first.frames.filter(({ action }) => action === 'heartbeat')).toHaveLength(1);
    const reconnecting = entered('reconnecting');
    clock.advance(10_000);
    await reconnecting;
  });

  it('cuts the wait for the next attempt short', async () => {
    const { connected, entered, wake } = await sleeper();
    const first = await connected();
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    const again = entered('connected');
    wake();
    await again;
  });

  it('is not listened for after close', async () => {
    const { im, connected, stopped } = await sleeper();
    await connected();
    im.close();
    expect(stopped).toEqual(['stopped']);
  });
});

it('a session of another user than before is none: what waits here is not theirs', async () => {
  const { server, clock, connected, entered } = await harness(fullDelays);
  const first = await connected();
  server.userId = 'mallory';
  const reconnecting = entered('reconnecting');
  first.cut();
  await reconnecting;
  const failed = entered('failed');
  clock.advance(500);
  expect(await failed).toMatchObject({ error: { code: 'identity_mismatch', retryable: false } });
});
