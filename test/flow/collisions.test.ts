/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deskEnvironment, deskOf, newQueue, openChat } from './setup/desk.ts';
import { groupsOf, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { sending } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/** DynamoDB refuses a write that meets a transaction on the same item. The refused one is tried again. */
const proxy = createTestProxy({
  latency: [
    { operation: 'TransactWriteItems', ms: 30 },
    { operation: 'UpdateItem', table: 'Conversations', ms: 5 },
  ],
});
let stack: Stack;
const { call, send, newGroup, historyOf, warmUp } = groupsOf(() => stack);
const desk = deskOf(() => stack);

beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    environment: deskEnvironment(),
    onWarning: () => undefined,
  });
  // A cold start would take longer than a hold may last. Two instances of each function: one of them is held.
  await warmUp(proxy);
  await Promise.all([stack.join(newUser('warm')), stack.join(newUser('warm'))]);
});
afterAll(() => stack?.stop());

const ADD = 'POST /groups/{id}/members';
const add = (by: string, id: string, member: string) =>
  call(by, 'POST', `/groups/${id}/members`, { members: [member] });

/** Starts a transaction and stops it while it has its items. */
async function hold(route: string, start: () => Promise<unknown>) {
  const during = proxy.setBreakpoint({ route, operation: 'TransactWriteItems', when: 'during' });
  const finished = start();
  await during.reached;
  return { release: () => during.release(), finished };
}

/** Fails if the request has its answer already: it met no transaction, and would be waited for in vain. */
async function failUnlessMet(answer: Promise<unknown>): Promise<never> {
  throw new Error(`It met no transaction: ${JSON.stringify(await answer)}`);
}

/** Lets the transaction end when the other request, which met it, is about to try again. */
async function meet<Answer>(
  held: Awaited<ReturnType<typeof hold>>,
  { route, operation }: { readonly route: string; readonly operation: string },
  start: () => Promise<Answer>,
): Promise<Answer> {
  proxy.reset();
  const second = proxy.setBreakpoint({ route, operation, table: 'Conversations', nth: 2 });
  const answer = start();
  await Promise.race([second.reached, failUnlessMet(answer)]);
  expect(proxy.calls.map(({ error }) => error)).toContain(
    operation === 'TransactWriteItems' ? 'TransactionCanceledException' : 'TransactionConflictException',
  );
  held.release();
  await held.finished;
  second.release();
  return answer;
}

