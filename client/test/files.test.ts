import { describe, expect, it } from 'vitest';
import { type ChatMessage, type ImError, MessageView, type OwnMessage } from '../src/index.ts';
import { message as stored } from './support/builders.ts';
import { FakeFiles, fileOf } from './support/fake-files.ts';
import { fullDelays, type Harness, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';
import type { ServerConnection } from './support/scripted-server.ts';

async function connectedWithFiles(): Promise<Harness & { files: FakeFiles; connection: ServerConnection }> {
  const parts = await harness(fullDelays);
  const files = await FakeFiles.of(parts);
  return { ...parts, files, connection: await parts.connected() };
}

const codeOf = (message: OwnMessage): Promise<string> =>
  message.acked.then(
    () => 'sent',
    (error: ImError) => error.code,
  );

/** Resolves when this is so; looks at each event of the conversation with bob. */
function until({ im }: Harness, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo()) return;
      for (const off of offs) off();
      resolve();
    };
    const bob = im.direct('bob');
    const offs = [bob.on('upload', look), bob.on('state', look), bob.on('discarded', look)];
    look();
  });
}

function gate(): { closed: Promise<void>; open: () => void } {
  let open = (): void => {};
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { closed, open };
}

const names = (message: ChatMessage): string[] =>
  message.content.type === 'file' ? message.content.attachments.map(({ name }) => name) : [];

