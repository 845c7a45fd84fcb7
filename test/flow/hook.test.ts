/** @module-tag long */
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../client/src/index.ts';
import { type FaultKind, steps } from '../../local/aws-proxy/index.ts';
import { platformAssembly } from '../setup/assembly.ts';
import { deskEnvironment, newQueue } from './setup/desk.ts';
import { groupsOf } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending, sendServiceEvent, textContent } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const proxy = createTestProxy();
const passing = createTestProxy();
const logged: string[] = [];
let stack: Stack;
/** Lets messages pass without a verdict, and waits only a second and a half for one. */
let lenient: Stack;
beforeAll(async () => {
  const cdkOut = await platformAssembly();
  const quiet = {
    cdkOut,
    onWarning: () => undefined,
    onLogLine: (_: string, line: string) => logged.push(line),
  };
  [stack, lenient] = await Promise.all([
    startStack({
      ...quiet,
      awsProxy: proxy.attach,
      environment: deskEnvironment({ PROFILE_SOURCE_TIMEOUT_MS: '10000' }),
    }),
    startStack({
      ...quiet,
      awsProxy: passing.attach,
      environment: {
        BEFORE_SEND_ON_FAILURE: 'accept',
        BEFORE_SEND_TIMEOUT_MS: '1500',
        PROFILE_SOURCE_TTL_SECONDS: '1',
      },
    }),
  ]);
  // The first answer waits for a cold start.
  await Promise.all([stack, lenient].map(async (one) => (await speaker(one)).say('hi')));
});
afterEach(() => {
  proxy.clearFaults();
  passing.clearFaults();
});
afterAll(() => Promise.all([stack?.stop(), lenient?.stop()]));

const { call, newGroup, send } = groupsOf(() => stack);
const BLOCKED = { code: 'blocked_content', message: 'Please keep it friendly.', retryable: false };
const REJECT = 'hook:reject';

/** A user with a socket who writes to another one with a socket. */
async function speaker(on: Stack = stack) {
  const [a, b] = [newUser('alice'), newUser('bob')];
  const [alice, bob] = [await on.join(a), await on.join(b)];
  let count = 0;
  const say = (text: string, clientMsgId?: string): Promise<Json> => {
    count += 1;
    return alice.request(sending(b, text, clientMsgId ?? `m${count}`));
  };
  return { a, b, alice, bob, say, history: () => historyOf(on, a, b) };
}

const textsOf = (messages: readonly Json[]) => messages.map(({ content }) => content.text);