describe('a request that meets a transaction in flight', () => {
  it('is a message to a group that gets a member: it is sent (IM-SEND-1)', async () => {
    const [a, b, d] = [newUser('alice'), newUser('bob'), newUser('dave')];
    const id = await newGroup(a, [b]);
    const bob = await stack.join(b);
    const held = await hold(ADD, () => add(a, id, d));
    const sent = await meet(held, { route: 'sendMessage', operation: 'UpdateItem' }, () =>
      say(bob, id, 'hi'),
    );
    expect(sent).toMatchObject({ type: 'sent', seq: 3 });
  });

  it('is a first message to somebody who sends their first, too: both are sent (IM-SEND-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const held = await hold('sendMessage', () => alice.request(sending(b, 'hi')));
    const operation = 'UpdateItem';
    expect(
      await meet(held, { route: 'sendMessage', operation }, () => bob.request(sending(a, 'ho'))),
    ).toMatchObject({ type: 'sent' });
    expect(await held.finished).toMatchObject({ type: 'sent' });
  });

  it('is the read cursor of a member who is being removed: it moves (IM-INV-6)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b]);
    const bob = await stack.join(b);
    const held = await hold('DELETE /groups/{id}/members/{userId}', () =>
      send(a, 'DELETE', `/groups/${id}/members/${b}`),
    );
    const read = () => bob.request({ action: 'read', conversationId: id, seq: 1 });
    expect(await meet(held, { route: 'read', operation: 'UpdateItem' }, read)).toMatchObject({ type: 'ok' });
  });

  it('is another addition to the group: both take effect (IM-GROUP)', async () => {
    const [a, b, c, d] = [newUser('alice'), newUser('bob'), newUser('carol'), newUser('dave')];
    const id = await newGroup(a, [b]);
    // It has its seq already, so that the two transactions meet, not the second's seq and the first's transaction.
    const late = proxy.setBreakpoint({ route: ADD, operation: 'TransactWriteItems' });
    const second = add(a, id, d);
    await late.reached;
    const held = await hold(ADD, () => add(a, id, c));
    const added = await meet(held, { route: ADD, operation: 'TransactWriteItems' }, async () => {
      late.release();
      return second;
    });
    expect(added.status).toBe(200);
    expect((await call(a, 'GET', `/groups/${id}`)).body).toMatchObject({ memberCount: 4 });
  });

  it('is a change of settings by a member who is being removed: it is refused (IM-SETTINGS-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b]);
    const held = await hold('DELETE /groups/{id}/members/{userId}', () =>
      send(a, 'DELETE', `/groups/${id}/members/${b}`),
    );
    const met = { route: 'PATCH /conversations/{conversationId}', operation: 'UpdateItem' };
    const changed = await meet(held, met, () => call(b, 'PATCH', `/conversations/${id}`, { pinned: true }));
    expect([changed.status, changed.body.code]).toEqual([404, 'not_found']);
  });

  it('is a contact that another device adds: both are there, and counted (IM-CONTACT-1)', async () => {
    const a = newUser('alice');
    const route = 'PUT /contacts/{userId}';
    const held = await hold(route, () => call(a, 'PUT', '/contacts/bob', {}));
    const added = await meet(held, { route, operation: 'TransactWriteItems' }, () =>
      call(a, 'PUT', '/contacts/carol', {}),
    );
    expect(added.status).toBe(200);
    expect((await stack.http(a, '/contacts')).body.contacts).toHaveLength(2);
  });

  it("is a customer's message to a chat that is being closed: it is refused (IM-DESK-3)", async () => {
    const [queue, eve] = [newQueue(), await desk.customer()];
    const { conversationId } = await openChat(eve, queue);
    const phone = await stack.join(eve.user, { deviceId: 'phone' });
    const held = await hold('desk.close', () => eve.socket.request({ action: 'desk.close', conversationId }));
    const operation = 'UpdateItem';
    expect(
      await meet(held, { route: 'sendMessage', operation }, () => say(phone, conversationId, 'wait')),
    ).toMatchObject({ type: 'error', code: 'forbidden' });
  });
});

describe('a storm of changes and messages in one group', () => {
  const isOpen = ({ status, type, retryable }: Json) => status === 503 || (type === 'error' && retryable);
  /** Repeats a request as a client does, as long as it is told to. */
  async function untilKnown(request: () => Promise<Json>): Promise<Json> {
    for (let tries = 1; ; tries += 1) {
      const answer = await request();
      if (!isOpen(answer) || tries === 10) return answer;
    }
  }

  it('ends with all of them done, each answered with its result or as unavailable (IM-SEND-1, IM-GROUP)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const id = await newGroup(a, [b]);
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const guests = Array.from({ length: 4 }, (_, n) => newUser(`guest${n}-`));
    const [early = '', ...others] = guests;
    proxy.reset();
    const held = await hold(ADD, () => untilKnown(() => add(a, id, early)));
    const requests = Promise.all([
      ...others.map((guest) => untilKnown(() => add(a, id, guest))),
      ...guests.flatMap((_, n) =>
        [alice, bob].map((socket, at) => untilKnown(() => say(socket, id, `m${at}-${n}`))),
      ),
    ]);
    await expect.poll(() => proxy.calls.map(({ error }) => error)).toContain('TransactionConflictException');
    held.release();
    for (const answer of [await held.finished, ...(await requests)])
      expect(answer).toSatisfy(({ status, type }: Json) => status === 200 || type === 'sent');
    const { body } = await call(a, 'GET', `/groups/${id}`);
    expect(body).toMatchObject({ memberCount: 2 + guests.length });
    const { messages } = (await historyOf(a, id, '?limit=100')).body;
    const texts = messages.flatMap(({ content }: Json) => content.text ?? []);
    expect(texts.toSorted()).toEqual(guests.flatMap((_, n) => [`m0-${n}`, `m1-${n}`]).toSorted());
    const seqs = messages.map(({ seq }: Json) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
  });
});
