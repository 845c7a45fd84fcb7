import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Chat } from '../../../cli/chat/chat.ts';
import { messageLine, sizeText } from '../../../cli/chat/lines.ts';
import type { Screen } from '../../../cli/chat/screen.ts';
import { message, oldMessage, SERVER_TIME } from '../../../client/test/support/builders.ts';
import { FakeFiles } from '../../../client/test/support/fake-files.ts';
import { fullDelays, type Harness, harness } from '../../../client/test/support/harness.ts';
import { EACH_TURN } from '../../setup/patience.ts';

/** Records its lines, without times. */
class FakeScreen implements Screen {
  readonly live = true;
  readonly lines: string[] = [];
  below: readonly string[] = [];
  readonly #waiting: { text: string; resolve(): void }[] = [];

  write(line: string): void {
    this.lines.push(withoutTime(line));
    for (const { text, resolve } of this.#waiting) if (line.includes(text)) resolve();
  }

  showBelow(lines: readonly string[]): void {
    this.below = lines.map(withoutTime);
  }

  written(text: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ text, resolve }));
  }

  close(): void {}
}

function withoutTime(line: string): string {
  return line.replace(/^(\d{4}-\d\d-\d\d )?\d\d:\d\d /, '');
}

async function chatting(): Promise<Harness & { screen: FakeScreen; chat: Chat }> {
  const parts = await harness(fullDelays);
  const screen = new FakeScreen();
  return { ...parts, screen, chat: new Chat(parts.im, 'bob', screen) };
}

