/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WATCHDOG_SECONDS } from '../../lambdas/domain/delivery/outbox.ts';
import { steps } from '../../local/aws-proxy/index.ts';
import { groupsOf, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/**
 * The function that changes a group dies after each of its AWS calls, and nobody repeats the request. The watchdog jobs
 * come 12 s later by the queue's clock, which the test moves.
 */
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
  readonly alice: TestSocket;
  readonly owner: string;
  /** Connected all along, by user. */
  readonly sockets: ReadonlyMap<string, TestSocket>;
  /** A member who is away. */
  readonly eve: string;
  readonly bob: string;
  readonly dave: string;
  /** Dave was a member at first. */
  readonly hasDave: boolean;
  readonly id: string;
}

/** Alice owns the group, Bob and Eve are members, and Dave is if he is to be removed. */
async function newMembers(hasDave = false): Promise<Omit<Group, 'id'>> {
  const [owner, bob, dave, eve] = [newUser('alice'), newUser('bob'), newUser('dave'), newUser('eve')];
  const [alice, ...others] = [await stack.join(owner), await stack.join(bob), await stack.join(dave)];
  const sockets = new Map([owner, bob, dave].map((user, n) => [user, [alice, ...others][n] as TestSocket]));
  return { alice, owner, sockets, eve, bob, dave, hasDave };
}

async function newGroupWith(hasDave: boolean): Promise<Group> {
  const members = await newMembers(hasDave);
  const { owner, bob, dave, eve } = members;
  return { ...members, id: await newGroup(owner, hasDave ? [bob, eve, dave] : [bob, eve]) };
}

interface Change {
  readonly route: string;
  readonly group: () => Promise<Group>;
  readonly request: (group: Group) => Promise<unknown>;
}

const CHANGES: Readonly<Record<string, Change>> = {
  'adds a member': {
    route: 'POST /groups/{id}/members',
    group: () => newGroupWith(false),
    request: ({ id, owner, dave }) => call(owner, 'POST', `/groups/${id}/members`, { members: [dave] }),
  },
  'removes a member': {
    route: 'DELETE /groups/{id}/members/{userId}',
    group: () => newGroupWith(true),
    request: ({ id, owner, dave }) => send(owner, 'DELETE', `/groups/${id}/members/${dave}`),
  },
  'renames the group': {
    route: 'PATCH /groups/{id}',
    group: () => newGroupWith(true),
    request: ({ id, owner }) => call(owner, 'PATCH', `/groups/${id}`, { name: 'Sailors' }),
  },
  'creates the group': {
    route: 'POST /groups',
    group: async () => ({ ...(await newMembers()), id: '' }),
    request: ({ owner, bob, eve }) => call(owner, 'POST', '/groups', { name: 'New', members: [bob, eve] }),
  },
};

const isMeanwhile = ({ content }: Json) => content.text === 'meanwhile';
const seqsOf = (messages: readonly Json[]) => messages.map(({ seq }) => seq);

/** Expects that members have all messages that they may see in history: they were connected all along. */
async function expectPushes({ id, owner, sockets, hasDave }: Group): Promise<void> {
  const { body } = await historyOf(owner, id);
  for (const [user, socket] of sockets) {
    const { status, body: seen } = await historyOf(user, id);
    // Nobody is out without a message about it.
    if (status !== 200 && hasDave) expect(JSON.stringify(body)).toContain('removed');
    const removal = body.messages.find(({ content }: Json) => content.event === 'removed');
    const expected = status === 200 ? seen.messages : removal?.content.users.includes(user) ? [removal] : [];
    // The sender of a message has its ack.
    const pushed = user === owner ? expected.filter((message: Json) => !isMeanwhile(message)) : expected;
    const has = socket.messages().filter(({ conversationId }) => conversationId === id);
    expect(seqsOf(has), `${user} in ${id}`).toEqual(expect.arrayContaining(seqsOf(pushed)));
  }
}

/** A member who was away finds all messages in the inbox, or gets them once connected. */
async function expectInbox({ id, owner, eve }: Group): Promise<void> {
  const { body } = await historyOf(owner, id);
  const socket = await stack.join(eve);
  const has = () =>
    seqsOf([...socket.frames.flatMap(({ inbox }) => inbox?.messages ?? []), ...socket.messages()]);
  await expect.poll(has).toEqual(expect.arrayContaining(seqsOf(body.messages)));
  await socket.close();
}

async function idOf({ id, bob }: Group): Promise<string | undefined> {
  if (id !== '') return id;
  return (await stack.http(bob, '/conversations')).body.conversations[0]?.conversationId;
}

describe('a function that dies', () => {
  it.each(Object.keys(CHANGES))(
    'after any AWS call while it %s leaves nobody without a message (IM-PUSH-2, IM-FAULT-3)',
    async (what) => {
      const change = CHANGES[what] as Change;
      const made: Group[] = [];
      let isWatched = false;
      const run = async () => {
        const group = await change.group();
        made.push(group);
        isWatched = true;
        await change.request(group);
      };
      const where = () => isWatched;
      for await (const step of steps(proxy, { route: change.route, when: 'after', where, run })) {
        isWatched = false;
        const group = made.at(-1) as Group;
        // It may look for members before the change is committed.
        if (group.id !== '') await say(group.alice, group.id, 'meanwhile');
        step.fail('kill-after');
        await step.finished;
      }
      expect(made.length).toBeGreaterThan(5);
      await proxy.untilIdle();
      stack.advanceQueues(WATCHDOG_SECONDS);
      for (const group of made) {
        const id = await idOf(group);
        if (id === undefined) continue;
        await expect.poll(() => expectPushes({ ...group, id }), { interval: 500 }).toBe(undefined);
        await expectInbox({ ...group, id });
      }
    },
    300_000,
  );
});
