/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createClient, fullJitterBackoff } from '../../client/src/index.ts';
import { directConversationId } from '../../protocol/ids.ts';
import { PATIENCE_MS } from '../setup/patience.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const BURST = 300;
/** One a second: what is used up stays so during a test. */
const PER_MINUTE = 60;
const INSTANCES = 8;

const proxy = createTestProxy();
let stack: Stack;
/** Its users have credits again within a second. */
let generous: Stack;
beforeAll(async () => {
  [stack, generous] = await Promise.all([
    startStack({
      awsProxy: proxy.attach,
      maxInstancesPerFunction: INSTANCES,
      environment: { USER_BUDGET: `${PER_MINUTE},${BURST}`, STRANGERS_PER_DAY: '3' },
    }),
    startStack({ environment: { USER_BUDGET: '20000,100' } }),
  ]);
});
afterAll(() => Promise.all([stack?.stop(), generous?.stop()]));

/** Two users who know each other. */
async function twoUsers(on: Stack = stack) {
  const [mallory, bob] = [newUser('mallory'), newUser('bob')];
  const [sender, receiver] = [await on.join(mallory), await on.join(bob)];
  await sender.request(sending(bob, 'first'));
  await receiver.message('first');
  return { mallory, bob, sender, receiver };
}

const crowd = Array.from({ length: 100 }, (_, n) => `somebody-${n}`);

/** Spends until the server refuses, and returns the refusal. The presence of a hundred users costs some 20 credits. */
async function spendAll(socket: TestSocket): Promise<Json> {
  for (;;) {
    const answer = await socket.request({ action: 'presence', userIds: crowd });
    if (answer.type === 'error') return answer;
  }
}

describe('a user who has used up the budget', () => {
  it('is refused with the time to wait, nothing is stored, and there is no hole (IM-BUDGET-1)', async () => {
    const { mallory, bob, sender, receiver } = await twoUsers();
    expect(await spendAll(sender)).toMatchObject({ code: 'rate_limited', retryable: true });
    // Each instance serves one frame, which tells it, before it refuses the next.
    const answers = await Promise.all(
      Array.from({ length: 2 * INSTANCES }, (_, n) => sender.request(sending(bob, `m${n}`))),
    );
    const refused = answers.filter(({ type }) => type === 'error');
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused)
      expect(answer).toMatchObject({ code: 'rate_limited', retryAfterMs: expect.any(Number) });
    await receiver.request(sending(mallory, 'answer'));
    const messages = await historyOf(stack, bob, mallory);
    expect(messages).toHaveLength(2 + answers.length - refused.length);
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
  });

  it('is refused over HTTP with 429 and Retry-After, before anything is written (IM-BUDGET-1)', async () => {
    const { mallory, bob, sender } = await twoUsers();
    await spendAll(sender);
    const content = { type: 'text', text: 'too much' };
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        stack.http(mallory, '/messages', {
          method: 'POST',
          body: JSON.stringify({ clientMsgId: `h${n}`, to: bob, content }),
        }),
      ),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { body } of refused)
      expect(body).toMatchObject({ code: 'rate_limited', retryAfterMs: expect.any(Number) });
    const messages = await historyOf(stack, bob, mallory);
    expect(messages).toHaveLength(1 + answers.length - refused.length);
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
  });

  it('sends all the same with the SDK, which waits: each message once, in order (IM-BUDGET-1, IM-INV-2)', async () => {
    const { mallory, bob, receiver } = await twoUsers(generous);
    const im = createClient({
      wsUrl: generous.wsUrl,
      httpUrl: generous.httpUrl,
      getToken: () => generous.token(mallory),
      retryPolicy: fullJitterBackoff({ baseMs: 20, capMs: 200 }),
    });
    onTestFinished(() => im.close());
    const id = directConversationId(mallory, bob);
    const texts = Array.from({ length: 60 }, (_, n) => `n${n}`);
    for (const text of texts) im.conversation(id).send({ type: 'text', text });
    await im.connect();
    await receiver.message('n59');
    const messages = await historyOf(generous, bob, mallory);
    // The latest page.
    expect(messages.map(({ content }) => content.text)).toEqual(texts.slice(-50));
  });
});

