import { beforeEach, describe, expect, it } from 'vitest';
import { linkFiles } from '../../../lambdas/domain/attachments/links.ts';
import { requestUpload } from '../../../lambdas/domain/attachments/upload.ts';
import { openChat } from '../../../lambdas/domain/desk/customer.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { readHistory } from '../../../lambdas/domain/messages/history.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { pendingKey, sentKey, thumbnailKey } from '../../../lambdas/domain/model/attachment.ts';
import { type Hook, type HookQuestion, InvocationError } from '../../../lambdas/domain/model/hook.ts';
import { blockUser } from '../../../lambdas/domain/people/blocks.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import type { AttachmentRequest } from '../../../protocol/attachments.ts';
import type { SentFiles } from '../../../protocol/content.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { by, callerOf, createWorldOf, sayIn, type World } from '../../adapters/memory/world.ts';
import { type FileTarget, filesOf as files, PICTURE, THUMBNAIL, uploadTo } from './sent-files.ts';

const DIRECT = 'dm:alice:bob';
let world: World;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob');
});

const uploaded = (facts: Partial<AttachmentRequest> = {}, target?: FileTarget, from?: string) =>
  uploadTo(world, facts, target, from);
const sendFiles = (
  content: SentFiles,
  {
    clientMsgId = 'c1',
    from = 'alice',
    ...target
  }: FileTarget & { clientMsgId?: string; from?: string } = {},
) =>
  send(world, from, {
    clientMsgId,
    ...('conversationId' in target ? target : { to: 'bob', ...target }),
    content,
  });
const history = (userId = 'bob', conversationId = DIRECT) =>
  readHistory(world, userId, conversationId, { limit: 50 });
const links = (userId = 'bob', conversationId = DIRECT, seq = 1) =>
  linkFiles(world, userId, { conversationId, seq });
const keysAt = (prefix: string) =>
  [...world.attachments.objects.keys()].filter((key) => key.startsWith(prefix));
const sent = (attachmentId: string, clientMsgId = 'c1', conversationId = DIRECT) =>
  sentKey({ from: 'alice', conversationId, clientMsgId }, attachmentId);

