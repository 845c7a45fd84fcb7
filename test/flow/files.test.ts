/** @module-tag long */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asAdmin } from './setup/admin.ts';
import {
  BYTES,
  files,
  filesOn,
  PICTURE,
  post,
  sendingFiles,
  THUMBNAIL,
  THUMBNAIL_BYTES,
} from './setup/files.ts';
import { groupsOf } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf, sendServiceEvent } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const proxy = createTestProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
});
afterAll(() => stack?.stop());
afterEach(() => proxy.clearFaults());

const { ask, form, upload, keys, links } = filesOn(() => stack);
const { newGroup, send } = groupsOf(() => stack);
const idOf = (a: string, b: string) => `dm:${[a, b].toSorted().join(':')}`;
const refused = (path: string) => ({ type: 'error', code: 'invalid_request', issues: [{ path }] });

async function pair() {
  const [a, b] = [newUser('alice'), newUser('bob')];
  return { a, b, alice: await stack.join(a), bob: await stack.join(b), id: idOf(a, b) };
}

describe('a picture', () => {
  it('is uploaded, sent, pushed, seen, and gone from the bucket after its recall (IM-FILE-1 to IM-FILE-4)', async () => {
    const { a, b, alice, bob, id } = await pair();
    const picture = await upload(a, { to: b });
    const seen = bob.frame(({ type }) => type === 'messages');
    const sent = await alice.request(sendingFiles(b, 'c1', picture));
    const content = {
      type: 'file',
      attachments: [{ attachmentId: picture, ...PICTURE, thumbnail: THUMBNAIL }],
    };
    expect(sent).toMatchObject({ type: 'sent', seq: 1, duplicate: false, content });
    expect((await seen).messages[0].content).toEqual(content);
    expect((await historyOf(stack, b, a))[0]?.content).toEqual(content);

    const { body } = await links(b, id, 1);
    const [link] = body.attachments;
    const answer = await fetch(link.url);
    expect(await answer.text()).toBe(BYTES);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-disposition': "inline; filename*=UTF-8''K%C3%A4tzchen%20%281%29.jpg",
      'cache-control': 'private, max-age=300',
    });
    expect(await (await fetch(link.thumbnailUrl)).text()).toBe(THUMBNAIL_BYTES);
    expect(await keys('sent/', picture)).toHaveLength(2);

    await alice.request({ action: 'recall', to: b, seq: 1 });
    expect(await keys('sent/', picture)).toEqual([]);
    expect((await fetch(link.url)).status).toBe(403);
    expect((await links(b, id, 1)).status).toBe(404);
  });

  it('can be sent over HTTP, by Protobuf, by the operator, and by another service in its owner’s name (IM-FILE-2)', async () => {
    const { a, b, id } = await pair();
    const content = async () => files(await upload(a, { to: b }));
    const body = JSON.stringify({ clientMsgId: 'http', to: b, content: await content() });
    expect((await stack.http(a, '/messages', { method: 'POST', body })).status).toBe(200);
    const byAdmin = { from: a, to: b, clientMsgId: 'admin', content: await content() };
    expect((await asAdmin(stack, 'POST /admin/messages', byAdmin)).status).toBe(200);
    const event = { type: 'message.send', from: a, to: b, clientMsgId: 'event', content: await content() };
    await sendServiceEvent(stack, event);
    const compact = await stack.join(a, { protobuf: true });
    await compact.request({ ...sendingFiles(b, 'pb'), content: await content() });
    await expect
      .poll(async () => (await historyOf(stack, b, a)).map(({ content: { type } }) => type))
      .toEqual(['file', 'file', 'file', 'file']);
    for (const seq of [1, 2, 3, 4]) expect((await links(b, id, seq)).body.attachments).toHaveLength(1);
  });

  it('stays as it was sent: a second upload changes nothing, and is what a later message sends (IM-FILE-2)', async () => {
    const { a, b, alice, id } = await pair();
    const { attachmentId, upload: own } = await form(a, { ...PICTURE, to: b });
    await post(own, BYTES);
    await alice.request(sendingFiles(b, 'c1', attachmentId));
    await post(own, BYTES.toUpperCase());
    expect(await alice.request(sendingFiles(b, 'c1', attachmentId))).toMatchObject({ duplicate: true });
    const textAt = async (seq: number) => {
      const { body } = await links(b, id, seq);
      return (await fetch(body.attachments[0].url)).text();
    };
    expect(await textAt(1)).toBe(BYTES);
    const { seq } = await alice.request(sendingFiles(b, 'c2', attachmentId));
    expect(await textAt(seq)).toBe(BYTES.toUpperCase());
    expect(await textAt(1)).toBe(BYTES);
  });
});

