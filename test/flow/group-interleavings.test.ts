import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BreakpointStage, steps } from '../../local/aws-proxy/index.ts';
import { groupsOf, isSystem, say } from './setup/groups.ts';
import { createTestProxy } from './setup/proxy.ts';
import { sending } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/** As interleavings.test.ts: the sender is held at each AWS call in turn, and the group changes there. */
const proxy = createTestProxy();
let stack: Stack;
const { call, send, newGroup } = groupsOf(() => stack);

beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
  });
  // A cold start would take longer than a hold may last.
  const [a, b] = [newUser('warm'), newUser('warm')];
  const id = await newGroup(a, [newUser('warm')]);
  await call(a, 'POST', `/groups/${id}/members`, { members: [b] });
  await say(await stack.join(a), id, 'warm');
  await send(a, 'DELETE', `/groups/${id}/members/${b}`);
});
afterAll(() => stack?.stop());

const STAGES: readonly BreakpointStage[] = ['before', 'after'];
/** Calls: session, membership, seq, message, members twice, routes, and a post. */
const CALLS = 8;

describe('a message to a group', () => {
  it.each(STAGES)(
    'reaches a member who joined at a lower seq, whenever the join commits: at each call of the sender, %s the call (IM-PUSH-2)',
    async (when) => {
      let rounds = 0;
      let becomeMember = async () => {};
      let dave: TestSocket | undefined;
      const run = async (n: number) => {
        const [a, b, d] = [newUser(`alice${n}`), newUser('bob'), newUser('dave')];
        const id = await newGroup(a, [b]);
        const [alice] = [await stack.join(a), await stack.join(b)];
        dave = await stack.join(d);
        // The join has its lower seq already, but no member row yet.
        const joining = proxy.setBreakpoint({
          route: 'POST /groups/{id}/members',
          operation: 'TransactWriteItems',
        });
        const joined = call(a, 'POST', `/groups/${id}/members`, { members: [d] });
        await joining.reached;
        becomeMember = async () => {
          joining.release();
          expect((await joined).status).toBe(200);
        };
        return say(alice, id, 'hi');
      };
      for await (const step of steps(proxy, { route: 'sendMessage', when, run })) {
        rounds += 1;
        await becomeMember();
        step.release();
        expect(await step.finished).toMatchObject({ type: 'sent', seq: 3 });
        expect(await dave?.message('hi')).toMatchObject({ seq: 3 });
      }
      expect(rounds).toBeGreaterThanOrEqual(CALLS);
    },
  );

  it('reaches a member whose join commits after the sender read the members and before it stored (IM-PUSH-2)', async () => {
    const [a, b, d] = [newUser('alice'), newUser('bob'), newUser('dave')];
    const id = await newGroup(a, [b]);
    const [alice, dave] = [await stack.join(a), await stack.join(d)];
    const joining = proxy.setBreakpoint({
      route: 'POST /groups/{id}/members',
      operation: 'TransactWriteItems',
    });
    const joined = call(a, 'POST', `/groups/${id}/members`, { members: [d] });
    await joining.reached;
    const storing = proxy.setBreakpoint({ route: 'sendMessage', operation: 'PutItem' });
    const looked = proxy.setBreakpoint({ route: 'sendMessage', operation: 'Query', when: 'after' });
    const sent = say(alice, id, 'hi');
    await Promise.all([storing.reached, looked.reached]);
    joining.release();
    expect((await joined).status).toBe(200);
    looked.release();
    storing.release();
    expect(await sent).toMatchObject({ type: 'sent', seq: 3 });
    expect(await dave.message('hi')).toMatchObject({ seq: 3 });
  });

  it.each(STAGES)(
    'reaches nobody who was removed at a lower seq: at each call of the sender, %s the call (IM-INV-5, IM-FAULT-14)',
    async (when) => {
      let rounds = 0;
      let passedOver = 0;
      let remove = async () => {};
      let farewell = async () => {};
      let bob: TestSocket | undefined;
      const run = async (n: number) => {
        const [a, b, c] = [newUser(`alice${n}`), newUser('bob'), newUser('carol')];
        const id = await newGroup(a, [b, c]);
        const [alice] = [await stack.join(a), await stack.join(c)];
        bob = await stack.join(b);
        remove = async () => expect((await send(a, 'DELETE', `/groups/${id}/members/${b}`)).status).toBe(204);
        farewell = async () => {
          const { action: _, ...body } = sending(b, 'farewell');
          await call(a, 'POST', '/messages', body);
        };
        return say(alice, id, 'hi');
      };
      for await (const step of steps(proxy, { route: 'sendMessage', when, run })) {
        rounds += 1;
        await remove();
        step.release();
        const { seq } = await step.finished;
        const removal = await bob?.frame(isSystem('removed'));
        // Earlier posts to the same socket have arrived by then.
        await farewell();
        await bob?.message('farewell');
        if (seq < removal.messages[0].seq) continue;
        passedOver += 1;
        expect(bob?.messages().map(({ content }) => content.text)).not.toContain('hi');
      }
      expect(rounds).toBeGreaterThanOrEqual(CALLS);
      // One of the calls allocates the seq: held before that, the message gets the higher seq.
      expect(passedOver).toBeGreaterThanOrEqual(when === 'before' ? 1 : 0);
    },
  );
});
