/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BreakpointStage, steps } from '../../local/aws-proxy/index.ts';
import { PATIENCE_MS } from '../setup/patience.ts';
import { groupsOf } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sending, sendServiceEvent, textContent } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/** A send is stopped at each of its AWS calls in turn, and the block comes there. */
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
  const [a, b] = [newUser('warm'), newUser('warm')];
  const socket = await stack.join(a);
  await socket.request(sending(b, 'warm'));
  await block(b, a);
});
afterAll(() => stack?.stop());

const { call, send } = groupsOf(() => stack);
const block = async (user: string, peer: string) =>
  expect((await send(user, 'PUT', `/blocks/${encodeURIComponent(peer)}`)).status).toBe(204);
const FORBIDDEN = { code: 'forbidden', message: 'You may not do this in this conversation.' };

/** Both have written. */
async function pair() {
  const [a, b] = [newUser('alice'), newUser('bob|0@x')];
  const [alice, bob] = [await stack.join(a), await stack.join(b)];
  // Over HTTP, so that a held route is that of the later send only.
  for (const [from, to] of [[b, a], [a, b]] as const) // biome-ignore format: a table
    await call(from, 'POST', '/messages', { clientMsgId: 'first', to, content: textContent('first') });
  return { a, b, alice, bob };
}

describe('a block', () => {
  it('drops a service event of the blocked user with a line in the log, and takes those of system (IM-BLOCK-4)', async () => {
    const { a, b, alice } = await pair();
    await block(a, b);
    const event = (from: string, text: string) =>
      sendServiceEvent(stack, { ...sending(a, text), action: undefined, type: 'message.send', from });
    await event(b, 'from-bob');
    await vi.waitFor(
      () => expect(logs.join('\n')).toMatch(/service event dropped.*"reason":"blocked"/),
      PATIENCE_MS,
    );
    await event('system', 'from-system');
    await alice.message('from-system');
    expect(logs.join('\n')).not.toContain('service event failed');
    expect(await historyOf(stack, a, b)).toHaveLength(2);
  });
});

const STAGES: readonly BreakpointStage[] = ['before', 'after'];

describe('a block that meets a send', () => {
  it.each(STAGES)(
    'either refuses it, or the message is stored and delivered: at each call of the send, %s the call (IM-BLOCK-1, IM-SEND-1)',
    async (when) => {
      let [a, b] = ['', ''];
      let alice: TestSocket | undefined;
      const run = async () => {
        const met = await pair();
        ({ a, b, alice } = met);
        return met.bob.request(sending(a, 'on-its-way'));
      };
      const outcomes = new Set<string>();
      for await (const step of steps(proxy, { route: 'sendMessage', when, run })) {
        await block(a, b);
        step.release();
        const answer = (await step.finished) as Json;
        outcomes.add(answer.type);
        const stored = (await historyOf(stack, a, b)).filter(({ seq }) => seq > 2);
        if (answer.type === 'sent') {
          expect(answer).toMatchObject({ seq: 3, duplicate: false });
          expect(stored).toHaveLength(1);
          await alice?.message('on-its-way');
        } else {
          expect(answer).toMatchObject(FORBIDDEN);
          expect(stored).toEqual([]);
        }
        const bob = await stack.join(b);
        expect(await bob.request(sending(a, 'on-its-way'))).toMatchObject(
          answer.type === 'sent' ? { type: 'sent', seq: 3, duplicate: true } : FORBIDDEN,
        );
      }
      // The first call runs beside the one that takes the seq.
      expect([...outcomes].sort()).toEqual(when === 'before' ? ['error', 'sent'] : ['sent']);
    },
  );
});