describe('a form', () => {
  it('takes one file of exactly its key, type, and size (IM-FILE-1)', async () => {
    const { a, b } = await pair();
    const { upload: own, attachmentId } = await form(a, { ...PICTURE, to: b });
    const { upload: others } = await form(b, { ...PICTURE, to: a });
    const changed = (more: object) => ({ ...own, fields: { ...own.fields, ...more } });
    expect((await post(own, `${BYTES}!`)).status).toBe(400);
    expect((await post(own, BYTES.slice(1))).status).toBe(400);
    expect((await post(changed({ 'Content-Type': 'text/html' }), BYTES)).status).toBe(403);
    expect((await post(changed({ key: others.fields.key }), BYTES)).status).toBe(403);
    expect((await post(changed({ key: `sent/${attachmentId}` }), BYTES)).status).toBe(403);
    expect(await keys('pending/', attachmentId)).toEqual([]);
    expect((await post(own, BYTES)).status).toBe(204);
  });

  it('is refused for what may not be sent, and where the user may not write (IM-FILE-1)', async () => {
    const { a, b } = await pair();
    const outcome = async (body: object) => {
      const { status, body: answer } = await ask(a, { ...PICTURE, to: b, ...body });
      return [status, answer.code];
    };
    expect(await outcome({ size: 26_214_401 })).toEqual([413, 'payload_too_large']);
    expect(await outcome({ name: 'a/b' })).toEqual([400, 'invalid_request']);
    expect(await outcome({ to: undefined, conversationId: await newGroup(b, []) })).toEqual([
      404,
      'not_found',
    ]);
    expect(await outcome({ to: 'system' })).toEqual([400, 'invalid_request']);
    await send(b, 'PUT', `/blocks/${a}`);
    expect(await outcome({})).toEqual([403, 'forbidden']);
  });
});

describe('a message', () => {
  it('takes at most ten files, of its sender’s, for this conversation, that were uploaded (IM-FILE-2)', async () => {
    const { a, b, alice, bob } = await pair();
    const mine = await upload(a, { to: b });
    const bobs = await upload(b, { to: a });
    const elsewhere = await upload(a, { to: newUser('carol') });
    const { attachmentId: missing } = await form(a, { ...PICTURE, to: b });
    for (const wrong of [bobs, elsewhere, missing])
      expect(await alice.request(sendingFiles(b, wrong, mine, wrong))).toMatchObject(
        refused('content.attachments.1'),
      );
    const many = await Promise.all(Array.from({ length: 11 }, () => upload(a, { to: b })));
    expect(await alice.request(sendingFiles(b, 'eleven', ...many))).toMatchObject(
      refused('content.attachments'),
    );
    expect(await historyOf(stack, b, a)).toEqual([]);
    const sent = await alice.request(sendingFiles(b, 'ten', ...many.slice(1)));
    expect(sent.content.attachments).toHaveLength(10);
    // Nothing was taken before.
    expect(sent.seq).toBe(1);
    await bob.frame(({ type }) => type === 'messages');
  });

  it('lets its sender change the text alone (IM-FILE-5)', async () => {
    const { a, b, alice } = await pair();
    const [first, other] = [await upload(a, { to: b }), await upload(a, { to: b })];
    await alice.request(sendingFiles(b, 'c1', first));
    const edit = (editId: string, content: object) =>
      alice.request({ action: 'edit', to: b, seq: 1, editId, content });
    expect(await edit('e1', { ...files(first), text: 'look' })).toMatchObject({
      message: { rev: 1, content: { text: 'look', attachments: [{ attachmentId: first, ...PICTURE }] } },
    });
    expect(await edit('e2', files(other))).toMatchObject(refused('content'));
    expect(await edit('e3', { type: 'text', text: 'none' })).toMatchObject(refused('content'));
  });
});