describe('POST /attachments', () => {
  it('answers a form for the file and one for its thumbnail, for 15 minutes (IM-FILE-1)', async () => {
    const request = { ...PICTURE, thumbnail: THUMBNAIL, to: 'bob' };
    const { attachmentId, upload, thumbnailUpload, expiresAt } = await requestUpload(world, 'alice', request);
    expect(expiresAt).toBe(world.clock() + 15 * 60_000);
    const key = pendingKey('alice', attachmentId);
    expect(upload.fields).toMatchObject({ key, 'Content-Type': 'image/jpeg', size: '482133' });
    const small = { key: thumbnailKey(key), 'Content-Type': 'image/webp', size: '9120' };
    expect(thumbnailUpload?.fields).toMatchObject(small);
  });

  it('gives nobody a place in another user’s folder (IM-FILE-1)', () => {
    expect(pendingKey('alice', 'A')).not.toBe(pendingKey('bob', 'A'));
    expect(pendingKey('alice', 'A')).toMatch(/^pending\/[\w-]{32}\/A$/);
  });

  it('refuses what the operator does not allow (IM-FILE-1)', async () => {
    world.attachmentLimits = { maxBytes: 1_000, types: ['image/*', 'application/pdf'] };
    const ask = (facts: Partial<AttachmentRequest>) =>
      requestUpload(world, 'alice', { ...PICTURE, size: 1_000, ...facts, to: 'bob' });
    await expect(ask({ size: 1_001 })).rejects.toMatchObject({
      code: 'payload_too_large',
      message: 'The file has 1001 bytes; at most 1000 are allowed.',
    });
    await expect(ask({ type: 'text/html' })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'type', message: 'must be one of image/*, application/pdf' }],
    });
    await ask({ type: 'image/png' });
    await ask({ type: 'application/pdf' });
  });

  it('refuses who may not write there, as a message would be (IM-FILE-1)', async () => {
    const ask = (target: FileTarget, from = 'alice') => requestUpload(world, from, { ...PICTURE, ...target });
    await expect(ask({ to: 'system' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(ask({ to: 'alice' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(ask({ conversationId: 'dm:bob:carol' })).rejects.toMatchObject({ code: 'not_found' });
    const { conversationId } = await createGroup(world, 'bob', {
      name: 'News',
      members: ['carol'],
      openHistory: false,
      posting: 'admins',
    });
    await expect(ask({ conversationId })).rejects.toMatchObject({ code: 'not_found' });
    await expect(ask({ conversationId }, 'carol')).rejects.toMatchObject({ code: 'forbidden' });
    await ask({ conversationId }, 'bob');
    await sayIn(world, 'hi');
    await blockUser(world, 'bob', 'alice');
    await expect(ask({ to: 'bob' })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('charges for the objects and their two days (IM-FILE-1, IM-BUDGET-1)', async () => {
    const charged: number[] = [];
    const budget = { ...world.budget, debit: async (credits: number) => void charged.push(credits) };
    await requestUpload({ ...world, budget }, 'alice', { ...PICTURE, size: 2 ** 20, to: 'bob' });
    expect(charged).toEqual([expect.closeTo(5 + 22.46 / 15, 1)]);
  });
});

describe('a message with files', () => {
  it('is stored, acked, pushed, and read with the records of the server (IM-FILE-2)', async () => {
    const first = await uploaded({ thumbnail: THUMBNAIL });
    const second = await uploaded({ name: 'notes.txt', type: 'text/plain', size: 12 });
    const content = {
      type: 'file',
      attachments: [
        { attachmentId: first, ...PICTURE, thumbnail: THUMBNAIL },
        { ...PICTURE, attachmentId: second, name: 'notes.txt', type: 'text/plain', size: 12 },
      ],
      text: 'look',
    };
    const ack = await send(
      world,
      'alice',
      { clientMsgId: 'c1', to: 'bob', content: { ...files(first, second), text: 'look' } },
      callerOf('alice'),
    );
    expect(ack).toMatchObject({ seq: 1, duplicate: false, content });
    expect((await history()).messages[0]?.content).toEqual(content);
    const push = world.connections.posts.find(({ connectionId }) => connectionId === 'bob-phone')?.frame;
    expect(push).toMatchObject({ type: 'messages', messages: [{ content }] });
  });

  it('has copies of its own, which no later upload changes (IM-FILE-2)', async () => {
    const id = await uploaded({ thumbnail: THUMBNAIL });
    await sendFiles(files(id));
    world.attachments.objects.set(pendingKey('alice', id), 'something else');
    await sendFiles(files(id));
    expect(world.attachments.objects.get(sent(id))).toBe(`bytes of ${id}`);
    expect(world.attachments.objects.get(thumbnailKey(sent(id)))).toBe('thumbnail');
    await sendFiles(files(id), { clientMsgId: 'c2' });
    expect(world.attachments.objects.get(sent(id, 'c2'))).toBe('something else');
    expect(world.attachments.objects.get(sent(id))).toBe(`bytes of ${id}`);
  });

  it('is refused without a hole if a file is not the sender’s, or of another conversation (IM-FILE-2)', async () => {
    const own = await uploaded();
    const bobs = await uploaded({}, { to: 'alice' }, 'bob');
    const forCarol = await uploaded({}, { to: 'carol' });
    for (const wrong of [bobs, forCarol, `${own.slice(0, -4)}ZZZZ`])
      await expect(sendFiles(files(own, wrong))).rejects.toMatchObject({
        code: 'invalid_request',
        issues: [{ path: 'content.attachments.1' }],
      });
    expect((await world.conversations.head(DIRECT)).seq).toBe(0);
    expect(keysAt('sent/')).toEqual([]);
  });

  it('is refused without a hole if a file or its thumbnail was not uploaded (IM-FILE-2)', async () => {
    const { attachmentId } = await requestUpload(world, 'alice', { ...PICTURE, to: 'bob' });
    await expect(sendFiles(files(attachmentId))).rejects.toMatchObject({ code: 'invalid_request' });
    const body = await requestUpload(world, 'alice', { ...PICTURE, thumbnail: THUMBNAIL, to: 'bob' });
    world.attachments.upload(body.upload, 'picture');
    await expect(sendFiles(files(body.attachmentId))).rejects.toMatchObject({ code: 'invalid_request' });
    expect((await world.conversations.head(DIRECT)).seq).toBe(0);
  });

  it('is refused a day after the upload, but its repeat finds the original (IM-FILE-4, IM-SEND-2)', async () => {
    const id = await uploaded();
    const first = await sendFiles(files(id));
    world.advance(LIMITS.attachmentPendingSeconds * 1_000);
    expect(await sendFiles(files(id))).toMatchObject({ messageId: first.messageId, duplicate: true });
    await expect(sendFiles(files(id), { clientMsgId: 'c2' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('finds its original when the uploads are gone (IM-FILE-2, IM-SEND-2)', async () => {
    const id = await uploaded();
    const first = await sendFiles(files(id));
    world.attachments.objects.clear();
    expect(await sendFiles(files(id))).toMatchObject({ messageId: first.messageId, duplicate: true });
  });

  it('is another message with other files (IM-SEND-2)', async () => {
    const [one, other] = [await uploaded(), await uploaded()];
    await sendFiles(files(one));
    await expect(sendFiles(files(other))).rejects.toMatchObject({ code: 'idempotency_conflict' });
    await expect(sendFiles({ ...files(one), text: 'look' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('is not stored if S3 does not answer, and is sent by a repeat (IM-FILE-2, IM-SEND-1)', async () => {
    const id = await uploaded({ thumbnail: THUMBNAIL });
    const { attachmentFiles } = world;
    world.attachmentFiles = {
      ...attachmentFiles,
      copy: async (from, to) => {
        if (from.endsWith('.thumbnail')) throw new UnavailableError();
        return attachmentFiles.copy(from, to);
      },
    };
    await expect(sendFiles(files(id))).rejects.toMatchObject({ code: 'unavailable' });
    expect((await world.conversations.head(DIRECT)).seq).toBe(0);
    world.attachmentFiles = attachmentFiles;
    expect(await sendFiles(files(id))).toMatchObject({ seq: 1, duplicate: false });
  });

  it('copies nothing for who may not send, or for a session that has ended (IM-FILE-2)', async () => {
    const { conversationId } = await createGroup(world, 'bob', {
      name: 'Crew',
      members: ['alice'],
      openHistory: false,
    });
    const id = await uploaded({}, { conversationId });
    await removeMember(world, 'bob', conversationId, 'alice');
    await expect(sendFiles(files(id), { conversationId })).rejects.toMatchObject({ code: 'not_found' });
    const own = await uploaded();
    const request = { clientMsgId: 'c1', to: 'bob', content: files(own) };
    const stranger = { ...callerOf('alice'), connectionId: 'gone' };
    await expect(send(world, 'alice', request, stranger)).rejects.toThrow();
    expect(keysAt('sent/')).toEqual([]);
  });

  it('must fit into 16 KB with its records (IM-FILE-2, IM-FRAME-5)', async () => {
    const id = await uploaded({ name: 'x'.repeat(255) });
    const text = 'x'.repeat(LIMITS.maxContentBytes - 200);
    await expect(sendFiles({ ...files(id), text })).rejects.toMatchObject({ code: 'payload_too_large' });
    expect((await world.conversations.head(DIRECT)).seq).toBe(0);
  });

  it('charges for its copies, a month of storage, and one download (IM-FILE-2, IM-BUDGET-1)', async () => {
    const charged: number[] = [];
    const id = await uploaded({ size: 2 ** 20 });
    const budget = { ...world.budget, debit: async (credits: number) => void charged.push(credits) };
    await send({ ...world, budget }, 'alice', { clientMsgId: 'c1', to: 'bob', content: files(id) });
    expect(charged).toEqual([expect.closeTo(5 + 22.46 + 95.4, 0)]);
  });

  it('is refused in a deployment without files (IM-FILE)', async () => {
    const id = await uploaded();
    const without = { ...world, attachmentRecords: undefined, attachmentFiles: undefined };
    const request = { clientMsgId: 'c1', to: 'bob', content: files(id) };
    await expect(send(without, 'alice', request)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('goes into a support chat as into any conversation (IM-FILE-2)', async () => {
    const { conversationId } = await openChat(world, callerOf('alice'), {});
    const id = await uploaded({}, { conversationId });
    await sendFiles(files(id), { conversationId });
    const roles = { roles: ['supervisor'] as const };
    const seen = await linkFiles(world, 'carol', { conversationId, seq: 2 }, roles);
    expect(seen.attachments).toHaveLength(1);
  });

  it('leaves no copies behind if a repeat comes late, after the recall (IM-FILE-4)', async () => {
    const id = await uploaded();
    await sendFiles(files(id));
    await recall(world, by('alice'), { to: 'bob', seq: 1 });
    // The recall deletes the upload, too; the form still takes another one.
    world.attachments.objects.set(pendingKey('alice', id), 'again');
    await sendFiles(files(id));
    expect(keysAt('sent/')).toEqual([]);
  });
});

describe('an edit of a message with files', () => {
  const change = (content: SentFiles | { type: 'text'; text: string }, more: object = {}) =>
    edit(world, by('alice'), { to: 'bob', seq: 1, editId: 'e1', content, ...more });

  it('changes the text, and nothing else (IM-FILE-5)', async () => {
    const id = await uploaded();
    await sendFiles({ ...files(id), text: 'lok' });
    expect(await change({ ...files(id), text: 'look' })).toMatchObject({
      rev: 1,
      content: { type: 'file', attachments: [{ attachmentId: id, name: 'cat.jpg' }], text: 'look' },
    });
    expect((await change(files(id), { editId: 'e2' })).content).not.toHaveProperty('text');
  });

  it('can neither add, take, nor exchange files (IM-FILE-5)', async () => {
    const [one, other] = [await uploaded(), await uploaded()];
    await sendFiles(files(one));
    for (const content of [files(other), files(one, other), { type: 'text', text: 'no file' } as const])
      await expect(change(content)).rejects.toMatchObject({ code: 'invalid_request' });
    await sayIn(world, 'a text');
    await expect(change(files(one), { seq: 2 })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('the hook and files', () => {
  async function asking(answer: (question: HookQuestion) => unknown) {
    const id = await uploaded();
    const hook: Hook = { onFailure: 'reject', ask: async (question) => answer(question) };
    const request = { clientMsgId: 'c1', to: 'bob', content: { ...files(id), text: 'look' } };
    return { id, sending: send({ ...world, hook }, 'alice', request) };
  }

  it('sees the records, and may rewrite the text (IM-FILE-6)', async () => {
    const asked: HookQuestion[] = [];
    const { id, sending } = await asking((question) => {
      asked.push(question);
      const { content } = question;
      return { verdict: 'rewrite', content: { ...content, text: '…' } };
    });
    const content = { type: 'file', attachments: [{ attachmentId: id, ...PICTURE }], text: '…' };
    expect((await sending).content).toEqual(content);
    expect(asked).toMatchObject([{ content: { ...content, text: 'look' } }]);
  });

  it('copies nothing of a message that it rejects (IM-FILE-6)', async () => {
    const { sending } = await asking(() => ({ verdict: 'reject', reason: 'no' }));
    await expect(sending).rejects.toMatchObject({ code: 'blocked_content' });
    expect(keysAt('sent/')).toEqual([]);
  });

  it.each([
    ['other files', { type: 'file', attachments: [{ attachmentId: '01M8G7ANDPMQ1Y9ZY667WWF1QF' }] }],
    ['a text', { type: 'text', text: 'no file' }],
  ])('gives no verdict with %s (IM-FILE-6)', async (_, content) => {
    const { sending } = await asking(() => ({ verdict: 'rewrite', content }));
    await expect(sending).rejects.toMatchObject({ code: 'unavailable', cause: expect.any(InvocationError) });
  });
});

describe('links to files', () => {
  it('are for who may read the message, the same for 5 minutes, and end 10 minutes after (IM-FILE-3)', async () => {
    const id = await uploaded({ thumbnail: THUMBNAIL });
    await sendFiles(files(id));
    world.advance(299_000);
    const first = await links();
    expect(first.attachments).toEqual([
      {
        attachmentId: id,
        url: expect.stringContaining(`${sent(id)}?`),
        thumbnailUrl: expect.stringContaining(`${sent(id)}.thumbnail?`),
        expiresAt: world.clock() - 299_000 + 600_000,
      },
    ]);
    expect(await links('alice')).toEqual(first);
    world.advance(1_000);
    expect(await links()).not.toEqual(first);
  });

  it.each([
    ['image/png', 'inline'],
    ['image/avif', 'inline'],
    ['video/mp4', 'inline'],
    ['audio/ogg', 'inline'],
    ['application/pdf', 'inline'],
    ['image/svg+xml', 'attachment'],
    ['text/html', 'attachment'],
    ['application/xhtml+xml', 'attachment'],
    ['image/pngx', 'attachment'],
    ['application/octet-stream', 'attachment'],
  ])('of %s say %s (IM-FILE-3)', async (type, disposition) => {
    await sendFiles(files(await uploaded({ type })));
    const url = new URL((await links()).attachments[0]?.url ?? '');
    expect(url.searchParams.get('disposition')).toBe(disposition);
    const shown = disposition === 'inline' ? type : 'application/octet-stream';
    expect(url.searchParams.get('type')).toBe(shown);
  });

  it('are for nobody else: not for strangers, former members, and those who joined later (IM-FILE-3)', async () => {
    const request = { name: 'Crew', members: ['bob', 'carol'], openHistory: false };
    const { conversationId } = await createGroup(world, 'alice', request);
    await sendFiles(files(await uploaded({}, { conversationId })), { conversationId });
    await addMembers(world, 'alice', conversationId, ['dave']);
    await removeMember(world, 'alice', conversationId, 'carol');
    expect((await links('bob', conversationId, 2)).attachments).toHaveLength(1);
    for (const user of ['carol', 'dave', 'eve'])
      await expect(links(user, conversationId, 2)).rejects.toMatchObject({ code: 'not_found' });
    await expect(links('eve')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('are not for a member who is removed while the message is read (IM-FILE-3, IM-INV-5)', async () => {
    const request = { name: 'Crew', members: ['bob'], openHistory: false };
    const { conversationId } = await createGroup(world, 'alice', request);
    await sendFiles(files(await uploaded({}, { conversationId })), { conversationId });
    const messages = {
      ...world.messages,
      page: async (...args: Parameters<World['messages']['page']>) => {
        const page = await world.messages.page(...args);
        await removeMember(world, 'alice', conversationId, 'bob');
        return page;
      },
    };
    await expect(linkFiles({ ...world, messages }, 'bob', { conversationId, seq: 2 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('are not there for messages without files, and recalled ones (IM-FILE-3)', async () => {
    await sendFiles(files(await uploaded()));
    await sayIn(world, '{"type":"file","attachments":[]}');
    for (const seq of [2, 3])
      await expect(links('bob', DIRECT, seq)).rejects.toMatchObject({ code: 'not_found' });
    await recall(world, by('alice'), { to: 'bob', seq: 1 });
    await expect(links()).rejects.toMatchObject({ code: 'not_found' });
  });
});
