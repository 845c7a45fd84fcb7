/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_END } from '../../lambdas/domain/model/ban.ts';
import { platformAssembly } from '../setup/assembly.ts';
import { asAdmin } from './setup/admin.ts';
import { assigned, deskEnvironment, deskOf, newQueue, openChat } from './setup/desk.ts';
import { everythingIn, type Stored } from './setup/everything.ts';
import { filesOn, post, sendingFiles } from './setup/files.ts';
import { groupsOf } from './setup/groups.ts';
import { createTestProxy } from './setup/proxy.ts';
import { sending, sendServiceEvent, textContent } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack, TEST_ENVIRONMENT } from './setup/stack.ts';
import { untilTask } from './setup/tasks.ts';
import { whileTimePasses } from './setup/time.ts';

/** The retention of the assembly, and a day. */
const UNTIL_EXPIRED_SECONDS = 31 * 86_400;
/** In all that Alice types. */
const HERS = 'canary7f3a';
/** In all that others type. */
const THEIRS = 'wren9c41';

const proxy = createTestProxy();
const logged: string[] = [];
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    cdkOut: await platformAssembly(),
    awsProxy: proxy.attach,
    environment: { ...TEST_ENVIRONMENT, ...deskEnvironment() },
    onLogLine: (_, line) => void logged.push(line),
    onWarning: (line) => void logged.push(line),
  });
});
afterAll(() => stack?.stop());

const { newGroup } = groupsOf(() => stack);
const desk = deskOf(() => stack);
const { form } = filesOn(() => stack);

const having = (all: readonly Stored[], text: string) =>
  all.filter((one) => one.text.includes(text)).map(({ place }) => place);
/** The rows that are about this user alone, but for departures, and for references to messages of others that came later. */
const rowsOf = (all: readonly Stored[], user: string) =>
  all.flatMap(({ place, text }) => {
    const [table = '', key = '', sort = ''] = place.split(' ');
    const isTheirs =
      key === user || ['u#', 'p#', 'c#', 'a#', 'reported#'].some((kind) => key === kind + user);
    return isTheirs && !sort.startsWith('#left#') && !table.includes('Inbox') ? [JSON.parse(text)] : [];
  });

/** The hashes of what Alice wrote: short texts could be guessed from them. */
const hashesOf = (all: readonly Stored[], user: string): string[] =>
  all.flatMap(({ place, text }) => {
    const isHers = place.includes('Messages') && place.includes(` ${user}#`);
    return isHers && /"recalled":true|canary/.test(text) ? [JSON.parse(text).hash as string] : [];
  });

let said = 0;
/** Ids stay, so there is no text in them. */
const say = (socket: TestSocket, conversationId: string, text: string) => {
  said += 1;
  return done(socket, {
    action: 'sendMessage',
    clientMsgId: `said-${said}`,
    conversationId,
    content: textContent(text),
  });
};

async function done(socket: TestSocket, frame: object): Promise<void> {
  const answer = await socket.request(frame as { action: string });
  expect(answer.type, JSON.stringify(answer)).not.toBe('error');
}

