import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { deployment } from './setup/deployment.ts';
import type { Json } from './setup/json.ts';
import { sending, textContent } from './setup/sends.ts';
import { RefusedError } from './setup/socket.ts';
import { type Chat, newUser, type Stack, startChat } from './setup/stack.ts';

/** Only the local gateway can be told to refuse upgrades. */
let stack: Chat & Partial<Pick<Stack, 'gateway'>>;
beforeAll(async () => {
  stack = await startChat();
});
afterAll(() => stack?.stop());

const post = (userId: string, path: string, body: object) =>
  stack.http(userId, path, { method: 'POST', body: JSON.stringify(body) });
const poll = (userId: string, body: object = {}) => post(userId, '/poll', { deviceId: 'phone', ...body });
const say = (from: string, to: string, text: string) =>
  post(from, '/messages', { to, clientMsgId: text, content: textContent(text) });
const textsOf = ({ body }: { body: Json }) => body.messages.map(({ content }: Json) => content.text);
/** Resolves when the user's polling session is stored: from then on messages go to the inbox. */
const polls = async (asker: string, userId: string) => {
  const socket = await stack.join(asker);
  const isOnline = async () =>
    (await socket.request({ action: 'presence', userIds: [userId] })).users[0].online;
  await expect.poll(isOnline, { interval: 50 }).toBe(true);
  await socket.close();
};

describe('a poll', () => {
  it('waits until a message is sent and returns soon after (IM-POLL-1)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    // Presence needs a message of both.
    await say(bob, alice, 'before');
    await say(alice, bob, 'first');
    const page = (await poll(bob)).body;
    expect(page).toMatchObject({ messages: [{ content: { text: 'first' } }], more: false, timedOut: false });
    const waiting = poll(bob, { batch: page.batch });
    await polls(alice, bob);
    const sentAt = Date.now();
    await say(alice, bob, 'second');
    const answer = await waiting;
    expect(Date.now() - sentAt).toBeLessThan(15_000);
    expect(textsOf(answer)).toEqual(['second']);
    expect(answer.body.session.expiresAt).toBeGreaterThan(Date.now() + 60_000);
  });

  it('returns empty when its time is over, and returns unacknowledged messages again (IM-POLL-1)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const empty = { messages: [], batch: null, more: false, timedOut: true };
    expect(await poll(bob, { waitMs: 0 })).toMatchObject({ status: 200, body: empty });
    await say(alice, bob, 'kept');
    const page = await poll(bob);
    expect(textsOf(page)).toEqual(['kept']);
    expect(textsOf(await poll(bob))).toEqual(['kept']);
    expect((await poll(bob, { batch: page.body.batch, waitMs: 0 })).body).toMatchObject(empty);
    await stack.inboxHolds(bob, 0);
  });

  it('returns what a socket of the same user gets (IM-POLL-2)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const laptop = await stack.join(bob, { deviceId: 'laptop' });
    const sender = await stack.join(alice);
    await poll(bob, { waitMs: 0 });
    await sender.request(sending(bob, 'both'));
    await laptop.message('both');
    expect(textsOf(await poll(bob))).toEqual(['both']);
  });

  it('of the sender returns what their other devices send (IM-POLL-2, IM-SEND-5)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const laptop = await stack.join(alice, { deviceId: 'laptop' });
    await poll(alice, { waitMs: 0 });
    await laptop.request(sending(bob, 'mine'));
    expect(textsOf(await poll(alice))).toEqual(['mine']);
  });

  it('delays nobody else, however many polls wait', async () => {
    const pollers = Array.from({ length: 5 }, () => newUser('poller'));
    const alice = newUser('alice');
    const waiting = pollers.map((user) => poll(user));
    const receiver = await stack.join(newUser('bob'));
    await stack.http(alice, '/conversations');
    await receiver.request({ action: 'heartbeat' });
    const first = await Promise.race([...waiting, Promise.resolve('still waiting')]);
    expect(first).toBe('still waiting');
    await Promise.all(pollers.map((user) => say(alice, user, `wake ${user}`.replaceAll(' ', '-'))));
    for (const answer of await Promise.all(waiting)) expect(answer.body.messages).toHaveLength(1);
  });

  it('frees its function when its device polls again: of nine, one is left (IM-POLL-4)', async () => {
    const bob = newUser('bob');
    const former = Array.from({ length: 8 }, () => poll(bob));
    const replaced = { status: 401, body: { code: 'session_expired' } };
    const all = [...former, poll(bob)];
    const isReplaced = (one: Promise<{ status: number }>) => one.then(({ status }) => status === 401);
    // Any of them may reach the server last: eight end, though nothing has come, and that one waits.
    const ended: unknown[] = [];
    for (const one of all) void one.then((answer) => ended.push(answer));
    await expect.poll(() => ended.length).toBe(8);
    expect(ended).toMatchObject(Array(8).fill(replaced));
    await say(newUser('alice'), bob, 'hi');
    expect((await Promise.all(all.map(isReplaced))).filter((is) => !is)).toHaveLength(1);
  });

  it("of a fourth device is refused while three wait, and another user's poll is answered (IM-POLL-4)", async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const devices = ['a', 'b', 'c', 'd', 'e'];
    const answers: Json[] = [];
    const all = devices.map(async (deviceId) => answers.push(await poll(bob, { deviceId })));
    await expect.poll(() => answers.length).toBe(2);
    const refused = { code: 'rate_limited', retryable: true, retryAfterMs: expect.any(Number) };
    expect(answers).toMatchObject(Array(2).fill({ status: 429, body: refused }));
    expect(await poll(alice, { waitMs: 0 })).toMatchObject({ status: 200 });
    await say(alice, bob, 'hi');
    await Promise.all(all);
    expect(answers.slice(2).map((answer) => answer.status)).toEqual([200, 200, 200]);
  });

  it.skipIf(deployment)(
    'together with POST /messages carries a conversation where no upgrade is possible (IM-POLL-3)',
    async () => {
      stack.gateway?.refuseUpgrades(403);
      onTestFinished(() => stack.gateway?.refuseUpgrades(undefined));
      const [alice, bob] = [newUser('alice'), newUser('bob')];
      await expect(stack.open(alice)).rejects.toBeInstanceOf(RefusedError);
      const heard: string[] = [];
      const batches: Record<string, string> = {};
      /** Alice and Bob answer each other, and receive by polling only. */
      const listen = async (userId: string, from: string) => {
        const { body } = await poll(userId, { batch: batches[userId] });
        batches[userId] = body.batch;
        heard.push(
          ...body.messages.filter((one: Json) => one.from === from).map((one: Json) => one.content.text),
        );
      };
      for (let turn = 0; turn < 3; turn += 1) {
        await say(alice, bob, `ping-${turn}`);
        await listen(bob, alice);
        await say(bob, alice, `pong-${turn}`);
        await expect.poll(() => listen(alice, bob).then(() => heard.at(-1))).toBe(`pong-${turn}`);
      }
      const expected = [0, 1, 2].flatMap((turn) => [`ping-${turn}`, `pong-${turn}`]);
      expect([...new Set(heard)]).toEqual(expected);
    },
  );

  it.each([
    ['without a device', { deviceId: undefined }, ['deviceId']],
    ['that would wait too long', { waitMs: 20_001 }, ['waitMs']],
    ['with an altered batch', { batch: 'x.y' }, ['batch']],
  ])('%s is refused at once (IM-POLL-1)', async (_, body, paths) => {
    const answer = await poll(newUser('bob'), body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.issues.map(({ path }: Json) => path)).toEqual(paths);
  });
});
