import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ChatMessage, type Client, createClient, fullJitterBackoff } from '../../client/src/index.ts';
import { withPolling } from '../../client/src/polling/index.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

const MINUTE_MS = 60_000;
const retryPolicy = fullJitterBackoff({ baseMs: 20, capMs: 100 });

function clientOf(userId: string, nowMs?: () => number): Client {
  const { wsUrl, httpUrl } = stack;
  const im = createClient({
    wsUrl,
    httpUrl,
    getToken: () => stack.token(userId),
    deviceId: userId,
    retryPolicy,
    environment: { WebSocket: withPolling({ httpUrl, ...(nowMs && { nowMs }) }) },
  });
  onTestFinished(() => im.close());
  return im;
}

const heard = (im: Client, text: string): Promise<ChatMessage> =>
  new Promise((resolve) => {
    im.on('message', (message) => {
      if (message.content.type === 'text' && message.content.text === text) resolve(message);
    });
  });

describe('the SDK without WebSockets', () => {
  it('carries a conversation by polling after three failed upgrades (IM-POLL-3)', async () => {
    stack.gateway.refuseUpgrades(403);
    onTestFinished(() => stack.gateway.refuseUpgrades(undefined));
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [clientOf(a), clientOf(b)];
    await Promise.all([alice.connect(), bob.connect()]);
    expect(stack.gateway.connections().length).toBe(0);
    const atBob = heard(bob, 'hello');
    const sent = await alice.direct(b).send({ type: 'text', text: 'hello' }).acked;
    expect(await atBob).toMatchObject({ from: a, seq: sent.seq });
    const atAlice = heard(alice, 'hello yourself');
    await bob.direct(a).send({ type: 'text', text: 'hello yourself' }).acked;
    expect(await atAlice).toMatchObject({ from: b, seq: 2 });
  });

  it('returns to a socket after five minutes, if one opens', async () => {
    let nowMs = 0;
    stack.gateway.refuseUpgrades(403);
    onTestFinished(() => stack.gateway.refuseUpgrades(undefined));
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = clientOf(a, () => nowMs);
    await alice.connect();
    stack.gateway.refuseUpgrades(undefined);
    nowMs += 5 * MINUTE_MS;
    alice.close();
    await alice.connect();
    expect(stack.gateway.connections().length).toBe(1);
    expect(await alice.direct(b).send({ type: 'text', text: 'by socket' }).acked).toMatchObject({ seq: 1 });
  });
});