async function put(user: string, method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(stack.httpUrl + path, {
    method,
    headers: { authorization: `Bearer ${await stack.token(user)}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.status, `${path} ${await response.text()}`).toBeLessThan(300);
}

/** A file with this word in its name, and in itself. @returns its id */
async function uploaded(from: string, to: string, word: string): Promise<string> {
  const bytes = `bytes of ${word}`;
  const facts = { to, name: `${word}.txt`, size: bytes.length, type: 'text/plain' };
  const { attachmentId, upload } = await form(from, facts);
  expect((await post(upload, bytes)).status).toBe(204);
  return attachmentId;
}

describe('after an erasure', () => {
  it('nothing of the user is left in any table, bucket, or log but ids, and nothing of others is gone (IM-ERASE-4)', async () => {
    const [a, b, c, d] = [newUser('alice'), newUser('bob'), newUser('carol'), newUser('dave')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const direct = `dm:${[a, b].toSorted().join(':')}`;

    // What has expired meanwhile is in the archive.
    await done(alice, sending(b, `old ${HERS}`, 'old'));
    await done(bob, sending(a, `old ${THEIRS}`, 'old'));
    const oldGroup = await newGroup(a, [b], { name: `old boats ${HERS}` });
    await put(a, 'PATCH', `/groups/${oldGroup}`, { name: 'old boats' });
    await put(b, 'DELETE', `/groups/${oldGroup}/members/${b}`);
    await stack.untilStreamsRead();
    await stack.expireItems(UNTIL_EXPIRED_SECONDS);
    await stack.untilStreamsRead();
    const archived = expect
      .poll(async () => having(await everythingIn(stack), `old boats ${HERS}`))
      .toEqual([expect.stringContaining('/messages/')]);
    const advance = (seconds: number) => stack.advanceQueues(60 * seconds);
    await whileTimePasses({ proxy, advance }, Promise.resolve(archived));

    // A direct conversation, with all that changes a message.
    await done(alice, sending(b, `plain ${HERS}`, 'm1'));
    await done(alice, { ...sending(b, `reply ${HERS}`, 'm2'), replyTo: 3, mentions: [b] });
    await done(alice, sending(b, `before ${HERS}`, 'm3'));
    await done(alice, { action: 'edit', to: b, seq: 5, editId: 'e1', content: textContent(`after ${HERS}`) });
    await done(alice, sending(b, `recalled ${HERS}`, 'm4'));
    await done(alice, { action: 'recall', to: b, seq: 6 });
    await done(alice, {
      ...sending(b, '', 'm5'),
      content: { type: 'custom', data: { place: HERS }, fallback: HERS },
    });
    await done(bob, sending(a, `plain ${THEIRS}`, 'm1'));
    await done(bob, { action: 'react', to: a, seq: 3, name: '👍', on: true });
    await done(bob, { action: 'pin', to: a, seq: 3, on: true });
    await done(alice, { action: 'react', to: b, seq: 8, name: '🛶', on: true });
    const live = { action: 'live', to: b, liveId: 'l', index: 1, content: textContent(`typed ${HERS}`) };
    alice.send(JSON.stringify(live));
    await put(a, 'POST', '/reports', { conversationId: direct, seq: 8, reason: `rude ${HERS}` });
    await put(b, 'POST', '/reports', { conversationId: direct, seq: 3, reason: `rude ${THEIRS}` });

    // What she keeps, and what others keep of her.
    await stack.http(b, `/profiles?ids=${a},${b}`);
    await put(a, 'PUT', `/contacts/${b}`, { alias: `Bobby ${HERS}` });
    await put(b, 'PUT', `/contacts/${a}`, { alias: `Ali ${THEIRS}` });
    await put(a, 'PUT', `/blocks/${c}`);

    // Away: her message in an inbox, and one in hers.
    await done(alice, sending(d, `later ${HERS}`, 'm6'));

    // Files: one that she sent, one that she did not, and one of Bob's.
    await done(alice, sendingFiles(b, 'f1', await uploaded(a, b, HERS)));
    await uploaded(a, b, `unsent ${HERS}`);
    await done(bob, sendingFiles(a, 'f2', await uploaded(b, a, THEIRS)));

    // Groups: one that she left, and one whose only admin she is.
    const left = await newGroup(a, [b], { name: `boats ${HERS}` });
    await say(alice, left, `in a group ${HERS}`);
    await say(bob, left, `in a group ${THEIRS}`);
    await put(a, 'PATCH', `/groups/${left}`, { name: `new boats ${HERS}`, admins: [a, b] });
    await put(b, 'PATCH', `/groups/${left}`, { name: `boats ${THEIRS}` });
    await put(a, 'DELETE', `/groups/${left}/members/${a}`);
    const owned = await newGroup(a, [b, c], { name: 'oars' });
    await say(alice, owned, `in hers ${HERS}`);
    await put(a, 'PATCH', `/conversations/${owned}`, { muted: true });

    // The desk: a chat that is closed, and one that waits.
    const [queue, other] = [newQueue(), newQueue()];
    const agent = await desk.readyAgent(queue);
    const customer = { user: a, socket: alice };
    const chat = await openChat(customer, queue, { topic: `parcel ${HERS}` });
    await assigned(agent, chat.conversationId);
    await say(alice, chat.conversationId, `help ${HERS}`);
    await say(agent.socket, chat.conversationId, `of course ${THEIRS}`);
    await done(alice, { action: 'desk.close', conversationId: chat.conversationId, rating: 5 });
    await openChat(customer, other, { topic: `parcels ${HERS}` });

    // Of other services, and of the operator.
    const from = { type: 'message.send', from: a, to: b, clientMsgId: 's1' };
    await sendServiceEvent(stack, { ...from, content: textContent(`invoice ${HERS}`) });
    await bob.message(`invoice ${HERS}`);
    await asAdmin(stack, `PUT /admin/users/${a}/ban`, { reason: `says ${HERS}` });
    await asAdmin(stack, `DELETE /admin/users/${a}/ban`);
    await stack.inboxHolds(d, 1);
    await done(bob, sending(a, `to her inbox ${THEIRS}`, 'm2'));
    await stack.inboxHolds(a, 1);

    const finished = ({ taskId }: { taskId: string }) => untilTask(stack, taskId);
    await finished((await asAdmin(stack, `POST /admin/users/${a}/export`)).body);

    const before = await everythingIn(stack);
    expect(having(before, HERS).length).toBeGreaterThan(15);
    expect(having(before, HERS).filter((place) => place.includes('/exports/'))).toHaveLength(1);
    const hashes = hashesOf(before, a);
    expect(hashes.length).toBeGreaterThan(8);
    // Her report of Bob's message is hers.
    const theirs = having(before, THEIRS).filter((place) => !place.endsWith(`#8#${a}`));

    await finished((await asAdmin(stack, `DELETE /admin/users/${a}`)).body);
    await stack.untilStreamsRead();

    const after = await everythingIn(stack);
    expect(having(after, HERS)).toEqual([]);
    expect(hashes.flatMap((hash) => having(after, hash))).toEqual([]);
    expect(rowsOf(after, a)).toEqual([
      { userId: a, ban: { at: expect.any(Number), until: NO_END, reason: 'erased' } },
    ]);
    expect(logged.filter((line) => line.includes(HERS))).toEqual([]);
    const now = new Set(having(after, THEIRS));
    expect(theirs.filter((place) => !now.has(place))).toEqual([]);
    const { messages } = (await stack.http(b, `/conversations/${direct}/messages`)).body;
    const contents = messages.map(({ content }: { content: { text?: string; type: string } }) => content);
    expect(contents.map(({ text, type }: { text?: string; type: string }) => text ?? type)).toEqual([
      ...Array(5).fill('erased'),
      `plain ${THEIRS}`,
      'erased',
      'file',
      'erased',
      `to her inbox ${THEIRS}`,
    ]);
    expect((await stack.http(b, `/groups/${owned}`)).body).toMatchObject({ admins: [b], memberCount: 2 });
  });
});
