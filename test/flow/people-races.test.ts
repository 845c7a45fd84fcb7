/** @module-tag long */
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BreakpointStage, steps } from '../../local/aws-proxy/index.ts';
import { dynamoDbClient } from '../../local/emulators/clients.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { groupsOf, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { sending } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/** A request about people is stopped at each of its AWS calls in turn, and another one is made there. */
const proxy = createTestProxy();
let stack: Stack;
const { call, send, newGroup, warmUp } = groupsOf(() => stack);
beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
  await warmUp(proxy);
});
afterAll(() => stack?.stop());

const STAGES: readonly BreakpointStage[] = ['before', 'after'];
const SETTINGS_ROUTE = 'PATCH /conversations/{conversationId}';
const CONTACT_ROUTE = 'PUT /contacts/{userId}';

const change = (user: string, id: string, settings: object) =>
  call(user, 'PATCH', `/conversations/${encodeURIComponent(id)}`, settings);
const settingsOf = async (user: string, id: string, query = '') => {
  const { body } = await stack.http(user, `/conversations${query}`);
  return body.conversations.find((one: Json) => one.conversationId === id)?.settings;
};
const add = (user: string, contact: string) => call(user, 'PUT', `/contacts/${contact}`, {});
const contactsOf = async (user: string): Promise<string[]> =>
  (await stack.http(user, '/contacts')).body.contacts.map(({ userId }: Json) => userId);

async function pair() {
  const [a, b] = [newUser('alice'), newUser('bob')];
  const bob = await stack.join(b);
  const { conversationId } = await bob.request(sending(a, 'hi'));
  return { a, b, bob, id: conversationId as string };
}

/** Writes one attribute of a row of the conversations table. */
async function write(key: { pk: string; sk: string }, name: string, value: number): Promise<void> {
  const table = stack.stack.tables.find(({ logicalId }) => logicalId.includes('Conversations'));
  const documents = DynamoDBDocumentClient.from(dynamoDbClient(stack.endpoints.dynamodb));
  await documents.send(
    new UpdateCommand({
      TableName: table?.tableName,
      Key: key,
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': value },
    }),
  );
  documents.destroy();
}

describe('the settings of a conversation', () => {
  it.each(STAGES)(
    'of two devices both take effect, whichever is first: at each call, %s the call (IM-SETTINGS-1)',
    async (when) => {
      const { a, id } = await pair();
      let rounds = 0;
      const run = (n: number) => change(a, id, { muted: 9e12 + n });
      for await (const step of steps(proxy, { route: SETTINGS_ROUTE, when, run })) {
        rounds += 1;
        const until = 9e12 + step.n;
        const pinned = step.n % 2 === 1;
        // The other device changes back and forth, so that each change is one.
        expect((await change(a, id, { pinned })).status).toBe(200);
        step.release();
        expect((await step.finished).status).toBe(200);
        expect(await settingsOf(a, id)).toEqual({ muted: until, ...(pinned && { pinned }) });
      }
      expect(rounds).toBeGreaterThanOrEqual(3);
    },
  );

  it.each(STAGES)(
    'never outlive the membership: a removal at each call, %s the call (IM-SETTINGS-1)',
    async (when) => {
      const [o, m] = [newUser('owner'), newUser('member')];
      const id = await newGroup(o, [m]);
      let rounds = 0;
      const run = (n: number) => change(m, id, { muted: 9e12 + n });
      for await (const step of steps(proxy, { route: SETTINGS_ROUTE, when, run })) {
        rounds += 1;
        expect((await send(o, 'DELETE', `/groups/${id}/members/${m}`)).status).toBe(204);
        step.release();
        expect([200, 404]).toContain((await step.finished).status);
        expect((await change(m, id, { pinned: true })).status).toBe(404);
        await call(o, 'POST', `/groups/${id}/members`, { members: [m] });
        expect(await settingsOf(m, id)).toBeUndefined();
      }
      expect(rounds).toBeGreaterThanOrEqual(3);
    },
  );

  it('do not hide a message that is on its way when its conversation is archived (IM-SETTINGS-2)', async () => {
    const { a, bob, id } = await pair();
    const storing = proxy.setBreakpoint({ route: 'sendMessage', operation: 'PutItem' });
    const sent = say(bob, id, 'on its way');
    await storing.reached;
    expect((await change(a, id, { archived: true })).body.settings).toEqual({ archived: true });
    expect(await settingsOf(a, id)).toEqual({ archived: true });
    storing.release();
    expect(await sent).toMatchObject({ type: 'sent', seq: 2 });
    expect(await settingsOf(a, id)).toBeUndefined();
  });

  it("are found by the user's other device, in the list of what changed since (IM-SETTINGS-3)", async () => {
    const { a, b, id } = await pair();
    await write({ pk: id, sk: 'head' }, 'at', 1);
    const query = `?changedSince=${Date.now()}`;
    const isListed = async (user: string) => {
      const { body } = await stack.http(user, `/conversations${query}`);
      return body.conversations.length === 1;
    };
    expect(await isListed(a)).toBe(false);
    await change(a, id, { pinned: true });
    expect(await settingsOf(a, id, query)).toEqual({ pinned: true });
    await change(a, id, { pinned: false });
    expect(await isListed(a)).toBe(true);
    expect(await isListed(b)).toBe(false);
  });
});

describe('a contact', () => {
  it.each(STAGES)(
    'takes the last place once: another one at each call, %s the call (IM-CONTACT-1)',
    async (when) => {
      let user = '';
      let rounds = 0;
      const run = async () => {
        user = newUser('alice');
        await write({ pk: `u#${user}`, sk: '#count#contacts' }, 'n', LIMITS.contacts - 1);
        return add(user, 'first');
      };
      for await (const step of steps(proxy, { route: CONTACT_ROUTE, when, run })) {
        rounds += 1;
        const other = await add(user, 'second');
        step.release();
        const statuses = [(await step.finished).status, other.status];
        expect(statuses.toSorted()).toEqual([200, 409]);
        expect(await contactsOf(user)).toEqual([statuses[0] === 200 ? 'first' : 'second']);
      }
      expect(rounds).toBeGreaterThanOrEqual(2);
    },
  );

  it.each(
    STAGES.flatMap((when) => [['a function dies', when] as const, ['another device adds it', when] as const]),
  )(
    'is counted once, whatever is repeated: %s at each call, %s the call (IM-CONTACT-1)',
    async (what, when) => {
      let user = '';
      const run = async () => {
        user = newUser('alice');
        await write({ pk: `u#${user}`, sk: '#count#contacts' }, 'n', LIMITS.contacts - 2);
        return add(user, 'first');
      };
      for await (const step of steps(proxy, { route: CONTACT_ROUTE, when, run })) {
        if (what === 'a function dies') {
          step.fail(when === 'before' ? 'kill' : 'kill-after');
          expect((await step.finished).status).toBe(500);
        } else {
          expect((await add(user, 'first')).status).toBe(200);
          step.release();
          expect((await step.finished).status).toBe(200);
        }
        for (const contact of ['first', 'second']) expect((await add(user, contact)).status).toBe(200);
        expect((await add(user, 'third')).body).toMatchObject({ code: 'limit_reached' });
        expect((await send(user, 'DELETE', '/contacts/first')).status).toBe(204);
        expect((await add(user, 'third')).status).toBe(200);
        expect(await contactsOf(user)).toEqual(['second', 'third']);
      }
    },
  );
});
