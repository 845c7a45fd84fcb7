import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type ChatMessage,
  type Client,
  createClient,
  fullJitterBackoff,
  MessageView,
} from '../../client/src/index.ts';
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

/** Requests of a user without a session. */
async function httpOf(userId: string) {
  const headers = { authorization: `Bearer ${await stack.token(userId)}` };
  const change = async (method: string, path: string, body?: object) => {
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(stack.httpUrl + path, init);
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  };
  return { change, post: (message: object) => change('POST', '/messages', message) };
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

  it('learns within about a minute what was edited and recalled, in a view and in the list (IM-CHANGE-4)', async () => {
    let nowMs = 0;
    stack.gateway.refuseUpgrades(403);
    onTestFinished(() => stack.gateway.refuseUpgrades(undefined));
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = clientOf(a, () => nowMs);
    await alice.connect();
    const { post, change } = await httpOf(b);
    for (const text of ['one', 'two'])
      await post({ to: a, clientMsgId: text, content: { type: 'text', text } });
    const conversation = alice.direct(b);
    const view = new MessageView(conversation, { pageSize: 1 });
    onTestFinished(() => view.close());
    await expect.poll(() => view.snapshot.isLoaded && !view.snapshot.isLoading).toBe(true);
    await view.loadBackTo(1);
    const told: unknown[] = [];
    conversation.on('changed', ({ change, message }) => told.push([change, message.seq]));
    alice.on('activity', () => told.push('activity'));
    const path = `/conversations/${encodeURIComponent(conversation.id ?? '')}/messages`;
    await change('PATCH', `${path}/1`, { editId: 'e', content: { type: 'text', text: 'uno' } });
    await change('DELETE', `${path}/2`);
    nowMs += MINUTE_MS;
    // A message ends the wait of the poll.
    await post({ to: a, clientMsgId: 'three', content: { type: 'text', text: 'three' } });
    await expect.poll(() => view.snapshot.messages.map(({ rev }) => rev)).toEqual([1, 1, 0]);
    expect(told).toEqual([
      [undefined, 1],
      [undefined, 2],
    ]);
    expect(view.snapshot.messages[0]?.content).toMatchObject({ text: 'uno' });
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
