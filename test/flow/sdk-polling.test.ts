/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type ChatMessage,
  type Client,
  createClient,
  type Fetch,
  fullJitterBackoff,
  MessageView,
} from '../../client/src/index.ts';
import { withPolling } from '../../client/src/polling/index.ts';
import type { Json } from './setup/json.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

const MINUTE_MS = 60_000;
const retryPolicy = fullJitterBackoff({ baseMs: 20, capMs: 100 });

function clientOf(userId: string, nowMs?: () => number, fetch: Fetch = globalThis.fetch): Client {
  const { wsUrl, httpUrl } = stack;
  const im = createClient({
    wsUrl,
    httpUrl,
    getToken: () => stack.token(userId),
    deviceId: userId,
    retryPolicy,
    environment: { fetch, WebSocket: withPolling({ httpUrl, fetch, ...(nowMs && { nowMs }) }) },
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

const textAt = async (url: string): Promise<string> => (await fetch(url)).text();

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

  it('shows edits and recalls within about a minute, in a view and in the list (IM-CHANGE-4)', async () => {
    let nowMs = 0;
    stack.gateway.refuseUpgrades(403);
    onTestFinished(() => stack.gateway.refuseUpgrades(undefined));
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = clientOf(a, () => nowMs);
    await alice.connect();
    const { post, change } = await httpOf(b);
    const polled = heard(alice, 'two');
    for (const text of ['one', 'two'])
      await post({ to: a, clientMsgId: text, content: { type: 'text', text } });
    // A poll that first brings them after the edit brings them as they are then.
    await polled;
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

  it('sends a file by forms and a message over HTTP, and gets its links (IM-FILE-1 to IM-FILE-3)', async () => {
    stack.gateway.refuseUpgrades(403);
    onTestFinished(() => stack.gateway.refuseUpgrades(undefined));
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [clientOf(a), clientOf(b)];
    await Promise.all([alice.connect(), bob.connect()]);
    const received = new Promise<ChatMessage>((resolve) => bob.on('message', resolve));
    const data = new File(['miaow'], 'cat.txt', { type: 'text/plain' });
    const thumbnail = { data: new Blob(['small'], { type: 'image/webp' }), width: 32, height: 24 };
    const sent = alice.direct(b).sendFile({ data, thumbnail }, { text: 'look' });
    const { seq } = await sent.acked;
    const message = await received;
    expect(message).toMatchObject({ from: a, seq, content: sent.content });
    if (message.content.type !== 'file') throw new Error('no file');
    expect(message.content).toMatchObject({ text: 'look', attachments: [{ name: 'cat.txt', size: 5 }] });
    const [{ attachmentId } = { attachmentId: '' }] = message.content.attachments;
    // The sender, too, gets them by HTTP.
    for (const conversation of [bob.direct(a), alice.direct(b)]) {
      const { url, thumbnailUrl = '' } = await conversation.attachmentUrl(message, attachmentId);
      expect(await Promise.all([url, thumbnailUrl].map(textAt))).toEqual(['miaow', 'small']);
    }
    expect(stack.gateway.connections().length).toBe(0);
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

describe('the conversations of a client that polls', () => {
  const DAY_MS = 24 * 3_600_000;

  /** A network that can be cut, and what the client asked for the list and got. */
  function network(toAnswer: (body: Json) => Json = (body) => body) {
    const lists: { readonly url: string; readonly body: Json }[] = [];
    let cut: AbortController | undefined;
    let ongoing = new AbortController();
    const fetch: Fetch = async (url, init) => {
      cut?.signal.throwIfAborted();
      const signals = [ongoing.signal, init?.signal].filter((signal) => signal != null);
      const response = await globalThis.fetch(url, { ...init, signal: AbortSignal.any(signals) });
      if (!url.includes('/session') && !url.includes('/conversations?')) return response;
      const body = toAnswer(await response.json());
      if (url.includes('/conversations?')) lists.push({ url, body });
      return Response.json(body, { status: response.status });
    };
    return {
      fetch,
      lists,
      cut() {
        cut = ongoing;
        cut.abort();
      },
      heal() {
        cut = undefined;
        ongoing = new AbortController();
      },
    };
  }

  const post = (userId: string, path: string, body: object) =>
    stack.http(userId, path, { method: 'POST', body: JSON.stringify(body) });

  /** Bob's client, which polls, and a group of Alice's that he is in. */
  async function bobInAGroup(toAnswer?: (body: Json) => Json) {
    stack.gateway.refuseUpgrades(403);
    onTestFinished(() => stack.gateway.refuseUpgrades(undefined));
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const { body } = await post(alice, '/groups', { name: 'Rowers', members: [bob] });
    const id: string = body.conversationId;
    const net = network(toAnswer);
    const im = clientOf(bob, undefined, net.fetch);
    const isListed = () => im.conversations()?.some(({ conversationId }) => conversationId === id);
    await im.connect();
    await expect.poll(isListed).toBe(true);
    const { change } = await httpOf(alice);
    const remove = () => change('DELETE', `/groups/${id}/members/${bob}`);
    const add = () => post(alice, `/groups/${id}/members`, { members: [bob] });
    /** Another device takes the message of the removal, so that only the list tells this one. */
    const takeInbox = async () => {
      const poll = (more: object) => post(bob, '/poll', { deviceId: 'phone', waitMs: 0, ...more });
      await expect
        .poll(async () => {
          const { messages, batch } = (await poll({})).body;
          await poll({ batch });
          return messages.some(({ content }: Json) => content.event === 'removed');
        })
        .toBe(true);
    };
    return { id, im, net, isListed, remove, add, takeInbox };
  }

  it('lack a group that its user was removed from, and have it again after they were added (IM-CHANGE-3)', async () => {
    const { isListed, remove, add } = await bobInAGroup();
    await remove();
    await expect.poll(isListed).toBe(false);
    await add();
    await expect.poll(isListed).toBe(true);
  });

  it('lack the groups that the user was removed from while the client was disconnected (IM-CHANGE-3)', async () => {
    const { id, net, isListed, remove, takeInbox } = await bobInAGroup();
    net.cut();
    await remove();
    await takeInbox();
    net.heal();
    await expect.poll(isListed).toBe(false);
    expect(net.lists.at(-1)?.url).toContain('changedSince=');
    expect(net.lists.at(-1)?.body.removed).toEqual([id]);
  });

  it('are read completely again after 30 days, when departures are no longer known (IM-CHANGE-3)', async () => {
    // The client last caught up 31 days ago, by the server's clock.
    let daysAgo = 31;
    const { net, isListed, remove, takeInbox } = await bobInAGroup((body) =>
      body.serverTime === undefined ? body : { ...body, serverTime: body.serverTime - daysAgo * DAY_MS },
    );
    daysAgo = 0;
    net.cut();
    await remove();
    await takeInbox();
    net.heal();
    await expect.poll(isListed).toBe(false);
    expect(net.lists.at(-1)?.url).toContain('changedSince=');
    expect(net.lists.at(-1)?.body).toMatchObject({ reset: true });
    expect(net.lists.at(-1)?.body).not.toHaveProperty('removed');
  });
});