describe('a message that the hook rejects', () => {
  it('is refused with the reason, whichever way it comes, and reaches nobody (IM-HOOK-1, IM-REFUSE-16)', async () => {
    const { a, b, alice, bob, say } = await speaker();
    expect(await say('first')).toMatchObject({ type: 'sent', seq: 1 });
    const group = await newGroup(a, [b]);
    const content = textContent(REJECT);
    const expected = { type: 'error', ...BLOCKED };
    // Over the socket, in a direct conversation and a group; an edit.
    expect(await say(REJECT)).toMatchObject(expected);
    const inGroup = { action: 'sendMessage', clientMsgId: 'g1', conversationId: group, content };
    expect(await alice.request(inGroup)).toMatchObject(expected);
    expect(await alice.request({ action: 'edit', to: b, seq: 1, editId: 'e', content })).toMatchObject(
      expected,
    );
    // Over HTTP, as a client does that polls.
    const refused = { status: 403, body: BLOCKED };
    expect(await call(a, 'POST', '/messages', { clientMsgId: 'h1', to: b, content })).toEqual(refused);
    const path = `/conversations/${encodeURIComponent(`dm:${[a, b].sort().join(':')}`)}/messages/1`;
    expect(await call(a, 'PATCH', path, { editId: 'e', content })).toEqual(refused);
    // In Protobuf, and in a plain frame.
    const protobuf = await stack.join(a, { protobuf: true });
    expect(await protobuf.request(sending(b, REJECT, 'p1'))).toMatchObject(expected);
    const plain = await stack.open(a, { mode: 'plain' });
    plain.send(JSON.stringify({ fromUser: a, toUser: b, message: REJECT }));
    expect(await plain.frame(({ type }) => type === 'error')).toMatchObject(BLOCKED);
    // Live texts are not passed on (IM-HOOK-5).
    alice.send(JSON.stringify({ action: 'live', to: b, liveId: 'l1', index: 1, content }));
    expect(await say('last')).toMatchObject({ type: 'sent', seq: 2 });
    await bob.message('last');
    expect(await historyOf(stack, a, b)).toMatchObject([{ seq: 1, rev: 0 }, { seq: 2 }]);
    expect(JSON.stringify([bob.frames, alice.frames.filter(({ type }) => type !== 'error')])).not.toContain(
      REJECT,
    );
  });

  it('is refused in a support chat (IM-HOOK-1)', async () => {
    const customer = await stack.join(newUser('carol'));
    const { chat } = await customer.request({ action: 'desk.open', queue: newQueue() });
    const { conversationId } = chat;
    const frame = { action: 'sendMessage', clientMsgId: 'c1', conversationId, content: textContent(REJECT) };
    expect(await customer.request(frame)).toMatchObject(BLOCKED);
    const fine = { ...frame, clientMsgId: 'c2', content: textContent('hello') };
    expect(await customer.request(fine)).toMatchObject({ type: 'sent' });
  });

  it('of another service is dropped with a line, and its edits too (IM-HOOK-4)', async () => {
    const { a, b, bob, say } = await speaker();
    await say('first');
    await sendServiceEvent(stack, {
      type: 'message.send',
      from: a,
      clientMsgId: 's1',
      to: b,
      content: textContent(REJECT),
    });
    const edit = { type: 'message.edit', from: a, to: b, seq: 1, editId: 'e', content: textContent(REJECT) };
    await sendServiceEvent(stack, edit);
    await expect
      .poll(() => logged.filter((line) => line.includes('"reason":"content"')).length)
      .toBeGreaterThan(1);
    expect(await historyOf(stack, a, b)).toMatchObject([{ seq: 1, rev: 0 }]);
    expect(textsOf(bob.messages())).toEqual(['first']);
  });

  it('can be edited and sent as another one, or discarded, by a program with the SDK (IM-HOOK-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const im = createClient({
      wsUrl: stack.wsUrl,
      httpUrl: stack.httpUrl,
      getToken: () => stack.token(a),
      headers: { origin: 'https://chat.example' },
    } as Parameters<typeof createClient>[0]);
    onTestFinished(() => im.close());
    await im.connect();
    const bob = im.direct(b);
    const refused = bob.send(textContent(REJECT) as { type: 'text'; text: string });
    await expect(refused.acked).rejects.toMatchObject(BLOCKED);
    expect(refused).toMatchObject({ state: 'failed', error: BLOCKED });
    const rewritten = bob.send({ type: 'text', text: 'hook:rewrite' });
    await rewritten.acked;
    expect(rewritten).toMatchObject({ state: 'sent', content: textContent('something nicer') });
  });
});

describe('a message that the hook rewrites', () => {
  it('is stored and delivered as rewritten, and its sender learns that; a repeat finds it (IM-HOOK-3)', async () => {
    const { bob, say, history } = await speaker();
    const first = await say('hook:rewrite', 'r1');
    expect(first).toMatchObject({ type: 'sent', seq: 1, content: textContent('something nicer') });
    await bob.message('something nicer');
    expect(await say('hook:rewrite', 'r1')).toMatchObject({ messageId: first.messageId, duplicate: true });
    expect(await say('something nicer', 'r1')).toMatchObject({ code: 'idempotency_conflict' });
    expect(textsOf(await history())).toEqual(['something nicer']);
  });
});

const ANSWERS = ['throw', 'nothing', 'malformed', 'large'];
const FAULTS: readonly FaultKind[] = ['throttle', 'error', 'gone', 'cut-before', 'cut-after'];

