/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WATCHDOG_SECONDS } from '../../lambdas/domain/delivery/outbox.ts';
import { steps } from '../../local/aws-proxy/index.ts';
import { asAdmin } from './setup/admin.ts';
import { groupsOf, isSystem } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const proxy = createTestProxy();
let stack: Stack;
const { call, send, newGroup, historyOf } = groupsOf(() => stack);
const REMOVAL = 'DELETE /admin/groups/{conversationId}/members/{userId}';
const operator = (routeKey: string, body?: object) => asAdmin(stack, routeKey, body);
const ofGroup = (id: string) => `/admin/groups/${encodeURIComponent(id)}`;
const removeAsOperator = (id: string, userId: string) => operator(`DELETE ${ofGroup(id)}/members/${userId}`);
const lookAt = async (id: string) => (await operator(`GET ${ofGroup(id)}`)).body;
const eventsOf = async (user: string, id: string) =>
  (await historyOf(user, id)).body.messages.map(({ content }: Json) => content.event);

beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
  // Two instances: one for the request that a test holds, one for those it makes meanwhile.
  const id = await newGroup(newUser('warm'), []);
  const held = proxy.setBreakpoint({ route: 'GET /admin/groups/{conversationId}', operation: 'GetItem' });
  const first = lookAt(id);
  await held.reached;
  await lookAt(id);
  held.release();
  await first;
});
afterAll(() => stack?.stop());