describe('chat', () => {
  it('shows the last 20 messages, then the new ones', async () => {
    const { server, chat, screen } = await chatting();
    server.history.push(...Array.from({ length: 25 }, (_, index) => oldMessage(index + 1)));
    server.inbox = [{ messages: [oldMessage(24), oldMessage(25)], batch: 'b', more: false }];
    await chat.start();
    expect(screen.lines.slice(0, 3)).toEqual(['● connected', 'bob: message 6', 'bob: message 7']);
    expect(screen.lines.slice(-3)).toEqual(['── 2 new ──', 'bob: message 24', 'bob: message 25']);
  });

  it('names the other user by their profile, and does what a line commands (IM-PROFILE-1, IM-BLOCK-1)', async () => {
    const { server, chat, clock, screen } = await chatting();
    server.history.push(oldMessage(1), oldMessage(2));
    server.httpAnswers.set('/profiles', (url) => {
      const profiles = [{ userId: 'bob', name: 'Bob \u001b[2J', avatar: 'https://x.y/z', version: 1 }];
      return {
        status: 200,
        body: url.searchParams.get('userIds') === 'bob' ? { profiles } : { profiles: [] },
      };
    });
    server.httpAnswers.set('/profile', (_, sent) => ({
      status: 200,
      body: { userId: 'alice', version: 1, ...Object(sent) },
    }));
    server.httpAnswers.set('/blocks/bob', { status: 204 });
    server.httpAnswers.set('/conversations/dm:alice:bob', (_, sent) =>
      sent === null
        ? { status: 200, body: { messages: server.history, hasMore: false } }
        : { status: 200, body: { settings: sent } },
    );
    const started = chat.start();
    clock.advance(0);
    await started;
    expect(screen.lines.at(-1)).toMatch(/^Bob .*: message 2$/);
    expect(screen.lines.join()).not.toContain('\u001b');
    for (const [line, outcome] of [
      ['/name Alice L.', '· you are Alice L. now'],
      ['/block', "· bob can't write to you any more"],
      ['/mute', '· this conversation is muted'],
      ['/help', expect.stringContaining('as of when the line was printed: … on its way, ✓ stored, ✓✓ read')],
      ['/blok', expect.stringMatching(/^· Commands: .*\/block/)],
    ] as const) {
      chat.enter(line);
      const look = () => {
        clock.advance(0);
        expect(screen.lines).toContainEqual(outcome);
      };
      await vi.waitFor(look, EACH_TURN);
    }
    const sent = server.calls.filter(([method]) => method !== 'GET');
    expect(sent).toEqual([
      ['PUT', '/profile', { name: 'Alice L.' }],
      ['PUT', '/blocks/bob', {}],
      ['PATCH', '/conversations/dm%3Aalice%3Abob', { muted: true }],
    ]);
    const shown = screen.written('/path/to');
    chat.enter('/path/to');
    await shown;
    const slashed = screen.written(' /blok');
    chat.enter(' /blok');
    await slashed;
  });

  it('sends a file, shows the files of others by name and size, and saves the latest', async () => {
    const parts = await chatting();
    const { server, chat, screen } = parts;
    const files = await FakeFiles.of(parts);
    const attachments = [
      { attachmentId: 'A', name: 'a\u001b.pdf', size: 12_345, type: 'application/pdf' },
      { attachmentId: 'B', name: 'b.bin', size: 2_500_000, type: 'x/y', removed: true as const },
    ];
    server.history.push(oldMessage(1, { content: { type: 'file', attachments, text: 'read this' } }));
    await chat.start();
    expect(screen.lines.at(-1)).toMatch(/^bob: 📎 a.*\.pdf \(12.3 kB\) 📎 b\.bin \[removed\] read this$/);
    expect(screen.lines.join()).not.toContain('\u001b');

    const folder = await mkdtemp(join(tmpdir(), 'im-chat-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'cat.png'), 'miaow');
    chat.enter(`/file ${join(folder, 'cat.png')}`);
    await chat.flushed();
    expect(screen.lines.at(-1)).toBe('you: 📎 cat.png (5 bytes) ✓');
    expect(files.asked).toMatchObject([{ name: 'cat.png', type: 'image/png', size: 5 }]);
    const failed = screen.written('ENOENT');
    chat.enter(`/file ${join(folder, 'none')}`);
    await failed;

    const [key = ''] = files.keys;
    const url = `data:text/plain,${files.objects.get(key)}`;
    server.httpAnswers.set('/conversations/dm:alice:bob/messages/2/attachments', {
      status: 200,
      body: { attachments: [{ attachmentId: key, url, expiresAt: SERVER_TIME * 2 }] },
    });
    const target = join(folder, 'saved');
    await mkdir(target);
    const saved = screen.written('saved');
    chat.enter(`/save ${target}`);
    await saved;
    expect(await readFile(join(target, 'cat.png'), 'utf8')).toBe('miaow');
    const again = screen.written('cat (2).png');
    chat.enter(`/save "${target}"`);
    await again;
    expect(await readFile(join(target, 'cat (2).png'), 'utf8')).toBe('miaow');
  });

  it('says of a file that is not sent what the server says (IM-FILE-1)', async () => {
    const { server, chat, screen } = await chatting();
    await chat.start();
    const folder = await mkdtemp(join(tmpdir(), 'im-chat-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'a b.wav'), 'beep');
    await writeFile(join(folder, 'empty.txt'), '');
    vi.stubEnv('HOME', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const reasonOf = async (path: string, error: object) => {
      const body = { message: 'The request is invalid.', retryable: false, ...error };
      server.httpAnswers.set('/attachments', { status: 400, body });
      const failed = screen.written('✗');
      chat.enter(`/file ${path}`);
      await failed;
      return screen.lines.at(-1);
    };
    const message = 'The file has 4 bytes; at most 3 are allowed.';
    expect(await reasonOf(`"${folder}/a b.wav"`, { code: 'payload_too_large', message })).toBe(
      `you: 📎 a b.wav (4 bytes) ✗ (not sent: ${message})`,
    );
    const issues = [{ path: 'type', message: 'must be one of image/*' }];
    expect(await reasonOf('~/a b.wav', { code: 'invalid_request', issues })).toContain(
      '(not sent: type must be one of image/*)',
    );
    expect(await reasonOf("'~/empty.txt'", { code: 'invalid_request' })).toContain(
      '(not sent: empty.txt is empty)',
    );
  });

  it.each([
    ['beep.wav', 'audio/wav'],
    ['song.M4A', 'audio/mp4'],
    ['clip.mov', 'video/quicktime'],
    ['logo.svg', 'image/svg+xml'],
    ['what.ever', 'application/octet-stream'],
  ])('sends %s as %s', async (name, type) => {
    const parts = await chatting();
    const files = await FakeFiles.of(parts);
    await parts.chat.start();
    const folder = await mkdtemp(join(tmpdir(), 'im-chat-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, name), 'x');
    const sent = parts.screen.written('✓');
    parts.chat.enter(`/file ${join(folder, name)}`);
    await sent;
    expect(files.asked).toMatchObject([{ name, type }]);
  });

  it.each([
    [1, '1 byte'],
    [16, '16 bytes'],
    [8_901, '8.9 kB'],
    [26_214_400, '26.2 MB'],
  ])('says %i bytes as the page does: %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it('shows what a message answers, if that is on the screen (IM-REPLY)', async () => {
    const { server, chat, screen } = await chatting();
    const long = { type: 'text', text: 'x'.repeat(50) } as const;
    server.history.push(
      oldMessage(3, { replyTo: 1 }),
      oldMessage(4, { replyTo: 3 }),
      oldMessage(5, { content: long }),
      oldMessage(6, { replyTo: 5 }),
    );
    await chat.start();
    expect(screen.lines.slice(1)).toEqual([
      'bob: ↩ message 3',
      'bob: ↩ “message 3” message 4',
      `bob: ${long.text}`,
      `bob: ↩ “${'x'.repeat(40)}…” message 6`,
    ]);
  });

  it('shows messages in order, whichever came first', async () => {
    const { server, chat, screen } = await chatting();
    server.history.push(...[1, 2, 3, 4, 5].map((seq) => oldMessage(seq)));
    // The others reached another session of this device.
    server.inbox = [{ messages: [oldMessage(2), oldMessage(4)], batch: 'b', more: false }];
    await chat.start();
    expect(screen.lines.slice(1)).toEqual([
      'bob: message 1',
      '── 4 new ──',
      ...[2, 3, 4, 5].map((seq) => `bob: message ${seq}`),
    ]);
  });

  it('shows only unread messages as new, and marks the messages it shows as read', async () => {
    const { server, chat, screen, im } = await chatting();
    server.history.push(...[1, 2, 3].map((seq) => oldMessage(seq)));
    server.inbox = [{ messages: [oldMessage(2), oldMessage(3)], batch: 'b', more: false }];
    server.reads = { readSeq: 2, peerReadSeq: 0 };
    await chat.start();
    expect(screen.lines.slice(-3)).toEqual(['bob: message 2', '── 1 new ──', 'bob: message 3']);
    expect(im.conversations()).toMatchObject([{ readSeq: 3, unread: 0 }]);
  });

  it('shows own messages below while they are pending, and with their state once it is known', async () => {
    const { server, chat, screen } = await chatting();
    chat.send('early');
    expect(screen.below).toEqual(['you: early …']);
    await chat.start();
    await chat.flushed();
    expect(screen.lines.at(-1)).toBe('you: early ✓');
    server.scripts.set('sendMessage', ({ id }) => ({
      type: 'error',
      id,
      code: 'forbidden',
      message: 'not\x1b[2J allowed',
      retryable: false,
    }));
    const decided = screen.written('✗');
    chat.send('refused');
    chat.send('   ');
    await decided;
    expect(screen.lines.at(-1)).toBe('you: refused ✗ (not sent: not␛[2J allowed)');
    expect(screen.below).toEqual([]);
    expect(chat.failures).toBe(1);
  });

  it('shows incoming messages without their control characters', async () => {
    const { connected, chat, screen } = await chatting();
    const connection = await connected();
    await chat.start();
    const shown = screen.written('gone');
    connection.push(message(1, { content: { type: 'text', text: '\x1b[2Jgone\nyou: forged ✓' } }));
    await shown;
    expect(screen.lines.at(-1)).toBe('bob: ␛[2Jgone ⏎ you: forged ✓');
  });

  it('shows when the connection is lost, when the next attempt is, and when it is back', async () => {
    const { connected, chat, screen, entered, clock } = await chatting();
    const connection = await connected();
    await chat.start();
    const lost = entered('reconnecting');
    connection.cut();
    await lost;
    expect(screen.below).toEqual(['○ disconnected: the connection was lost; next try in 1 s']);
    chat.send('queued');
    expect(screen.below).toContain('you: queued …');
    const again = entered('connected');
    clock.advance(500);
    await again;
    await chat.flushed();
    expect(screen.lines).toContain('● connected again');
    chat.stop();
  });

  it('shows the date of a message from another day', () => {
    const [sentAt, today] = [new Date(2026, 1, 3, 4, 5), new Date(2026, 1, 4, 4, 5)];
    const old = {
      ...message(1),
      key: 'bob:c1',
      sentAt: sentAt.getTime(),
      mine: false,
      state: 'sent',
      editedAt: undefined,
      error: undefined,
    } as const;
    expect(messageLine(old, sentAt)).toBe('04:05 bob: message 1');
    expect(messageLine(old, today)).toBe('2026-02-03 04:05 bob: message 1');
  });

  it('says that a message was edited, unless nothing of it is left (IM-EDIT)', () => {
    const own = {
      ...message(1, { sentAt: SERVER_TIME }),
      key: 'alice:c1',
      mine: true,
      state: 'read',
      editedAt: SERVER_TIME + 1,
      error: undefined,
    } as const;
    const now = new Date(SERVER_TIME);
    expect(messageLine(own, now)).toMatch(/ you: message 1 \(edited\) ✓✓$/);
    const recalled = { ...own, content: { type: 'recalled', by: 'alice', at: SERVER_TIME + 2 } } as const;
    expect(messageLine(recalled, now)).toMatch(/ you: \[recalled\] ✓✓$/);
  });

  it.each([
    [{ type: 'custom', data: {}, fallback: 'a \x07picture' }, 'a ␇picture'],
    [{ type: 'custom', data: {} }, '[custom content]'],
    [{ type: 'recalled', by: 'bob', at: 1 }, '[recalled]'],
    [{ type: 'erased' }, '[deleted]'],
    [{ type: 'from-the-future' } as never, '[unknown content]'],
  ] as const)('shows %j as %j', (content, text) => {
    const received = {
      ...message(1, { content, sentAt: SERVER_TIME }),
      key: 'bob:c1',
      mine: false,
      state: 'sent',
      editedAt: undefined,
      error: undefined,
    } as const;
    expect(messageLine(received, new Date(SERVER_TIME))).toMatch(
      new RegExp(`bob: ${text.replace(/[[\]]/g, '\\$&')}$`),
    );
  });
});
