import { describe, expect, it } from 'vitest';
import { UnauthorizedError } from '../src/index.ts';
import { message, seqs } from './support/builders.ts';
import { fullDelays, type Harness, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';
import type { ServerConnection } from './support/scripted-server.ts';

/** A session of 10 min with 2 min left. */
async function almostOver(options: Parameters<typeof harness>[0] = {}) {
  const parts = await harness({ ...fullDelays, ...options });
  parts.server.sessionEndsInMs = 600_000;
  parts.server.heartbeatIntervalMs = 10 ** 9;
  const first = await parts.connected();
  return { ...parts, first, toLead: () => parts.clock.advance(480_000) };
}

/** Runs the handover until the server has welcomed the next session. */
async function handedOver({ server }: Harness): Promise<ServerConnection> {
  const next = await server.nextConnection();
  await next.next('hello');
  return next;
}

describe('renewing (IM-RENEW)', () => {
  it('sends a fresh token two minutes before the end, which extends the session', async () => {
    let count = 0;
    const { server, clock, first, toLead, im, heardCount } = await almostOver({
      getToken: () => `token-${++count}`,
    });
    server.renewGainMs = 3_600_000;
    toLead();
    expect(await first.next('renew')).toMatchObject({ token: 'token-2' });
    // The frame after the reply proves that the reply has arrived.
    first.push(message(1));
    await heardCount(1);
    await settle();
    clock.advance(130_000);
    await settle();
    expect(im.state).toBe('connected');
    expect(server.connections).toHaveLength(1);
  });

  it('happens in the last quarter of a short session', async () => {
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

  it('is retried when getToken fails', async () => {
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

  it('ends the session for good when getToken throws an UnauthorizedError', async () => {
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
  it('opens the next session next to the old one when renewing gains no time, without a state change (IM-FAULT-16)', async () => {
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

  it('stays connected when the old session’s `superseded` arrives before the next one is open', async () => {
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

  it('retries the old session’s pending send, which the server treats as a duplicate', async () => {
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

  it('retries while the old session lasts, and reconnects when it ends', async () => {
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
    let offline = (): void => {};
    const stopped: string[] = [];
    const parts = await harness({
      ...fullDelays,
      environment: {
        onWake: (...listeners) => {
          [wake, offline] = listeners;
          return () => stopped.push('stopped');
        },
      },
    });
    return { ...parts, stopped, wake: () => wake(), offline: () => offline() };
  }

  it('tests the socket at once, and reconnects if it is dead', async () => {
    const { server, clock, connected, entered, wake } = await sleeper();
    const first = await connected();
    server.scripts.set('heartbeat', () => undefined);
    wake();
    wake();
    await first.next('heartbeat');
    expect(first.frames.filter(({ action }) => action === 'heartbeat')).toHaveLength(1);
    const reconnecting = entered('reconnecting');
    clock.advance(3_000);
    await reconnecting;
  });

  it('keeps a socket that answers', async () => {
    const { im, clock, connected, wake, changes } = await sleeper();
    await connected();
    wake();
    // Its reply follows the probe's.
    await im.presence(['bob']);
    clock.advance(10_000);
    expect(changes.at(-1)?.current).toBe('connected');
  });

  it('is noticed without an event when the clock shows that the device slept', async () => {
    const { server, clock, connected, entered } = await sleeper();
    const first = await connected();
    server.scripts.set('heartbeat', () => undefined);
    clock.advance(1_500);
    await settle();
    expect(first.frames.map(({ action }) => action)).not.toContain('heartbeat');
    clock.wallClockJumpMs += 600_000;
    const reconnecting = entered('reconnecting');
    const again = Promise.all([server.nextConnection(), entered('connected')]);
    // Less than 5 s, so that the handshake has time.
    clock.advance(4_500);
    expect(await reconnecting).toMatchObject({ error: { code: 'disconnected' } });
    await again;
  });

  it('is preceded by a loss that the browser reports, which is believed at once', async () => {
    const { connected, entered, offline } = await sleeper();
    await connected();
    const reconnecting = entered('reconnecting');
    offline();
    expect(await reconnecting).toMatchObject({ error: { message: 'the device is offline' } });
  });

  it('starts the next attempt at once', async () => {
    const { connected, entered, wake } = await sleeper();
    const first = await connected();
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    const again = entered('connected');
    wake();
    await again;
  });

  it('has no effect after close', async () => {
    const { im, connected, stopped } = await sleeper();
    await connected();
    im.close();
    expect(stopped).toEqual(['stopped']);
  });
});

it('fails when the token belongs to another user, since the unsent messages are not theirs', async () => {
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
