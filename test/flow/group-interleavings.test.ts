/** @module-tag long */
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

/** A device as IM-CHANGE-3 describes it, which knows these conversations from before. */
async function newDevice(userId: string, before: readonly string[]) {
  const known = new Set(before);
  const serverTime = async (): Promise<number> => (await call(userId, 'GET', '/session')).body.serverTime;
  let since = await serverTime();
  return {
    knows: () => [...known].sort(),
    async catchUp(): Promise<void> {
      const now = await serverTime();
      const query = `/conversations?limit=1&changedSince=${since}`;
      for (let cursor: string | null = ''; cursor !== null; ) {
        const path: string = cursor === '' ? query : `${query}&cursor=${encodeURIComponent(cursor)}`;
        const { status, body } = await call(userId, 'GET', path);
        // On a busy machine a call is held for longer than its function may run.
        if (status !== 200) continue;
        for (const id of body.removed ?? []) known.delete(id);
        for (const { conversationId } of body.conversations) known.add(conversationId);
        cursor = body.cursor;
      }
      since = now;
    },
  };
}
type Device = Awaited<ReturnType<typeof newDevice>>;

describe('a device that catches up', () => {
  const membersOf = (id: string) => `/groups/${id}/members`;
  const add = async (by: string, id: string, userId: string) =>
    expect((await call(by, 'POST', membersOf(id), { members: [userId] })).status).toBe(200);
  const remove = async (by: string, id: string, userId: string) =>
    expect((await send(by, 'DELETE', `${membersOf(id)}/${userId}`)).status).toBe(204);

  it("lists exactly the user's conversations, though they leave and join at any call of the list (IM-CHANGE-3)", async () => {
    let rounds = 0;
    let change = async () => {};
    let device: Device | undefined;
    let truth: string[] = [];
    const run = async (n: number) => {
      const [a, b] = [newUser(`alice${n}`), newUser('bob')];
      const ids = await Promise.all([[b], [b], [b], [], []].map((members) => newGroup(a, members)));
      const [left = '', rejoined = '', stays = '', joined = '', passedBy = ''] = ids;
      device = await newDevice(b, [left, rejoined, stays]);
      change = async () => {
        await Promise.all([remove(a, left, b), remove(a, rejoined, b), add(a, passedBy, b)]);
        await Promise.all([add(a, rejoined, b), add(a, joined, b), remove(a, passedBy, b)]);
      };
      truth = [rejoined, stays, joined].sort();
      return device.catchUp();
    };
    for await (const step of steps(proxy, { route: 'GET /conversations', run })) {
      rounds += 1;
      await change();
      step.release();
      await step.finished;
      await device?.catchUp();
      expect(device?.knows()).toEqual(truth);
    }
    expect(rounds).toBeGreaterThanOrEqual(8);
  });

  it('lists a group exactly if its user may see it, at any call of the removal (IM-CHANGE-3)', async () => {
    const seen = new Set<number>();
    let look = async () => {};
    const run = async (n: number) => {
      const [a, b] = [newUser(`alice${n}`), newUser('bob')];
      const id = await newGroup(a, [b]);
      const device = await newDevice(b, [id]);
      look = async () => {
        await device.catchUp();
        const { status } = await call(b, 'GET', `/conversations/${id}/messages`);
        expect(device.knows()).toEqual(status === 200 ? [id] : []);
        seen.add(status);
      };
      await remove(a, id, b);
    };
    for await (const step of steps(proxy, { route: 'DELETE /groups/{id}/members/{userId}', run })) {
      await look();
      step.release();
      await step.finished;
      await look();
    }
    expect([...seen].sort()).toEqual([200, 404]);
  });
});