describe('links', () => {
  it('are refused to a former member, whose older link ends by itself, and to who joined later (IM-FILE-3)', async () => {
    const { a, b, alice } = await pair();
    const [c, d] = [newUser('carol'), newUser('dave')];
    const group = await newGroup(a, [b, c]);
    const picture = await upload(a, { conversationId: group });
    const { seq } = await alice.request(sendingFiles(group, 'c1', picture));
    expect((await links(c, group, seq)).status).toBe(200);
    await send(a, 'DELETE', `/groups/${group}/members/${c}`);
    await stack.http(a, `/groups/${group}/members`, {
      method: 'POST',
      body: JSON.stringify({ members: [d] }),
    });
    expect((await links(b, group, seq)).status).toBe(200);
    for (const user of [c, d, newUser('eve')]) expect((await links(user, group, seq)).status).toBe(404);
  });

  it('let a page load nothing that can hold a script, whatever its type says (IM-FILE-3)', async () => {
    const { a, b, alice, id } = await pair();
    const page = await upload(a, { to: b }, { type: 'text/html', name: 'a.html' });
    const drawing = await upload(a, { to: b }, { type: 'image/svg+xml', name: 'a.svg' });
    await alice.request(sendingFiles(b, 'c1', page, drawing));
    const { body } = await links(b, id, 1);
    for (const { url } of body.attachments) {
      const { headers } = await fetch(url);
      expect(headers.get('content-type')).toBe('application/octet-stream');
      expect(headers.get('content-disposition')).toMatch(/^attachment; /);
    }
  });

  it('don’t work for another key, another type, or another way to show it (IM-FILE-3)', async () => {
    const { a, b, alice, id } = await pair();
    await alice.request(sendingFiles(b, 'c1', await upload(a, { to: b }, { type: 'text/html' })));
    const { body } = await links(b, id, 1);
    const link = new URL(body.attachments[0].url);
    const changed = (change: (url: URL) => void) => {
      const url = new URL(link);
      change(url);
      return fetch(url);
    };
    const answers = [
      await changed((url) => url.searchParams.set('response-content-type', 'text/html')),
      await changed((url) => url.searchParams.set('response-content-disposition', 'inline')),
      await changed((url) => url.searchParams.set('X-Amz-Expires', '6000')),
      await changed((url) => {
        url.pathname += '.thumbnail';
      }),
      await changed((url) => {
        url.search = '';
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  });
});

describe('the operator', () => {
  it('removes one file of a message, which its readers see (IM-FILE-8)', async () => {
    const { a, b, alice, bob, id } = await pair();
    const [first, second] = [await upload(a, { to: b }), await upload(a, { to: b })];
    await alice.request(sendingFiles(b, 'c1', first, second));
    const changed = bob.frame(({ type }) => type === 'changed');
    const route = `DELETE /admin/conversations/${encodeURIComponent(id)}/messages/1/attachments/${first}`;
    const { status, body } = await asAdmin(stack, route);
    const removed = {
      attachmentId: first,
      name: PICTURE.name,
      size: PICTURE.size,
      type: PICTURE.type,
      removed: true,
    };
    expect([status, body.content.attachments[0]]).toEqual([200, removed]);
    expect((await changed).message.content.attachments[0]).toEqual(removed);
    const since = `/conversations/${encodeURIComponent(id)}/changes?since=${Date.now()}`;
    expect((await stack.http(b, since)).body.messages[0].content.attachments[0]).toEqual(removed);
    expect((await links(b, id, 1)).body.attachments.map((one: Json) => one.attachmentId)).toEqual([second]);
    expect(await keys('sent/', first)).toEqual([]);
    expect((await asAdmin(stack, route)).status).toBe(200);
    expect((await asAdmin(stack, route.replace(first, first.replace(/.$/, '!')))).status).toBe(400);
  });
});

describe('a fault', () => {
  const SEND = { route: 'sendMessage', service: 's3' } as const;

  it.each(['error', 'throttle', 'cut-before', 'cut-after', 'error-after', 'hang'] as const)(
    '%s of S3 makes a send unavailable, and its repeat stores it once (IM-FILE-2, IM-SEND-1)',
    async (fault) => {
      const { a, b, alice, id } = await pair();
      const picture = await upload(a, { to: b });
      const rule = proxy.inject({ ...SEND, operation: 'CopyObject', fault, times: 1 });
      const answer = await alice.request(sendingFiles(b, 'c1', picture));
      // What the connection lost is sent again at once.
      if (!fault.startsWith('cut')) expect(answer).toMatchObject({ code: 'unavailable', retryable: true });
      expect(rule.fired).toBe(1);
      const again = await alice.request({ ...sendingFiles(b, 'c1', picture), resend: true });
      expect(again).toMatchObject({ type: 'sent', seq: 1 });
      expect(await historyOf(stack, b, a)).toHaveLength(1);
      const { body } = await links(b, id, 1);
      expect(await (await fetch(body.attachments[0].url)).text()).toBe(BYTES);
    },
  );

  it('that kills the function between the copies and the put loses nothing that was acked: the repeat stores it (IM-FILE-2)', async () => {
    const { a, b, alice, id } = await pair();
    const picture = await upload(a, { to: b });
    proxy.inject({ route: 'sendMessage', operation: 'PutItem', fault: 'kill', times: 1 });
    alice.send(JSON.stringify({ ...sendingFiles(b, 'c1', picture), id: 'lost' }));
    await alice.gatewayFrame();
    expect(await keys('sent/', picture)).toHaveLength(2);
    expect(await historyOf(stack, b, a)).toEqual([]);
    const sent = await alice.request({ ...sendingFiles(b, 'c1', picture), resend: true });
    expect(sent).toMatchObject({ type: 'sent', duplicate: false });
    expect((await links(b, id, sent.seq)).body.attachments).toHaveLength(1);
  });

  it('of S3 leaves a recall in effect and told, and its repeat deletes the files (IM-FILE-4)', async () => {
    const { a, b, alice, bob } = await pair();
    const picture = await upload(a, { to: b });
    await alice.request(sendingFiles(b, 'c1', picture));
    const changed = bob.frame(({ type }) => type === 'changed');
    proxy.inject({ service: 's3', operation: 'DeleteObject', fault: 'error', times: 4 });
    const recall = { action: 'recall', to: b, seq: 1 };
    expect(await alice.request(recall)).toMatchObject({ code: 'unavailable' });
    expect((await changed).message.content.type).toBe('recalled');
    expect(await keys('sent/', picture)).toHaveLength(2);
    expect(await alice.request(recall)).toMatchObject({ type: 'message' });
    expect([...(await keys('sent/', picture)), ...(await keys('pending/', picture))]).toEqual([]);
  });
});