describe('a flood of 500 frames at once', () => {
  it('is cut off near the budget, without a hole, while others are served (IM-BUDGET-1, IM-BUDGET-2, IM-REFUSE-8)', async () => {
    const { mallory, bob, sender, receiver } = await twoUsers();
    const [alice, carol] = [newUser('alice'), newUser('carol')];
    const [other, friend] = [await stack.join(alice), await stack.join(carol)];
    const startedMs = performance.now();
    for (let n = 0; n < 500; n += 1) sender.send(JSON.stringify({ ...sending(bob, `m${n}`), id: `m${n}` }));
    await other.request(sending(carol, 'meanwhile'));
    await friend.message('meanwhile');
    const closed = await sender.frame(({ type }) => type === 'session.closed');
    expect(closed).toMatchObject({ code: 'rate_limited', reconnect: true, retryAfterMs: expect.any(Number) });
    await sender.closed;
    await receiver.message('m0');
    const id = directConversationId(mallory, bob);
    // Frames that were on their way when the socket closed are served or refused.
    const functions = stack.stack.functions.map(({ logicalId }) => logicalId);
    await vi.waitFor(() => {
      expect(functions.filter((name) => stack.workers.instances(name).busy > 0)).toEqual([]);
    }, PATIENCE_MS);
    const page = await stack.http(bob, `/conversations/${encodeURIComponent(id)}/messages?limit=100`);
    const { head } = page.body;
    const seconds = (performance.now() - startedMs) / 1_000;
    const most = BURST + (PER_MINUTE / 60) * seconds;
    // 7 credits each; samples of 70 for so few messages are off by up to a factor of two.
    expect(head * 7).toBeLessThan(2 * most + INSTANCES * 70);
    expect(page.body.messages.map(({ seq }: Json) => seq)).toEqual(
      Array.from({ length: Math.min(100, head) }, (_, n) => Math.max(1, head - 99) + n),
    );
  });
});

describe('a user with the role service', () => {
  it('has no budget, and meets as many strangers as they want (IM-BUDGET-4)', async () => {
    const robot = newUser('robot');
    const socket = await stack.join(robot, { token: await stack.token(robot, { roles: ['service'] }) });
    const sent = await Promise.all(
      Array.from({ length: 60 }, (_, n) => socket.request(sending(newUser('bob'), `m${n}`))),
    );
    expect(sent.filter(({ type }) => type !== 'sent')).toEqual([]);
  });
});

describe('strangers', () => {
  it('are at most so many a day, whether by first messages or in groups, over the socket and HTTP (IM-BUDGET-3)', async () => {
    const [alice, bob, carol] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const socket = await stack.join(alice);
    const other = await stack.join(bob);
    await other.request(sending(alice, 'hi'));
    // Bob wrote first: an answer meets nobody.
    expect(await socket.request(sending(bob, 'hi'))).toMatchObject({ type: 'sent' });
    expect(await socket.request(sending(carol, 'hi'))).toMatchObject({ type: 'sent' });
    const post = (members: readonly string[]) =>
      stack.http(alice, '/groups', { method: 'POST', body: JSON.stringify({ name: 'Rowers', members }) });
    const [d, e, f] = [newUser('d'), newUser('e'), newUser('f')];
    expect(await post([bob, carol, d, e])).toMatchObject({ status: 409, body: { code: 'limit_reached' } });
    const { status, body } = await post([bob, carol, d]);
    expect(status).toBe(201);
    const path = `/groups/${encodeURIComponent(body.conversationId)}/members`;
    const adding = { method: 'POST', body: JSON.stringify({ members: [e] }) };
    expect(await stack.http(alice, path, adding)).toMatchObject({
      status: 409,
      body: { code: 'limit_reached' },
    });
    expect(await socket.request(sending(f, 'hi'))).toMatchObject({ type: 'error', code: 'limit_reached' });
    expect(await historyOf(stack, alice, f)).toEqual([]);
    expect((await stack.http(f, '/conversations')).body.conversations).toEqual([]);
  });
});

describe('the rules of a group', () => {
  it('bind its members, and let no refused message leave a hole (IM-BUDGET-5)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const [admin, member] = [await stack.join(alice), await stack.join(bob)];
    await member.request(sending(alice, 'hi'));
    const { body: group } = await stack.http(alice, '/groups', {
      method: 'POST',
      body: JSON.stringify({ name: 'News', members: [bob], posting: 'admins' }),
    });
    const { conversationId } = group;
    expect(group).toMatchObject({ posting: 'admins', slowModeSeconds: 0 });
    const say = (socket: TestSocket, clientMsgId: string) =>
      socket.request({
        action: 'sendMessage',
        clientMsgId,
        conversationId,
        content: { type: 'text', text: clientMsgId },
      });
    expect(await say(member, 'b1')).toMatchObject({ code: 'forbidden' });
    expect(await say(admin, 'a1')).toMatchObject({ seq: 2 });
    const path = `/groups/${encodeURIComponent(conversationId)}`;
    const rules = { posting: 'everyone', slowModeSeconds: 600 };
    const patched = await stack.http(alice, path, { method: 'PATCH', body: JSON.stringify(rules) });
    expect(patched.body).toMatchObject(rules);
    const first = await say(member, 'b1');
    expect(first).toMatchObject({ seq: 5 });
    const slow = await say(member, 'b2');
    expect(slow).toMatchObject({ code: 'slow_mode', retryable: true });
    expect(slow.retryAfterMs).toBeGreaterThan(590_000);
    expect(await say(member, 'b1')).toMatchObject({ seq: 5, duplicate: true });
    expect(await say(admin, 'a2')).toMatchObject({ seq: 6 });
    expect((await stack.http(bob, path, { method: 'PATCH', body: '{"posting":"admins"}' })).status).toBe(403);
  });
});
