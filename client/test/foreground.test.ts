import { afterEach, describe, expect, it, vi } from 'vitest';
import { fullDelays, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';
import type { ServerConnection } from './support/scripted-server.ts';

/** What the client has said of itself on this connection, in order. */
const saidOn = ({ frames }: ServerConnection): unknown[] =>
  frames.filter(({ action }) => action === 'active').map(({ active }) => active);

afterEach(() => vi.unstubAllGlobals());

/** A page whose visibility the test changes. */
function stubPage(visibilityState: 'visible' | 'hidden') {
  const page = Object.assign(new EventTarget(), { visibilityState });
  vi.stubGlobal('document', page);
  return {
    show: (state: 'visible' | 'hidden') => {
      page.visibilityState = state;
      page.dispatchEvent(new Event('visibilitychange'));
    },
    freeze: () => page.dispatchEvent(new Event('freeze')),
  };
}

describe('an app that goes to the background', () => {
  it('says so once, and once when it is back (IM-NOTIFY-2)', async () => {
    const { connected, im } = await harness();
    const connection = await connected();
    im.setActive(true);
    im.setActive(false);
    im.setActive(false);
    await connection.next('active');
    await settle();
    im.setActive(true);
    await connection.next('active');
    await im.presence(['bob']);
    expect(saidOn(connection)).toEqual([false, true]);
  });

  it('sends nothing for a change that was undone while a frame was under way', async () => {
    const { connected, im, server } = await harness();
    const connection = await connected();
    let id = '';
    server.scripts.set('active', (frame) => {
      id = frame.id;
      return undefined;
    });
    im.setActive(false);
    await connection.next('active');
    im.setActive(true);
    im.setActive(false);
    connection.send({ type: 'ok', id });
    await im.presence(['bob']);
    expect(saidOn(connection)).toEqual([false]);
  });

  it('says it again to each new session, which the server takes to be in front', async () => {
    const { clock, connected, entered, im, server } = await harness(fullDelays);
    const first = await connected();
    im.setActive(false);
    await first.next('active');
    const next = server.nextConnection();
    const lost = entered('reconnecting');
    first.cut();
    await lost;
    clock.advance(500);
    expect((await (await next).next('active')).active).toBe(false);
  });

  it('repeats the frame after a failure that passes', async () => {
    const { clock, connected, im, server } = await harness(fullDelays);
    const connection = await connected();
    server.scripts.set('active', ({ id }) => {
      server.scripts.delete('active');
      return { type: 'error', id, code: 'unavailable', message: 'busy', retryable: true };
    });
    im.setActive(false);
    await connection.next('active');
    await im.presence(['bob']);
    await settle();
    clock.advance(500);
    expect((await connection.next('active')).active).toBe(false);
  });

  it('is silent once a deployment without notifications has refused the frame', async () => {
    const { connected, im, server } = await harness();
    const connection = await connected();
    const refusal = { code: 'unknown_action', message: 'unknown action', retryable: false };
    server.scripts.set('active', ({ id }) => ({ type: 'error', id, ...refusal }));
    im.setActive(false);
    await connection.next('active');
    await im.presence(['bob']);
    im.setActive(true);
    await im.presence(['bob']);
    expect(saidOn(connection)).toEqual([false]);
  });

  it('closes its socket after 20 s, and opens one when it is back, without a backoff', async () => {
    const { clock, connected, entered, im, server } = await harness(fullDelays);
    const connection = await connected();
    im.setActive(false);
    await im.presence(['bob']);
    clock.advance(19_999);
    await settle();
    expect(im.state).toBe('connected');
    clock.advance(1);
    await connection.closed;
    clock.advance(60_000);
    await settle();
    expect(server.connections).toHaveLength(1);
    const back = entered('connected');
    im.setActive(true);
    await back;
    expect(saidOn(await server.nextConnection())).toEqual([]);
  });

  it('keeps the socket if it is back within 20 s', async () => {
    const { clock, connected, im } = await harness(fullDelays);
    await connected();
    im.setActive(false);
    await im.presence(['bob']);
    clock.advance(19_999);
    im.setActive(true);
    clock.advance(1);
    await im.presence(['bob']);
    expect(im.state).toBe('connected');
  });

  it('can be connected in the background, as for a message that is answered from its notification', async () => {
    const { clock, connected, im, server } = await harness(fullDelays);
    const connection = await connected();
    im.setActive(false);
    await im.presence(['bob']);
    clock.advance(20_000);
    await connection.closed;
    await settle();
    clock.advance(500);
    await Promise.all([server.nextConnection(), im.connect()]);
    expect(server.connections).toHaveLength(2);
  });

  it('is closed for good by `close`, and no socket is opened when it is back', async () => {
    const { clock, connected, im, server } = await harness(fullDelays);
    const connection = await connected();
    im.setActive(false);
    await im.presence(['bob']);
    clock.advance(20_000);
    await connection.closed;
    im.close();
    im.setActive(true);
    clock.advance(5_000);
    await settle();
    expect([im.state, server.connections.length]).toEqual(['closed', 1]);
  });
});

describe('a page', () => {
  it('says that it is hidden, and that it is shown, by itself', async () => {
    const page = stubPage('visible');
    const { connected } = await harness();
    const connection = await connected();
    page.show('hidden');
    expect((await connection.next('active')).active).toBe(false);
    await settle();
    page.show('visible');
    expect((await connection.next('active')).active).toBe(true);
    expect(saidOn(connection)).toEqual([false, true]);
  });

  it('says so on connect if it was opened in the background', async () => {
    stubPage('hidden');
    const { connected } = await harness();
    expect((await (await connected()).next('active')).active).toBe(false);
  });

  it('keeps its socket while it is hidden, until the browser freezes it', async () => {
    const page = stubPage('visible');
    const { clock, connected, entered, im, server } = await harness(fullDelays);
    const connection = await connected();
    page.show('hidden');
    await im.presence(['bob']);
    clock.advance(60_000);
    await im.presence(['bob']);
    expect(im.state).toBe('connected');
    page.freeze();
    await connection.closed;
    clock.advance(5_000);
    await settle();
    expect(server.connections).toHaveLength(1);
    const back = entered('connected');
    page.show('visible');
    await back;
    expect(saidOn(await server.nextConnection())).toEqual([]);
  });
});
