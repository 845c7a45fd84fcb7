import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BreakpointStage, steps } from '../../local/aws-proxy/index.ts';
import { PATIENCE_MS } from '../setup/patience.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending, sendServiceEvent, textContent } from './setup/sends.ts';
import type { RefusedError, TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const proxy = createTestProxy();
let stack: Stack;
const logs: string[] = [];
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
    onLogLine: (_, line) => void logs.push(line),
  });
  // A cold start would take longer than a hold may last.
  const warm = newUser('warm');
  await stack.join(warm);
  await ban(warm);
});
afterAll(() => stack?.stop());

/** Sends an event of the service queue, and waits until it was served. */
async function serve(event: object): Promise<void> {
  const served = proxy.nextEnd({ function: 'ServeEvents' });
  await sendServiceEvent(stack, event);
  await served;
}
const ban = (userId: string, more: object = {}) => serve({ type: 'user.banned', userId, ...more });
const unban = (userId: string) => serve({ type: 'user.unbanned', userId });
const isClosing = ({ type }: Json) => type === 'session.closed';
const refused = (userId: string, options = {}) =>
  expect(stack.open(userId, options)).rejects.toMatchObject({ status: 403 });
const post = (userId: string, path: string, body: object) =>
  stack.http(userId, path, { method: 'POST', body: JSON.stringify(body) });

describe('a ban', () => {
  it('ends the sessions of the user, refuses new ones, requests, and polls, until it is lifted (IM-BAN-1, IM-REFUSE-15)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const phone = await stack.join(b);
    const tablet = await stack.join(b, { protobuf: true });
    const alice = await stack.join(a);
    await ban(b, { reason: 'CANARY-reason' });
    const closing = { type: 'session.closed', code: 'banned', reconnect: false };
    for (const socket of [phone, tablet]) {
      expect(await socket.frame(isClosing)).toEqual(closing);
      await socket.closed;
    }
    await refused(b);
    await refused(b, { mode: 'plain' });
    const forbidden = { code: 'forbidden', message: 'You are banned.', retryable: false };
    for (const answer of [
      await stack.http(b, '/session'),
      await stack.http(b, '/conversations'),
      await post(b, '/messages', { to: a, clientMsgId: 'c', content: textContent('hi') }),
      await post(b, '/poll', { deviceId: 'watch', waitMs: 0 }),
    ])
      expect(answer).toEqual({ status: 403, body: forbidden });
    expect(await historyOf(stack, a, b)).toEqual([]);
    expect(await alice.request(sending(b, 'to-a-banned'))).toMatchObject({ seq: 1 });
    await unban(b);
    const back = await stack.join(b);
    expect(await back.message('to-a-banned')).toMatchObject({ seq: 1 });
    expect(JSON.stringify([phone.frames, tablet.frames, alice.frames])).not.toContain('CANARY');
    expect(logs.join('\n')).not.toContain('CANARY');
  });

  it('says when it ends, and does not bind afterwards (IM-BAN-1)', async () => {
    const b = newUser('bob');
    const socket = await stack.join(b, { protobuf: true });
    const until = Date.now() + 3_600_000;
    await ban(b, { until });
    expect(await socket.frame(isClosing)).toMatchObject({ code: 'banned', until });
    const message = `You are banned until ${new Date(until).toISOString()}.`;
    expect(await stack.http(b, '/session')).toMatchObject({
      status: 403,
      body: { code: 'forbidden', message, until },
    });
    await refused(b);
    // Shortened. The clocks of functions are up to 2 s apart.
    await ban(b, { until: Date.now() - 10_000 });
    await stack.join(b);
    expect(await stack.http(b, '/session')).toMatchObject({ status: 200 });
  });

  it('ends a poll that waits (IM-BAN-1, IM-POLL-1)', async () => {
    const b = newUser('bob');
    const stored = proxy.setBreakpoint({ route: 'POST /poll', operation: 'UpdateItem', when: 'after' });
    const waiting = post(b, '/poll', { deviceId: 'watch', waitMs: 20_000 });
    await stored.reached;
    stored.release();
    await ban(b);
    expect(await waiting).toMatchObject({ status: 401, body: { code: 'session_expired' } });
    expect(await post(b, '/poll', { deviceId: 'watch' })).toMatchObject({ status: 403 });
  });

  it('drops messages that services send in the name of the user, with a line in the log (IM-BAN-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    await ban(b);
    const event = (from: string, text: string) =>
      sendServiceEvent(stack, {
        type: 'message.send',
        from,
        to: a,
        clientMsgId: text,
        content: textContent(text),
      });
    await event(b, 'from-bob');
    await vi.waitFor(
      () => expect(logs.join('\n')).toMatch(/service event dropped.*"reason":"banned"/),
      PATIENCE_MS,
    );
    await event('system', 'from-system');
    await alice.message('from-system');
    expect(await historyOf(stack, a, b)).toEqual([]);
    expect(logs.join('\n')).not.toContain('service event failed');
  });
});

const STAGES: readonly BreakpointStage[] = ['before', 'after'];

describe('a ban that meets', () => {
  it.each(STAGES)(
    'a connect leaves no session that takes or sends anything: at each call of $connect, %s the call (IM-BAN-1)',
    async (when) => {
      let b = '';
      const run = async (): Promise<TestSocket | number> => {
        b = newUser('bob');
        return stack.open(b).catch((error: RefusedError) => error.status);
      };
      let rounds = 0;
      for await (const step of steps(proxy, { route: '$connect', when, run })) {
        rounds += 1;
        await ban(b);
        step.release();
        const socket = await step.finished;
        if (typeof socket === 'number') expect(socket).toBe(403);
        else {
          // It opened without a session: its first frame ends it.
          socket.send(JSON.stringify({ action: 'hello', id: 'h' }));
          await socket.closed;
          expect(socket.frames.some(({ type }) => type === 'welcome')).toBe(false);
        }
        await refused(b);
      }
      expect(rounds).toBeGreaterThanOrEqual(1);
    },
  );

  it('a connect of the same user that comes before its write: the connect is refused or closed (IM-BAN-1)', async () => {
    for (const when of STAGES) {
      const b = newUser('bob');
      const held = proxy.setBreakpoint({ function: 'ServeEvents', operation: 'UpdateItem', when });
      const banned = ban(b);
      await held.reached;
      const socket = await stack.open(b).catch((error: RefusedError) => error.status);
      expect(typeof socket).toBe(when === 'before' ? 'object' : 'number');
      held.release();
      await banned;
      if (typeof socket === 'object') {
        expect(await socket.frame(isClosing)).toMatchObject({ code: 'banned' });
        await socket.closed;
      }
      await refused(b);
    }
  });
});