describe('sendFile', () => {
  it('shows the message at once, uploads the file, and sends its id (IM-FILE-2)', async () => {
    const { im, files, connection, server } = await connectedWithFiles();
    const message = im.direct('bob').sendFile(fileOf('cat.txt', 'miaow'), { text: 'look' });
    expect(message).toMatchObject({
      state: 'pending',
      content: {
        type: 'file',
        text: 'look',
        attachments: [{ name: 'cat.txt', size: 5, type: 'text/plain' }],
      },
      uploads: [{ state: 'waiting', sentBytes: 0, totalBytes: 5 }],
    });
    await message.acked;
    expect(files.asked).toEqual([{ to: 'bob', name: 'cat.txt', size: 5, type: 'text/plain' }]);
    const [id = ''] = files.keys;
    expect(String(files.objects.get(id))).toBe('miaow');
    const sent = connection.frames.filter(({ action }) => action === 'sendMessage');
    expect(sent.map(({ content }) => content)).toEqual([
      { type: 'file', attachments: [{ attachmentId: id }], text: 'look' },
    ]);
    const attachments = [{ attachmentId: id, name: 'cat.txt', size: 5, type: 'text/plain' }];
    expect(message).toMatchObject({
      state: 'sent',
      content: { type: 'file', text: 'look', attachments },
      uploads: [{ state: 'done', sentBytes: 5 }],
    });
    expect(im.conversations()?.[0]?.lastMessage?.content).toEqual(server.history[0]?.content);
  });

  it('uploads with the names and types that the server takes', async () => {
    const { im, files } = await connectedWithFiles();
    const long = `${'ü'.repeat(200)}.jpeg`;
    await im
      .direct('bob')
      .sendFile([
        { data: new Blob(['a'], { type: 'video/webm;codecs=vp9' }), name: 'a/b\\c\u202Efdp.exe\n' },
        { data: new Blob(['b']), name: long, width: 3, height: 2, durationMs: 7 },
        new Blob(['c'], { type: 'Image/PNG' }),
      ]).acked;
    const asked = [
      { to: 'bob', name: 'a_b_c_fdp.exe_', size: 1, type: 'video/webm' },
      {
        ...{ to: 'bob', name: `${'ü'.repeat(125)}.jpeg`, size: 1, type: 'application/octet-stream' },
        ...{ width: 3, height: 2, durationMs: 7 },
      },
      { to: 'bob', name: 'file', size: 1, type: 'image/png' },
    ];
    expect(files.asked).toEqual(expect.arrayContaining(asked));
  });

  it.each([
    [undefined, 'J'],
    [true, 'JPLACE'],
  ])('removes the place from a picture, unless keepMetadata is true', async (keepMetadata, kept) => {
    const { im, files } = await connectedWithFiles();
    const comment = [0xff, 0xfe, 0, 7, ...Buffer.from('PLACE')];
    const rest = [0xff, 0xdb, 0, 3, 0x4a, 0xff, 0xda, 0, 2, 1, 2, 3, 4, 5, 0xff, 0xd9];
    const picture = new File([Uint8Array.from([0xff, 0xd8, ...comment, ...rest])], 'a.jpg', {
      type: 'image/jpeg',
    });
    const message = im.direct('bob').sendFile(picture, { keepMetadata });
    await message.acked;
    const [bytes = Buffer.alloc(0)] = files.objects.values();
    expect([...String(bytes).matchAll(/PLACE|J/g)].map(String).sort().join('')).toBe(kept);
    expect(files.asked[0]?.size).toBe(bytes.length);
    expect(message).toMatchObject({
      content: { attachments: [{ name: 'a.jpg', size: bytes.length }] },
      uploads: [{ sentBytes: bytes.length, totalBytes: bytes.length }],
    });
  });

  it('uploads the thumbnail that the app has made', async () => {
    const { im, files } = await connectedWithFiles();
    const thumbnail = { data: new Blob(['small'], { type: 'image/webp' }), width: 32, height: 24 };
    await im.direct('bob').sendFile({ data: fileOf('a.bin', 'large'), thumbnail }).acked;
    expect(files.asked[0]?.thumbnail).toEqual({ size: 5, type: 'image/webp', width: 32, height: 24 });
    expect([...files.objects].map(([key, bytes]) => [key.slice(26), String(bytes)])).toEqual([
      ['.thumbnail', 'small'],
      ['', 'large'],
    ]);
  });

  it('sends a text at once while an earlier file is being uploaded', async () => {
    const { im, files, connection } = await connectedWithFiles();
    const { closed, open } = gate();
    files.gate = closed;
    const file = im.direct('bob').sendFile(fileOf('film.txt', 'long'));
    await im.direct('bob').send({ type: 'text', text: 'coming' }).acked;
    expect(file.state).toBe('pending');
    open();
    await file.acked;
    const sent = connection.frames.filter(({ action }) => action === 'sendMessage');
    expect(sent.map(({ content }) => content?.type)).toEqual(['text', 'file']);
  });

  it('keeps the order of messages with files, and uploads three at once', async () => {
    const { im, files, server } = await connectedWithFiles();
    const { closed, open } = gate();
    files.gate = closed;
    const sent = Array.from({ length: 10 }, (_, index) => im.direct('bob').sendFile(fileOf(`${index}`, 'x')));
    await expect.poll(() => files.mostAtOnce).toBe(3);
    await settle();
    open();
    await Promise.all(sent.map(({ acked }) => acked));
    expect(server.history.map((message) => names(message as unknown as ChatMessage)[0])).toEqual(
      Array.from({ length: 10 }, (_, index) => `${index}`),
    );
    expect(files.mostAtOnce).toBe(3);
  });

  it('keeps the order of the files of a message', async () => {
    const { im, server } = await connectedWithFiles();
    const list = Array.from({ length: 10 }, (_, index) => fileOf(`${index}`, 'x'.repeat(index + 1)));
    await im.direct('bob').sendFile(list).acked;
    expect(server.history).toHaveLength(1);
    expect(names(server.history[0] as unknown as ChatMessage)).toEqual(list.map(({ name }) => name));
  });

  it.each<[string, readonly (number | 'cut')[]]>([
    ['the network fails', ['cut', 'cut']],
    ['S3 is unavailable', [503, 500]],
  ])('tries again with the same form when %s, and sends one message', async (_, answers) => {
    const parts = await connectedWithFiles();
    const { im, files, server, clock } = parts;
    files.answers.push(...answers);
    const message = im.direct('bob').sendFile(fileOf('a', 'x'));
    for (let failed = 1; failed <= answers.length; failed += 1) {
      await until(parts, () => message.uploads?.[0]?.error !== undefined && files.posted.length === failed);
      expect(message.uploads?.[0]).toMatchObject({ state: 'waiting', sentBytes: 0 });
      await settle();
      clock.advance(500 * 2 ** (failed - 1));
    }
    await message.acked;
    expect(message.uploads?.[0]?.error).toBeUndefined();
    expect(files.asked).toHaveLength(1);
    expect(server.history).toHaveLength(1);
  });

  it('asks for another form when S3 refuses one, and before one ends (IM-FILE-1)', async () => {
    const parts = await connectedWithFiles();
    const { im, files, clock } = parts;
    files.answers.push(403);
    files.formMs = 61_000;
    const message = im.direct('bob').sendFile(fileOf('a', 'x'));
    await until(parts, () => message.uploads?.[0]?.error !== undefined);
    expect(message.uploads?.[0]?.error?.message).toContain('403: AccessDenied Policy expired.');
    await settle();
    files.answers.push(503);
    clock.advance(500);
    await until(parts, () => files.posted.length === 2 && message.uploads?.[0]?.error !== undefined);
    await settle();
    expect(files.asked).toHaveLength(2);
    files.formMs = 900_000;
    clock.advance(1_000);
    await message.acked;
    expect(files.asked).toHaveLength(3);
    expect(files.keys).toEqual([files.posted.at(-1)]);
  });

  it('uploads only the missing files of a message again', async () => {
    const parts = await connectedWithFiles();
    const { im, files, clock } = parts;
    files.answers.push(204, 503, 204);
    const message = im.direct('bob').sendFile([fileOf('a', 'x'), fileOf('b', 'x'), fileOf('c', 'x')]);
    await until(
      parts,
      () => files.posted.length === 3 && message.uploads?.some(({ error }) => error) === true,
    );
    await settle();
    clock.advance(500);
    await message.acked;
    expect(files.posted).toHaveLength(4);
    expect(new Set(files.posted).size).toBe(3);
  });

  it('fails the message after eight failures in a row, and retry sends it', async () => {
    const parts = await connectedWithFiles();
    const { im, files, clock, server } = parts;
    files.answers.push(...Array.from({ length: 8 }, () => 'cut' as const));
    const message = im.direct('bob').sendFile(fileOf('a', 'x'));
    const failed = codeOf(message);
    for (let posts = 1; posts <= 8; posts += 1) {
      await until(parts, () => files.posted.length === posts && message.uploads?.[0]?.state !== 'uploading');
      await settle();
      clock.advance(20_000);
    }
    expect(await failed).toBe('network');
    expect(message).toMatchObject({
      state: 'failed',
      uploads: [{ state: 'failed', error: { code: 'network' } }],
    });
    await im.direct('bob').retry(message.clientMsgId);
    expect(message).toMatchObject({ state: 'sent', uploads: [{ state: 'done' }] });
    expect(server.history).toHaveLength(1);
  });

  it.each([
    ['payload_too_large', 413],
    ['invalid_request', 400],
    ['forbidden', 403],
  ])('fails with %s before anything is uploaded, and later files go on', async (code, status) => {
    const { im, files, server } = await connectedWithFiles();
    const ask = server.httpAnswers.get('/attachments') as (
      url: URL,
      sent: unknown,
    ) => { status: number; body: unknown };
    server.httpAnswers.set('/attachments', (url, sent) =>
      (sent as { name: string }).name === 'bad'
        ? { status, body: { code, message: 'no', retryable: false } }
        : ask(url, sent),
    );
    const bad = im.direct('bob').sendFile([fileOf('good', 'x'), fileOf('bad', 'x')]);
    const next = im.direct('bob').sendFile(fileOf('next', 'x'));
    expect(await codeOf(bad)).toBe(code);
    expect(bad.uploads?.map(({ state }) => state)).toEqual(['waiting', 'failed']);
    await next.acked;
    expect(files.posted).toHaveLength(1);
  });

  it.each([
    [404, { message: 'Not Found' }, 'this deployment takes no files'],
    [413, '<html>Request Entity Too Large</html>', /answered 413: <html>/],
  ])(
    'fails at once when the gateway answers %i in place of the service (IM-FILE-1)',
    async (status, body, message) => {
      const { im, files, server } = await connectedWithFiles();
      let asked = 0;
      server.httpAnswers.set('/attachments', () => {
        asked += 1;
        return { status, body };
      });
      const sent = im.direct('bob').sendFile(fileOf('a', 'x'));
      await expect(sent.acked).rejects.toMatchObject({ code: 'invalid_request', retryable: false });
      await expect(sent.acked).rejects.toThrow(message);
      expect(sent.uploads).toMatchObject([{ state: 'failed', error: { code: 'invalid_request' } }]);
      expect(asked).toBe(1);
      expect(files.posted).toEqual([]);
    },
  );

  it.each([401, 408, 425, 429, 502])(
    'tries again when the gateway answers %i in place of the service',
    async (status) => {
      const parts = await connectedWithFiles();
      const { im, server, clock } = parts;
      const ask = server.httpAnswers.get('/attachments');
      server.httpAnswers.set('/attachments', () => ({ status, body: { message: 'no' } }));
      const sent = im.direct('bob').sendFile(fileOf('a', 'x'));
      await until(parts, () => sent.uploads?.[0]?.error !== undefined);
      await settle();
      expect(sent.state).toBe('pending');
      server.httpAnswers.set('/attachments', ask as NonNullable<typeof ask>);
      clock.advance(20_000);
      await sent.acked;
      expect(server.history).toHaveLength(1);
    },
  );

  it('uploads again when the server has deleted the files, once, under the same clientMsgId (IM-FILE-4)', async () => {
    const { im, files, server, connection } = await connectedWithFiles();
    let refusals = 0;
    const send = server.scripts.get('sendMessage');
    server.scripts.set('sendMessage', (frame, from) => {
      if (refusals === 0) files.expire();
      refusals += 1;
      return send?.(frame, from);
    });
    const message = im.direct('bob').sendFile(fileOf('a', 'x'));
    await message.acked;
    expect(files.asked).toHaveLength(2);
    const sent = connection.frames.filter(({ action }) => action === 'sendMessage');
    expect(new Set(sent.map(({ clientMsgId }) => clientMsgId))).toEqual(new Set([message.clientMsgId]));
    expect(server.history).toHaveLength(1);

    server.scripts.set('sendMessage', (frame, from) => {
      files.expire();
      return send?.(frame, from);
    });
    expect(await codeOf(im.direct('bob').sendFile(fileOf('b', 'x')))).toBe('invalid_request');
    expect(files.asked).toHaveLength(4);
  });

  it('counts as sent when another attempt has stored it with other ids (IM-SEND-2)', async () => {
    const { im, server } = await connectedWithFiles();
    server.history.push({
      ...{ conversationId: 'dm:alice:bob', seq: 1, messageId: 'M1', clientMsgId: 'mine', from: 'alice' },
      ...{ content: { type: 'file', attachments: [] }, sentAt: 1, rev: 0 },
    });
    server.scripts.set('sendMessage', ({ id }) => ({
      ...{ type: 'error', id, code: 'idempotency_conflict', message: 'other content', retryable: false },
    }));
    const message = im.direct('bob').sendFile(fileOf('a', 'x'), { clientMsgId: 'mine' });
    expect(await message.acked).toMatchObject({ seq: 1, duplicate: true });
    const other = im.direct('bob').sendFile(fileOf('a', 'x'), { clientMsgId: 'other' });
    expect(await codeOf(other)).toBe('idempotency_conflict');
  });

  it('is cancelled by its signal, and by discard, until its files are uploaded', async () => {
    const parts = await connectedWithFiles();
    const { im, files, server } = parts;
    const bob = im.direct('bob');
    const view = new MessageView(bob);
    const { closed, open } = gate();
    files.gate = closed;
    const aborter = new AbortController();
    const first = bob.sendFile(fileOf('a', 'x'), { signal: aborter.signal });
    const second = bob.sendFile(fileOf('b', 'x'));
    const third = bob.sendFile(fileOf('c', 'x'));
    await until(parts, () => third.uploads?.[0]?.state === 'uploading');
    const codes = [codeOf(first), codeOf(second)];
    aborter.abort();
    expect(bob.discard(second.clientMsgId)).toBe(true);
    expect(await Promise.all(codes)).toEqual(['cancelled', 'cancelled']);
    await settle();
    expect(view.snapshot.messages.map(({ clientMsgId }) => clientMsgId)).toEqual([third.clientMsgId]);
    open();
    await third.acked;
    expect(bob.discard(third.clientMsgId)).toBe(false);
    expect(server.history.map(({ clientMsgId }) => clientMsgId)).toEqual([third.clientMsgId]);
    view.close();
  });

  it('can no longer be cancelled once it may be stored', async () => {
    const { im, server, connection } = await connectedWithFiles();
    server.scripts.set('sendMessage', () => undefined);
    const message = im.direct('bob').sendFile(fileOf('a', 'x'));
    await connection.next('sendMessage');
    expect(im.direct('bob').discard(message.clientMsgId)).toBe(false);
    expect(message.state).toBe('pending');
  });

  it.each<[string, () => Parameters<OwnSend>]>([
    ['no file', () => [[]]],
    ['eleven files', () => [Array.from({ length: 11 }, () => fileOf('a', 'x'))]],
    ['an empty file', () => [fileOf('a', '')]],
  ])('fails at once with %s, without a message', async (_, make) => {
    const { im, heard, files } = await connectedWithFiles();
    const message = im.direct('bob').sendFile(...make());
    expect(await codeOf(message)).toBe('invalid_request');
    expect(heard).toEqual([]);
    expect(files.asked).toEqual([]);
  });

  it('fails at once with a signal that is aborted, without a message', async () => {
    const { im, heard } = await connectedWithFiles();
    const message = im.direct('bob').sendFile(fileOf('a', 'x'), { signal: AbortSignal.abort() });
    expect(await codeOf(message)).toBe('cancelled');
    expect(heard).toEqual([]);
  });

  it('waits for a connection, and starts again on the next', async () => {
    const parts = await harness(fullDelays);
    const files = await FakeFiles.of(parts);
    const { im, server, clock } = parts;
    files.answers.push('cut');
    const message = im.direct('bob').sendFile(fileOf('a', 'x'));
    await settle();
    expect(files.asked).toEqual([]);
    const { closed, open } = gate();
    files.gate = closed;
    const connection = await parts.connected();
    await until(parts, () => message.uploads?.[0]?.state === 'uploading');
    const lost = parts.entered('reconnecting');
    connection.cut();
    await lost;
    open();
    await until(parts, () => message.uploads?.[0]?.error !== undefined);
    await settle();
    expect(message.state).toBe('pending');
    clock.advance(500);
    await message.acked;
    expect(server.history).toHaveLength(1);
  });

  it('fails when the client is closed, and retry goes on after a new connection', async () => {
    const parts = await connectedWithFiles();
    const { im, files, server } = parts;
    const { closed, open } = gate();
    files.gate = closed;
    const message = im.direct('bob').sendFile(fileOf('a', 'x'));
    await until(parts, () => message.uploads?.[0]?.state === 'uploading');
    const failed = codeOf(message);
    im.close();
    expect(await failed).toBe('closed');
    expect(message.uploads).toMatchObject([{ state: 'waiting', sentBytes: 0 }]);
    open();
    await im.connect();
    await im.direct('bob').retry(message.clientMsgId);
    expect(server.history).toHaveLength(1);
  });

  it('shows each step in a view', async () => {
    const { im } = await connectedWithFiles();
    const view = new MessageView(im.direct('bob'));
    const states: unknown[] = [];
    view.subscribe(({ messages }) => {
      const [message] = messages;
      const now = `${message?.state} ${message?.uploads?.[0]?.state}`;
      if (message !== undefined && now !== states.at(-1)) states.push(now);
    });
    await im.direct('bob').sendFile(fileOf('a', 'x')).acked;
    await settle();
    expect(states).toEqual(['pending waiting', 'pending uploading', 'pending done', 'sent done']);
    view.close();
  });

  it('keeps the local files in a view when the message changes or is loaded again, until it is recalled', async () => {
    const { im, connection } = await connectedWithFiles();
    const view = new MessageView(im.direct('bob'));
    const message = im.direct('bob').sendFile(fileOf('a', 'x'));
    await message.acked;
    await view.reload();
    const shown = () => view.snapshot.messages[0];
    expect(shown()?.uploads?.[0]?.file).toBeInstanceOf(File);
    const { clientMsgId } = message;
    const changed = stored(1, { clientMsgId, from: 'alice', content: message.content, rev: 1, editedAt: 5 });
    const change = { kind: 'edited', by: 'alice' } as const;
    connection.send({ type: 'changed', conversationId: changed.conversationId, change, message: changed });
    await expect.poll(() => shown()?.editedAt).toBe(5);
    expect(shown()?.uploads?.[0]?.file).toBeInstanceOf(File);
    const content = { type: 'recalled', by: 'alice', at: 6 } as const;
    const recalled = { ...changed, content, rev: 2 };
    connection.send({ type: 'changed', conversationId: changed.conversationId, change, message: recalled });
    await expect.poll(() => shown()?.content.type).toBe('recalled');
    expect(shown()?.uploads).toBeUndefined();
    view.close();
  });

  it('says how many bytes of all its files are sent', async () => {
    const { im } = await connectedWithFiles();
    const calls: [number, number][] = [];
    const onProgress = (...call: [number, number]): unknown => calls.push(call);
    await im.direct('bob').sendFile([fileOf('a', 'xx'), fileOf('b', 'xxx')], { onProgress }).acked;
    expect(calls.at(-1)).toEqual([5, 5]);
    expect(calls.every(([sent, total]) => sent <= total && total === 5)).toBe(true);
  });
});

type OwnSend = ReturnType<Harness['im']['direct']>['sendFile'];