describe('a hook without a valid answer', () => {
  it.each(ANSWERS)(
    'makes the message wait with onFailure reject: it answers by %s (IM-HOOK-2)',
    async (order) => {
      const { say, history } = await speaker();
      expect(await say(`hook:${order} canary`)).toMatchObject({ code: 'unavailable', retryable: true });
      expect(await history()).toEqual([]);
      // A function's own log may say what it threw; ours never does (IM-REFUSE-11).
      const ours = logged.filter((line) => line.includes('"service":"serverless-im"'));
      expect(ours.filter((line) => line.includes('canary'))).toEqual([]);
    },
  );

  it.each(ANSWERS)(
    'lets the message pass with onFailure accept: it answers by %s (IM-HOOK-2)',
    async (order) => {
      const { bob, say } = await speaker(lenient);
      const text = `hook:${order} canary`;
      expect(await say(text)).toMatchObject({ type: 'sent', seq: 1 });
      await bob.message(text);
      expect(logged.some((line) => line.includes('message passed without a verdict'))).toBe(true);
    },
  );

  it.each(FAULTS)(
    'makes the message wait, and a repeat succeeds: Lambda answers by %s (IM-HOOK-2)',
    async (fault) => {
      const { say, history } = await speaker();
      proxy.inject({ service: 'lambda', fault, times: 1 });
      expect(await say('hi', 'c1')).toMatchObject({ code: 'unavailable', retryable: true });
      expect(await say('hi', 'c1')).toMatchObject({ type: 'sent', seq: 1 });
      expect(await history()).toHaveLength(1);
    },
  );

  it('is not waited for after its time-out, also if the connection hangs (IM-HOOK-2)', async () => {
    const { say } = await speaker(lenient);
    passing.reset();
    passing.inject({ service: 'lambda', fault: 'hang' });
    expect(await say('hi')).toMatchObject({ type: 'sent', seq: 1 });
    expect(passing.counts({ service: 'lambda' }).calls).toBe(1);
  });

  it('is asked on a new socket if AWS has closed the one that the function kept (IM-HOOK-2)', async () => {
    const { say } = await speaker();
    proxy.reset();
    for (const text of ['one', 'two', 'three']) expect(await say(text)).toMatchObject({ type: 'sent' });
    expect(proxy.counts({ service: 'lambda' })).toMatchObject({ calls: 3, failed: 0 });
  });

  it('does not keep a stored message from its repeat (IM-HOOK-3)', async () => {
    const { alice, b, say } = await speaker();
    const first = await say('hi', 'c1');
    proxy.inject({ service: 'lambda', fault: 'throttle' });
    expect(await say('hi', 'c1')).toMatchObject({ messageId: first.messageId, duplicate: true });
    const resent = { ...sending(b, 'hi', 'c1'), resend: true };
    expect(await alice.request(resent)).toMatchObject({ messageId: first.messageId, duplicate: true });
  });
});

describe('while the hook looks at a message', () => {
  const held = () => proxy.setBreakpoint({ service: 'lambda', when: 'after' });

  it.each([
    ['is removed from the group', 'DELETE', 'not_found'],
    ['may not write in the group any more', 'PATCH', 'forbidden'],
  ] as const)('its sender %s: it is refused, and nobody sees it (IM-HOOK-6)', async (_, method, code) => {
    const { a, b, alice, bob } = await speaker();
    const group = await newGroup(b, [a]);
    const breakpoint = held();
    const content = textContent('too late');
    const sent = alice.request({ action: 'sendMessage', clientMsgId: 'c1', conversationId: group, content });
    await breakpoint.reached;
    if (method === 'PATCH') await call(b, method, `/groups/${group}`, { posting: 'admins' });
    else await send(b, method, `/groups/${group}/members/${a}`);
    breakpoint.release();
    expect(await sent).toMatchObject({ code });
    const after = { action: 'sendMessage', clientMsgId: 'c2', conversationId: group };
    await bob.request({ ...after, content: textContent('the last') });
    const { body } = await stack.http(b, `/conversations/${group}/messages`);
    expect(textsOf(body.messages)).not.toContain('too late');
  });

  it('its repeat comes: both get the same ack, and there is one message (IM-HOOK-3)', async () => {
    const { say, history } = await speaker();
    const breakpoint = held();
    const first = say('hi', 'c1');
    await breakpoint.reached;
    const second = await say('hi', 'c1');
    breakpoint.release();
    expect(second).toMatchObject({ type: 'sent' });
    expect(await first).toMatchObject({ type: 'sent', messageId: second.messageId });
    expect(await history()).toHaveLength(1);
  });

  it('the message that it edits is recalled: the recall stays (IM-HOOK-6)', async () => {
    const { b, alice, say, history } = await speaker();
    await say('first');
    const breakpoint = held();
    const editing = { action: 'edit', to: b, seq: 1, editId: 'e', content: textContent('edited') };
    const edited = alice.request(editing);
    await breakpoint.reached;
    expect(await alice.request({ action: 'recall', to: b, seq: 1 })).toMatchObject({ type: 'message' });
    breakpoint.release();
    expect(await edited).toMatchObject({ code: 'forbidden' });
    expect(await history()).toMatchObject([{ content: { type: 'recalled' } }]);
  });

  it('the author of the edit is removed from the group: the edit is refused (IM-HOOK-6)', async () => {
    const { a, b, alice } = await speaker();
    const group = await newGroup(b, [a]);
    const frame = { clientMsgId: 'c1', conversationId: group, content: textContent('first') };
    const { seq } = await alice.request({ action: 'sendMessage', ...frame });
    const breakpoint = held();
    const content = textContent('edited');
    const edited = alice.request({ action: 'edit', conversationId: group, seq, editId: 'e', content });
    await breakpoint.reached;
    await send(b, 'DELETE', `/groups/${group}/members/${a}`);
    breakpoint.release();
    expect(await edited).toMatchObject({ code: 'not_found' });
    const { body } = await stack.http(b, `/conversations/${group}/messages`);
    expect(textsOf(body.messages)).toContain('first');
  });

  it('its function dies: nothing is stored, and a repeat is (IM-HOOK-6, IM-SEND-1)', async () => {
    for (const fault of ['kill', 'kill-after'] as const) {
      const { alice, b, say, history } = await speaker();
      proxy.inject({ service: 'lambda', fault, times: 1 });
      alice.send(JSON.stringify({ id: 'lost', ...sending(b, 'hi', 'c1') }));
      await alice.gatewayFrame();
      expect(await history()).toEqual([]);
      expect(await say('hi', 'c1')).toMatchObject({ type: 'sent', seq: 1, duplicate: false });
      expect(await history()).toHaveLength(1);
    }
  });

  it('the hook itself dies: the message waits (IM-HOOK-2)', async () => {
    const { say } = await speaker();
    const hook = stack.stack.functions.find(({ logicalId }) => logicalId.startsWith('BeforeSend'));
    const ask = () => say('hi', 'c1');
    const breakpoint = proxy.setBreakpoint({ service: 'lambda', when: 'during' });
    const sent = ask();
    await breakpoint.reached;
    breakpoint.fail('error-after');
    expect(await sent).toMatchObject({ code: 'unavailable' });
    expect(hook).toBeDefined();
    expect(await ask()).toMatchObject({ type: 'sent' });
  });
});