describe('the operator', () => {
  it('makes, changes, and shows a group, tells its members, and is not in it (IM-ADMIN-3)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const bob = await stack.join(b);
    const made = await operator('POST /admin/groups', { name: 'Crew', members: [a, b], openHistory: true });
    expect(made).toMatchObject({ status: 201, body: { name: 'Crew', admins: [a], memberCount: 2 } });
    const { conversationId: id } = made.body;
    expect((await bob.frame(isSystem('created'))).messages[0]).toMatchObject({ from: 'system' });
    const change = { name: 'Ship', admins: [b], posting: 'admins', slowModeSeconds: 5 };
    expect(await operator(`PATCH ${ofGroup(id)}`, change)).toMatchObject({ status: 200, body: change });
    await bob.frame(isSystem('slowMode'));
    expect(await operator(`POST ${ofGroup(id)}/members`, { members: [c] })).toMatchObject({
      status: 200,
      body: { memberCount: 3 },
    });
    await bob.frame(isSystem('joined'));
    expect(await lookAt(id)).toEqual({
      conversationId: id,
      ...change,
      memberCount: 3,
      pins: 'admins',
      openHistory: true,
      members: [a, b, c].map((userId) => ({ userId, joinedSeq: userId === c ? expect.any(Number) : 1 })),
      cursor: null,
    });
    expect(await removeAsOperator(id, b)).toMatchObject({ status: 204 });
    await bob.frame(isSystem('removed'));
    expect(await call(b, 'GET', `/groups/${id}`)).toMatchObject({ status: 404 });
    expect((await call(a, 'GET', `/groups/${id}`)).body).toMatchObject({ admins: [a], memberCount: 2 });
    expect(await eventsOf(a, id)).toEqual([
      ...['created', 'renamed', 'admins', 'posting', 'slowMode', 'joined', 'admins', 'removed'],
    ]);
    expect(await removeAsOperator(id, b)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('pages the members of a large group (IM-ADMIN-3)', async () => {
    const members = Array.from({ length: 101 }, (_, n) => newUser(`m${String(n).padStart(3, '0')}`)).sort();
    const made = await operator('POST /admin/groups', { name: 'All', members: members.slice(0, 100) });
    const { conversationId: id } = made.body;
    await operator(`POST ${ofGroup(id)}/members`, { members: members.slice(100) });
    const first = await lookAt(id);
    const next = await operator(`GET ${ofGroup(id)}?cursor=${encodeURIComponent(first.cursor)}`);
    const listed = [...first.members, ...next.body.members].map(({ userId }: Json) => userId);
    expect(listed).toEqual(members);
    expect(next.body.cursor).toBeNull();
  });

  it.each<readonly [string, object | undefined, number]>([
    ['POST /admin/groups', { name: 'x', members: [] }, 400],
    ['POST /admin/groups', { name: 'x', members: ['bob'], admins: ['eve'] }, 400],
    ['POST /admin/groups', { name: '', members: ['bob'] }, 400],
    ['PATCH /admin/groups/g:01ARZ3NDEKTSV4RRFFQ69G5FAV', {}, 400],
    ['PATCH /admin/groups/g:01ARZ3NDEKTSV4RRFFQ69G5FAV', { name: 'x' }, 404],
    ['GET /admin/groups/nonsense', undefined, 400],
    ['GET /admin/groups/dm:alice:bob', undefined, 404],
    ['POST /admin/groups/g:01ARZ3NDEKTSV4RRFFQ69G5FAV/members', { members: ['bob'] }, 404],
    ['DELETE /admin/groups/g:01ARZ3NDEKTSV4RRFFQ69G5FAV/members/bob', undefined, 404],
  ])('gets a clear error for %s with %j (IM-ADMIN-3)', async (routeKey, body, status) => {
    expect(await operator(routeKey, body)).toMatchObject({ status });
  });
});

/** A group of Alice, its admin, and Bob and Carol, who are connected. */
async function newCrew(n: number) {
  const [a, b, c] = [newUser(`alice${n}`), newUser('bob'), newUser('carol')];
  const id = await newGroup(a, [b, c]);
  return { a, b, c, id };
}

/** A group with members has an admin, and all admins are members. */
async function expectAdmins(id: string): Promise<Json> {
  const shown = await lookAt(id);
  const members = shown.members.map(({ userId }: Json) => userId);
  expect(shown.memberCount).toBe(members.length);
  expect(members).toEqual(expect.arrayContaining(shown.admins));
  if (members.length > 0) expect(shown.admins.length).toBeGreaterThan(0);
  return shown;
}

type Crew = Awaited<ReturnType<typeof newCrew>>;
const CHANGES: Readonly<Record<string, (crew: Crew) => Promise<{ readonly status: number }>>> = {
  'the member who would become admin leaves': ({ b, id }) => send(b, 'DELETE', `/groups/${id}/members/${b}`),
  'the admin names another one': ({ a, c, id }) => call(a, 'PATCH', `/groups/${id}`, { admins: [a, c] }),
  'the admin removes the member who would become admin': ({ a, b, id }) =>
    send(a, 'DELETE', `/groups/${id}/members/${b}`),
  'another operator removes the same admin': ({ a, id }) => removeAsOperator(id, a),
};

describe('a removal of the last admin by the operator', () => {
  it.each(Object.keys(CHANGES))(
    'held before each of its calls while %s, leaves a group with an admin (IM-ADMIN-3)',
    async (what) => {
      let crew = await newCrew(0);
      let rounds = 0;
      let isWatched = false;
      const run = async (n: number) => {
        isWatched = false;
        crew = await newCrew(n);
        isWatched = true;
        return removeAsOperator(crew.id, crew.a);
      };
      const where = () => isWatched;
      for await (const step of steps(proxy, { route: REMOVAL, where, run })) {
        isWatched = false;
        rounds += 1;
        const meanwhile = await CHANGES[what]?.(crew);
        // The admin may be out already, the other one be the last admin, and the other operator be first.
        expect([200, 204, 404, 409]).toContain(meanwhile?.status);
        step.release();
        expect([204, 404]).toContain((await step.finished).status);
        const { members } = await expectAdmins(crew.id);
        expect(members.map(({ userId }: Json) => userId)).not.toContain(crew.a);
      }
      expect(rounds).toBeGreaterThanOrEqual(8);
    },
  );

  it('beside one of the other admin, by two operators at once, makes another member admin (IM-ADMIN-3)', async () => {
    const { a, b, c, id } = await newCrew(0);
    await call(a, 'PATCH', `/groups/${id}`, { admins: [a, b] });
    const marking = proxy.setBreakpoint({ route: REMOVAL, operation: 'TransactWriteItems' });
    const first = removeAsOperator(id, a);
    await marking.reached;
    expect(await removeAsOperator(id, b)).toMatchObject({ status: 204 });
    marking.release();
    expect(await first).toMatchObject({ status: 204 });
    expect(await expectAdmins(id)).toMatchObject({ admins: [c], memberCount: 1 });
  });

  it('leaves nobody without a message, and nobody half a member, if its function dies after any call (IM-ADMIN-3, IM-FAULT-3)', async () => {
    const made: (Crew & { readonly sockets: readonly TestSocket[] })[] = [];
    let isWatched = false;
    const run = async (n: number) => {
      isWatched = false;
      const crew = await newCrew(n);
      made.push({ ...crew, sockets: [await stack.join(crew.b), await stack.join(crew.c)] });
      isWatched = true;
      await removeAsOperator(crew.id, crew.a);
    };
    for await (const step of steps(proxy, { route: REMOVAL, when: 'after', where: () => isWatched, run })) {
      step.fail('kill-after');
      await step.finished;
    }
    expect(made.length).toBeGreaterThan(8);
    await proxy.untilIdle();
    stack.advanceQueues(WATCHDOG_SECONDS);
    let removed = 0;
    for (const { a, b, id, sockets } of made) {
      const hasA = ({ members }: Json) => members.some(({ userId }: Json) => userId === a);
      await expect
        .poll(async () => {
          const events = await eventsOf(b, id);
          const shown = await expectAdmins(id);
          // In the middle of it the role has gone on, and the removal has no message.
          return hasA(shown) ? events.length === 1 : events.at(-1) === 'removed';
        })
        .toBe(true);
      const { body } = await historyOf(b, id);
      for (const socket of sockets) {
        const seqs = () =>
          socket.messages().flatMap((message) => (message.conversationId === id ? [message.seq] : []));
        await expect
          .poll(seqs)
          .toEqual(expect.arrayContaining(body.messages.slice(1).map(({ seq }: Json) => seq)));
      }
      if (!hasA(await lookAt(id))) removed += 1;
      // Again: it is complete, whatever died.
      else expect(await removeAsOperator(id, a)).toMatchObject({ status: 204 });
      expect(await expectAdmins(id)).toMatchObject({ admins: [b], memberCount: 2 });
    }
    expect(removed).toBeGreaterThan(3);
  });
});
