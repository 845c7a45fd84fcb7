/** @module-tag long */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FunctionModel } from '../../local/model.ts';
import { assigned, deskOf, newQueue, openChat, updated } from './setup/desk.ts';
import { everythingIn } from './setup/everything.ts';
import { files, filesOn, sendingFiles } from './setup/files.ts';
import { groupsOf, isSystem, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { earlierSdk, type Release, type Releases, startReleases } from './setup/releases.ts';
import { retryPolicy } from './setup/sdk-device.ts';
import { drain, historyOf, sending, sendServiceEvent, textContent } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { countInbox, newUser, type Stack } from './setup/stack.ts';
import { startErasure, untilTask } from './setup/tasks.ts';

/** The code of an earlier release (test/fixtures/earlier-release.br) and of this one, over one set of tables and queues. */
const proxy = createTestProxy();
let releases: Releases;
let stack: Stack;
const { call, newGroup } = groupsOf(() => stack);

beforeAll(async () => {
  releases = await startReleases(proxy);
  stack = releases.stack;
});
afterAll(() => stack?.stop());
beforeEach(() => proxy.clearFaults());

/** Of all queues. */
const LONGEST_VISIBILITY_SECONDS = 720;

const directId = (a: string, b: string) => `dm:${[a, b].sort().join(':')}`;
const textsOf = (messages: readonly Json[]) => messages.map(({ content }) => content.text);

/** Requests of which none may fail. */
async function ask(socket: TestSocket, request: Json): Promise<Json> {
  const answer = await socket.request(request);
  expect(answer.type === 'error' ? answer : undefined).toBeUndefined();
  return answer;
}

/** Holds a worker of this function at its call, made by `act`. @returns a function that kills it, after which the record comes back */
async function holdWorker(
  match: {
    readonly function: string;
    readonly table?: string;
    readonly operation?: string;
    readonly queue?: string;
  },
  act: () => Promise<unknown>,
): Promise<() => Promise<void>> {
  const held = proxy.setBreakpoint(match);
  await act();
  await held.reached;
  return async () => {
    const died = proxy.nextEnd({ function: match.function });
    held.fail('kill');
    await died;
    stack.advanceQueues(LONGEST_VISIBILITY_SECONDS);
  };
}

describe('the templates of two releases', () => {
  it('have the same tables, queues, topics, buckets, and addresses, but for what is new', () => {
    const { earlier } = releases;
    const now = stack.stack;
    expect(now.tables).toEqual(expect.arrayContaining([...earlier.tables]));
    expect(now.topics).toEqual(expect.arrayContaining([...earlier.topics]));
    const names = (all: readonly { readonly queueName?: string; readonly bucketName?: string }[]) =>
      all.map(({ queueName, bucketName }) => queueName ?? bucketName);
    expect(names(now.queues)).toEqual(expect.arrayContaining(names(earlier.queues)));
    expect(names(now.buckets)).toEqual(expect.arrayContaining(names(earlier.buckets)));
    for (const api of [...earlier.webSocketApis, ...earlier.httpApis])
      expect([...now.webSocketApis, ...now.httpApis]).toContainEqual(
        expect.objectContaining({ apiId: api.apiId, stage: api.stage }),
      );
  });

  it('have the same routes, each with the same function, but for what is new', () => {
    const { earlier } = releases;
    const routesOf = ({ webSocketApis, httpApis }: typeof earlier) => [
      ...webSocketApis.flatMap(({ routes }) =>
        routes.map(({ routeKey, functionId }) => `${routeKey} ${functionId}`),
      ),
      ...httpApis.flatMap(({ routes }) =>
        routes.map(({ method, path, functionId }) => `${method} ${path} ${functionId}`),
      ),
    ];
    const now = new Set(routesOf(stack.stack));
    expect(routesOf(earlier).filter((route) => !now.has(route))).toEqual([]);
  });

  it('leave a function of the earlier one its variables and its permissions, while its code is still there', () => {
    const gone = releases.earlier.functions.flatMap((before) => {
      const now = stack.stack.functions.find(({ logicalId }) => logicalId === before.logicalId);
      return now === undefined
        ? [before.logicalId]
        : missingIn(before, now).map((what) => `${before.logicalId} ${what}`);
    });
    expect(gone).toEqual([]);
  });
});

/** What a function of the former release needs and has no more. */
function missingIn(before: FunctionModel, now: FunctionModel): string[] {
  const grantsOf = ({ permissions = [] }: FunctionModel) =>
    permissions.flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`)),
    );
  const grants = new Set(grantsOf(now));
  return [
    ...Object.keys(before.environment).filter((name) => !(name in now.environment)),
    ...grantsOf(before).filter((grant) => !grants.has(grant)),
  ];
}

const WAYS: readonly (readonly [way: string, from: Release, to: Release])[] = [
  ['a deployment', 'earlier', 'this'],
  ['the way back', 'this', 'earlier'],
];

describe.each(WAYS)('%s', (_, from, to) => {
  beforeEach(() => releases.deploy(from));

  it('leaves sockets open, which go on and end as ever (IM-INV-1, IM-INV-2, IM-CONN-5)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const first = await ask(alice, sending(b, 'before'));
    await bob.message('before');
    releases.deploy(to);
    expect(await ask(alice, sending(b, 'before'))).toMatchObject({
      seq: first.seq,
      messageId: first.messageId,
      duplicate: true,
    });
    expect(await alice.request({ ...sending(b, 'other'), clientMsgId: 'before' })).toMatchObject({
      code: 'idempotency_conflict',
    });
    await ask(bob, { action: 'heartbeat' });
    await ask(bob, sending(a, 'after'));
    await alice.message('after');
    const to1 = { conversationId: directId(a, b), seq: 1 };
    await ask(bob, { action: 'read', ...to1 });
    await alice.frame(({ type }) => type === 'read');
    await ask(alice, { action: 'edit', ...to1, editId: 'e1', content: textContent('edited') });
    await bob.frame(({ change }) => change?.kind === 'edited');
    await ask(bob, { action: 'react', ...to1, name: '👍', on: true });
    await ask(bob, { action: 'pin', ...to1, on: true });
    await alice.frame(({ change }) => change?.kind === 'pinned');
    await bob.close();
    await ask(alice, sending(b, 'when-gone'));
    await stack.inboxHolds(b, 1);
    releases.deploy(from);
    expect(textsOf(await historyOf(stack, b, a))).toEqual(['edited', 'after', 'when-gone']);
    expect(textsOf(await drain(await stack.open(b)))).toEqual(['when-gone']);
  });

  it('lets a device that connects again take the place of its session (IM-CONN-4)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, old] = [await stack.join(a), await stack.join(b, { deviceId: 'phone' })];
    releases.deploy(to);
    const bob = await stack.join(b, { deviceId: 'phone' });
    await old.closed;
    await ask(alice, sending(b, 'hello'));
    await bob.message('hello');
  });

  it('leaves queued messages, which the other release stores once (IM-PUSH-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    const die = await holdWorker({ function: 'StoreOffline', table: 'Inbox' }, () =>
      alice.request(sending(b, 'waits')),
    );
    releases.deploy(to);
    await die();
    await stack.inboxHolds(b, 1);
    releases.deploy(from);
    expect(textsOf(await drain(await stack.open(b)))).toEqual(['waits']);
    expect(await countInbox(stack, b)).toBe(0);
  });

  it('leaves a half-delivered message of a large group, which the other release delivers to the rest', async () => {
    const a = newUser('alice');
    const members = Array.from({ length: 40 }, (_, n) => `${a}-m${n}`);
    const [b = '', c = '', absent = ''] = members;
    const id = await newGroup(a, members);
    const [alice, bob, carol] = [await stack.join(a), await stack.join(b), await stack.join(c)];
    const die = await holdWorker({ function: 'FanOut', queue: 'Offline' }, () => say(alice, id, 'to all'));
    await Promise.all([bob.message('to all'), carol.message('to all')]);
    releases.deploy(to);
    await die();
    await say(alice, id, 'and another');
    // That the group is there, and that they are in it, are messages, too.
    await stack.inboxHolds(absent, 4);
    const texts = textsOf(await drain(await stack.open(absent))).filter((text) => text !== undefined);
    expect(texts.sort()).toEqual(['and another', 'to all']);
  }, 240_000);

  it('leaves a change of a group to the watchdog of the other release (IM-GROUP)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, []);
    const bob = await stack.join(b);
    const breakpoint = proxy.setBreakpoint({
      route: 'POST /groups/{id}/members',
      operation: 'TransactWriteItems',
      when: 'after',
    });
    const asked = call(a, 'POST', `/groups/${id}/members`, { members: [b] });
    await breakpoint.reached;
    breakpoint.fail('kill-after');
    expect((await asked).status).toBe(500);
    releases.deploy(to);
    stack.advanceQueues(15);
    await bob.frame(isSystem('joined'));
    const { body } = await call(a, 'GET', `/groups/${id}`);
    expect(body.memberCount).toBe(2);
  });

  it('leaves a waiting customer, whom the other release gives to an agent, and who gets answers (IM-DESK-1)', async () => {
    const [desk, queue] = [deskOf(() => stack), newQueue()];
    const customer = await desk.customer();
    const chat = await openChat(customer, queue);
    releases.deploy(to);
    const agent = await desk.readyAgent(queue);
    expect((await assigned(customer, chat.conversationId)).agent.userId).toBe(agent.user);
    await say(agent.socket, chat.conversationId, 'can I help?');
    await customer.socket.message('can I help?');
    releases.deploy(from);
    await ask(customer.socket, { action: 'desk.close', conversationId: chat.conversationId });
    await updated(agent, chat.conversationId, ({ state }) => state === 'closed');
  });

  it('leaves an erasure at any step, which the other release ends (IM-ERASE-2, IM-ERASE-4)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    const secret = `secret of ${a}`;
    await ask(alice, sending(b, secret, 'secret'));
    const id = await newGroup(a, [b]);
    await say(alice, id, secret);
    await alice.close();
    let done: Promise<Json> | undefined;
    const die = await holdWorker(
      { function: 'RunTasks', table: 'Messages', operation: 'UpdateItem' },
      async () => {
        done = untilTask(stack, await startErasure(stack, a));
      },
    );
    releases.deploy(to);
    await die();
    await done;
    const rows = (await everythingIn(stack)).filter(({ text }) => text.includes(secret));
    expect(rows.filter(({ place }) => !place.includes('Archive'))).toEqual([]);
  }, 240_000);

  it('does the jobs of services that were queued before', async () => {
    const b = newUser('bob');
    const bob = await stack.join(b);
    const event = {
      type: 'message.send',
      from: 'shop',
      to: b,
      clientMsgId: 'order',
      content: textContent('shipped'),
    };
    const die = await holdWorker({ function: 'ServeEvents', table: 'Conversations' }, () =>
      sendServiceEvent(stack, event),
    );
    releases.deploy(to);
    await die();
    await bob.message('shipped');
  });
});

describe('what only this release knows', () => {
  const { upload } = filesOn(() => stack);

  it('is kept while the earlier one runs, which shows what it can (IM-FILE-2)', async () => {
    releases.deploy('this');
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const picture = await upload(a, { to: b });
    expect(await alice.request(sendingFiles(b, 'c1', picture))).toMatchObject({ type: 'sent' });
    releases.deploy('earlier');
    expect(await historyOf(stack, b, a)).toMatchObject([{ content: { type: 'file' } }]);
    expect((await stack.http(b, '/conversations')).body.conversations).toMatchObject([
      { head: 1, unread: 1 },
    ]);
    expect(await alice.request({ ...sending(b, 'no'), content: files(picture) })).toMatchObject({
      code: 'invalid_request',
    });
    await ask(bob, { action: 'react', conversationId: directId(a, b), seq: 1, name: '👍', on: true });
    releases.deploy('this');
    expect(await historyOf(stack, b, a)).toMatchObject([
      { content: { type: 'file', attachments: [{ attachmentId: picture }] } },
    ]);
    await ask(alice, { action: 'recall', conversationId: directId(a, b), seq: 1 });
    expect(await historyOf(stack, b, a)).toMatchObject([{ content: { type: 'recalled' } }]);
  });
});

describe('the SDK of the earlier release', () => {
  it('goes on with this server, and through both ways: each message once, in order, new kinds too', async () => {
    releases.deploy('earlier');
    const { createClient } = await earlierSdk();
    const [a, b] = [newUser('alice'), newUser('bob')];
    const { wsUrl, httpUrl } = stack;
    const bob = createClient({
      wsUrl,
      httpUrl,
      getToken: () => stack.token(b),
      deviceId: 'phone',
      retryPolicy,
    });
    const heard: Json[] = [];
    bob.on('message', (message) => void heard.push(message));
    await bob.connect();
    const alice = await stack.join(a);
    await ask(alice, sending(b, 'one'));
    releases.deploy('this');
    await ask(alice, sending(b, 'two'));
    const { upload } = filesOn(() => stack);
    await alice.request(sendingFiles(b, 'c3', await upload(a, { to: b })));
    await bob.conversation(directId(a, b)).send(textContent('seen') as never).acked;
    releases.deploy('earlier');
    await ask(alice, sending(b, 'four'));
    await expect
      .poll(() => heard.filter(({ from }) => from === a).map(({ seq }) => seq))
      .toEqual([1, 2, 3, 5]);
    expect((await bob.conversation(directId(a, b)).history({ limit: 10 })).messages).toHaveLength(5);
    bob.close();
  });
});
