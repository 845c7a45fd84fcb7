/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { steps } from '../../local/aws-proxy/index.ts';
import { groupsOf } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/** An admin's request is held at each AWS call in turn, and there the admin loses the role. */
const proxy = createTestProxy();
let stack: Stack;
const { call, send, newGroup, historyOf, warmUp } = groupsOf(() => stack);

beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
  });
  await warmUp(proxy);
});
afterAll(() => stack?.stop());

interface Group {
  readonly id: string;
  readonly owner: string;
  /** The admin who makes the change, and loses the role meanwhile. */
  readonly admin: string;
  readonly carol: string;
  readonly dave: string;
}

async function groupWithTwoAdmins(): Promise<Group> {
  const [owner, admin, carol, dave] = [newUser('alice'), newUser('bob'), newUser('carol'), newUser('dave')];
  const id = await newGroup(owner, [admin, carol]);
  expect((await call(owner, 'PATCH', `/groups/${id}`, { admins: [owner, admin] })).status).toBe(200);
  return { id, owner, admin, carol, dave };
}

const CHANGES: Readonly<Record<string, readonly [string, (group: Group) => Promise<number>]>> = {
  'renames the group': [
    'PATCH /groups/{id}',
    async ({ id, admin }) => (await call(admin, 'PATCH', `/groups/${id}`, { name: 'Sailors' })).status,
  ],
  'names the admins': [
    'PATCH /groups/{id}',
    async ({ id, owner, admin }) =>
      (await call(admin, 'PATCH', `/groups/${id}`, { admins: [owner, admin] })).status,
  ],
  'adds a member': [
    'POST /groups/{id}/members',
    async ({ id, admin, dave }) =>
      (await call(admin, 'POST', `/groups/${id}/members`, { members: [dave] })).status,
  ],
  'removes a member': [
    'DELETE /groups/{id}/members/{userId}',
    async ({ id, admin, carol }) => (await send(admin, 'DELETE', `/groups/${id}/members/${carol}`)).status,
  ],
};

const LOSSES: Readonly<Record<string, readonly [readonly number[], (group: Group) => Promise<number>]>> = {
  'is demoted': [
    [403],
    async ({ id, owner }) => (await call(owner, 'PATCH', `/groups/${id}`, { admins: [owner] })).status,
  ],
  'is removed': [
    // Head and membership are read at the same time.
    [403, 404],
    async ({ id, owner, admin }) => (await send(owner, 'DELETE', `/groups/${id}/members/${admin}`)).status,
  ],
};

describe('an admin', () => {
  const cases = Object.keys(LOSSES).flatMap((loss) => Object.keys(CHANGES).map((change) => [loss, change]));

  it.each(cases as [string, string][])(
    'who %s while their request %s changes the group before that or not at all (IM-GROUP)',
    async (loss, change) => {
      const [refusals, lose] = LOSSES[loss] ?? [[], async () => 0];
      const [route, request] = CHANGES[change] ?? ['', async () => 0];
      let group: Group | undefined;
      const refused: string[] = [];
      const run = async () => {
        const made = await groupWithTwoAdmins();
        group = made;
        return { made, status: await request(made) };
      };
      // Neither the calls that prepare the group nor those of the owner count.
      const where = () => group !== undefined;
      for await (const step of steps(proxy, { route, where, run })) {
        const { operation } = step.call;
        const { id, owner, admin, carol, dave } = group as unknown as Group;
        group = undefined;
        expect(await lose({ id, owner, admin, carol, dave })).toBeLessThan(300);
        step.release();
        const { status } = await step.finished;
        const { name, admins } = (await call(owner, 'GET', `/groups/${id}`)).body;
        const { messages } = (await historyOf(owner, id)).body;
        const isMember = async (user: string) => (await call(user, 'GET', `/groups/${id}`)).status === 200;
        expect(admins).toEqual([owner]);
        const by = messages.filter(({ from }: Json) => from === admin);
        expect([200, 204, ...refusals]).toContain(status);
        const isDone = !refusals.includes(status);
        expect(by).toHaveLength(isDone ? 1 : 0);
        expect(name).toBe(isDone && change === 'renames the group' ? 'Sailors' : 'Rowers');
        expect(await isMember(dave)).toBe(isDone && change === 'adds a member');
        expect(await isMember(carol)).toBe(!(isDone && change === 'removes a member'));
        if (!isDone) refused.push(operation);
      }
      expect(refused).toContain('TransactWriteItems');
    },
  );
});