it.each(['throttle', 'error', 'cut-after'] as const)(
  'any call of a send with a hook fails once, by %s: the ack is true, and there is one message (IM-INV-1)',
  async (fault) => {
    let pair: { readonly alice: TestSocket; readonly b: string; readonly a: string } | undefined;
    const run = async (n: number): Promise<Json> => {
      pair = await speaker();
      for (;;) {
        const answer = await pair.alice.request(sending(pair.b, 'hi', `n${n}`));
        if (answer.retryable !== true) return answer;
      }
    };
    for await (const step of steps(proxy, { route: 'sendMessage', run })) {
      step.fail(fault);
      const sent = await step.finished;
      expect(sent).toMatchObject({ type: 'sent' });
      expect(await historyOf(stack, pair?.a ?? '', pair?.b ?? '')).toMatchObject([{ seq: sent.seq }]);
    }
  },
);

describe("the business's own profiles (IM-PROFILE-3)", () => {
  const read = async (on: Stack, ...userIds: string[]): Promise<Json[]> => {
    const { status, body } = await on.http(newUser('reader'), `/profiles?userIds=${userIds.join(',')}`);
    expect(status).toBe(200);
    return body.profiles;
  };
  const asks = () => proxy.counts({ service: 'lambda', operation: 'Invoke', route: 'GET /profiles' }).calls;

  it('are asked for once for all who are missing, and kept, also that somebody has none', async () => {
    const [a, b, none] = [newUser('alice'), newUser('bob'), newUser('nobody')];
    proxy.reset();
    const [alice, bob] = await read(stack, a, none, b);
    expect(alice).toEqual({ userId: a, name: expect.stringMatching(/^Person of question/), version: 1 });
    expect(bob).toMatchObject({ userId: b, version: 1 });
    expect(asks()).toBe(1);
    // A read may lack the last second; then the source is asked again.
    const asksOfRead = async () => {
      const before = asks();
      await read(stack, b, none, a);
      return asks() - before;
    };
    await expect.poll(asksOfRead).toBe(0);
  });

  it('are not for users to change', async () => {
    const user = newUser('alice');
    expect(await call(user, 'PUT', '/profile', { name: 'Somebody' })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect(await read(stack, user)).toMatchObject([{ name: expect.stringMatching(/^Person/) }]);
  });

  it('are asked for again when their time is over', async () => {
    const user = newUser('alice');
    const [{ name: first }] = (await read(lenient, user)) as [Json];
    await expect.poll(async () => (await read(lenient, user))[0]?.name).not.toBe(first);
  });

  it('are shown as they were while the source hangs, within its time-out', async () => {
    const user = newUser('alice');
    const [{ name: first }] = (await read(lenient, user)) as [Json];
    passing.inject({ service: 'lambda', fault: 'hang' });
    const logs = () => logged.filter((line) => line.includes('profile source failed')).length;
    const before = logs();
    await expect.poll(async () => (await read(lenient, user)) && logs()).toBeGreaterThan(before);
    expect((await read(lenient, user))[0]?.name).toBe(first);
    expect(await read(lenient, newUser('carol'))).toEqual([]);
  });
});
