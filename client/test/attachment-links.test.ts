import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../src/index.ts';
import { message, recallPush, SERVER_TIME } from './support/builders.ts';
import { harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

const record = (attachmentId: string) => ({ attachmentId, name: attachmentId, size: 1, type: 'image/png' });
const content = { type: 'file', attachments: [record('A'), record('B')] } as const;
const PATH = '/conversations/dm:alice:bob/messages/1/attachments';

/** A message with two files in the history, and links that work for five minutes. */
async function withFiles() {
  const parts = await harness();
  const { server, clock, im } = parts;
  server.history.push(message(1, { content }));
  let asked = 0;
  const startMs = clock.nowMs();
  server.httpAnswers.set(PATH, () => {
    asked += 1;
    const expiresAt = SERVER_TIME + clock.nowMs() - startMs + 300_000;
    const links = ['A', 'B'].map((attachmentId) => ({
      attachmentId,
      url: `https://${attachmentId}/${asked}`,
      expiresAt,
    }));
    return { status: 200, body: { attachments: links } };
  });
  const connection = await parts.connected();
  const bob = im.direct('bob');
  const [shown] = (await bob.history()).messages;
  const urlOf = async (attachmentId: string, of = shown as ChatMessage): Promise<string> =>
    (await bob.attachmentUrl(of, attachmentId)).url;
  return { ...parts, connection, bob, shown: shown as ChatMessage, urlOf, asked: () => asked };
}

describe('attachmentUrl (IM-FILE-3)', () => {
  it('asks once for all files of a message, and for all who ask at once', async () => {
    const { urlOf, asked } = await withFiles();
    expect(await Promise.all([urlOf('A'), urlOf('B'), urlOf('A')])).toEqual([
      'https://A/1',
      'https://B/1',
      'https://A/1',
    ]);
    expect(await urlOf('B')).toBe('https://B/1');
    expect(asked()).toBe(1);
  });

  it('asks again a minute before the links end, once for all who ask', async () => {
    const { urlOf, asked, clock } = await withFiles();
    await urlOf('A');
    clock.advance(239_000);
    expect(await urlOf('A')).toBe('https://A/1');
    clock.advance(1_000);
    expect(await Promise.all([urlOf('A'), urlOf('B')])).toEqual(['https://A/2', 'https://B/2']);
    expect(asked()).toBe(2);
  });

  it('forgets a failure', async () => {
    const { urlOf, server } = await withFiles();
    const answer = server.httpAnswers.get(PATH);
    server.httpAnswers.set(PATH, {
      status: 503,
      body: { code: 'unavailable', message: 'no', retryable: true },
    });
    await expect(Promise.all([urlOf('A'), urlOf('B')])).rejects.toMatchObject({ code: 'unavailable' });
    if (answer !== undefined) server.httpAnswers.set(PATH, answer);
    expect(await urlOf('A')).toBe('https://A/1');
  });

  it('forgets the links of a recalled message, whose files it no longer asks for', async () => {
    const { urlOf, asked, connection, bob, shown } = await withFiles();
    await urlOf('A');
    const recalled = new Promise<ChatMessage>((resolve) =>
      bob.on('changed', (event) => resolve(event.message)),
    );
    connection.send(recallPush(1, 'bob'));
    await expect(urlOf('A', await recalled)).rejects.toMatchObject({ code: 'not_found' });
    expect(asked()).toBe(1);
    // Even a caller with the message as it was.
    await urlOf('A', shown);
    expect(asked()).toBe(2);
  });

  it('rejects without a request for a file that was removed, is not in the message, or is not sent yet', async () => {
    const { urlOf, asked, shown, bob } = await withFiles();
    const removed = {
      ...shown,
      content: { ...content, attachments: [{ ...record('A'), removed: true as const }] },
    };
    const unsent = bob.sendFile(new Blob(['x']));
    unsent.acked.catch(() => {});
    for (const [of, id] of [
      [removed, 'A'],
      [shown, 'C'],
      [unsent, `${unsent.clientMsgId}.0`],
    ] as const)
      await expect(urlOf(id, of)).rejects.toMatchObject({ code: 'not_found', retryable: false });
    expect(asked()).toBe(0);
    await settle();
  });
});
