import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Erasure } from '../../../lambdas/domain/model/erasure.ts';
import type { MessageReader, MessageWriter, StoredMessage } from '../../../lambdas/domain/model/message.ts';
import { inMemoryMessages } from '../../adapters/memory/messages.ts';
import { NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

type Messages = MessageReader & MessageWriter & Erasure;

const clock = () => NOON;
const memory = inMemoryMessages(clock);
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(clock);
});
afterAll(() => tables?.stop());
afterEach(() => vi.stubEnv('MESSAGES_PER_VOLUME', undefined));

const OPERATOR = { by: 'system', atMs: NOON + 5 } as const;
const BOB = { by: 'bob', atMs: NOON } as const;
const ERASED = '{"type":"erased"}';

describe.each([
  ['memory', (): Messages => memory],
  ['DynamoDB', (): Messages => tables.messages],
])('on %s, an erasure', (_, messages) => {
  const aMessage = (conversationId: string, more: Partial<StoredMessage> = {}): StoredMessage => ({
    conversationId,
    from: 'alice',
    clientMsgId: newName('c'),
    seq: 1,
    messageId: newName('m'),
    sentAt: NOON,
    contentJson: '{"text":"hi","type":"text"}',
    contentHash: 'h',
    ...more,
  });
  async function store(conversationId: string, more: Partial<StoredMessage> = {}): Promise<StoredMessage> {
    const message = aMessage(conversationId, more);
    await messages().putIfAbsent(message);
    return message;
  }
  const read = async (message: StoredMessage) => (await messages().getMany([message]))[0];

  it('finds what one user has written into a volume, page by page, and no claims (IM-ERASE-4)', async () => {
    vi.stubEnv('MESSAGES_PER_VOLUME', '5');
    const conversationId = `dm:alice:${newName('b')}`;
    const own = [];
    for (let seq = 1; seq <= 4; seq += 1)
      own.push(await store(conversationId, { seq, clientMsgId: `c${seq}` }));
    for (const from of ['alic', 'alice2', 'alice-', 'bob']) await store(conversationId, { from });
    await store(conversationId, { seq: 5 });
    await messages().claim({ conversationId, from: 'alice', clientMsgId: 'c9', seq: 1 });
    const found: StoredMessage[] = [];
    let after: string | undefined;
    do {
      const page = await messages().written({ conversationId, volume: 0 }, 'alice', { after, limit: 3 });
      expect(page.messages.length).toBeLessThanOrEqual(3);
      found.push(...page.messages);
      after = page.next;
    } while (after !== undefined);
    expect(found).toEqual(own);
  });

  it('replaces content and hash, removes what hangs on the message, and counts the change, once (IM-ERASE-4)', async () => {
    const message = await store(`dm:alice:${newName('b')}`, { replyTo: 1, mentions: ['bob'] });
    await messages().edit(message, {
      ...BOB,
      editId: 'e',
      contentJson: '{"text":"ho","type":"text"}',
      mentions: 'all',
    });
    await messages().showReactions(
      message,
      { version: 1, shards: 1, list: [] },
      { ...BOB, name: 'x', on: true },
    );
    await messages().showPin(message, { version: 1, pinned: { by: 'bob', at: NOON } }, BOB);
    const { conversationId, from, clientMsgId, seq, messageId, sentAt } = message;
    const erased = {
      ...{ conversationId, from, clientMsgId, seq, messageId, sentAt },
      ...{ contentJson: ERASED, contentHash: 'erased', rev: 4, changedAt: NOON + 5 },
      change: { kind: 'erased', by: 'system' },
    };
    expect(await messages().erase(message, ERASED, OPERATOR)).toEqual({ message: erased, isChanged: true });
    expect(await messages().erase(message, ERASED, OPERATOR)).toEqual({ message: erased, isChanged: false });
    expect(await read(message)).toEqual(erased);
  });

  it('erases a recalled message, whose hash still tells its text (IM-ERASE-4)', async () => {
    const message = await store(`dm:alice:${newName('b')}`);
    await messages().recall(message, '{"type":"recalled"}', BOB);
    expect(await messages().erase(message, ERASED, OPERATOR)).toMatchObject({ isChanged: true });
    expect(await read(message)).toMatchObject({ contentJson: ERASED, contentHash: 'erased', rev: 2 });
  });

  it('is final: no later change finds the message, and its key stays taken (IM-ERASE-4)', async () => {
    const message = await store(`dm:alice:${newName('b')}`);
    await messages().erase(message, ERASED, OPERATOR);
    const erased = await read(message);
    const refused = { message: erased, isChanged: false };
    expect(await messages().recall(message, '{"type":"recalled"}', BOB)).toEqual(refused);
    expect(await messages().edit(message, { ...BOB, editId: 'e', contentJson: '{}' })).toEqual(refused);
    expect(await messages().showPin(message, { version: 1 }, BOB)).toEqual(refused);
    expect(await messages().putIfAbsent({ ...message, messageId: 'other' })).toEqual(erased);
    expect(await messages().showWithout(message, undefined, OPERATOR)).toEqual(refused);
  });

  it('creates nothing where there is no message, or a claim', async () => {
    const conversationId = `dm:alice:${newName('b')}`;
    const missing = aMessage(conversationId);
    expect(await messages().erase(missing, ERASED, OPERATOR)).toBeUndefined();
    expect(await messages().eraseNames(missing, ERASED, OPERATOR)).toBeUndefined();
    expect(await messages().showWithout(missing, undefined, OPERATOR)).toBeUndefined();
    await messages().claim(missing);
    expect(await messages().erase(missing, ERASED, OPERATOR)).toBeUndefined();
    expect(await read(missing)).toBeUndefined();
  });

  it('leaves the reactions and the pin of a system message, which can still change (IM-ERASE-4)', async () => {
    const message = await store(`dm:alice:${newName('b')}`, { contentJson: '{"name":"typed"}' });
    const reactions = { version: 1, shards: 1, list: [] };
    await messages().showReactions(message, reactions, { ...BOB, name: 'x', on: true });
    expect(await messages().eraseNames(message, '{}', OPERATOR)).toMatchObject({ isChanged: true });
    expect(await messages().eraseNames(message, '{}', OPERATOR)).toMatchObject({ isChanged: false });
    expect(await read(message)).toMatchObject({
      contentJson: '{}',
      contentHash: 'erased',
      reactions,
      rev: 2,
    });
    expect(await messages().showPin(message, { version: 1 }, BOB)).toMatchObject({ isChanged: true });
  });

  it('shows the reactions that are left, unless newer ones are shown, and whose the last change was no more', async () => {
    const message = await store(`dm:alice:${newName('b')}`);
    const summary = (version: number) => ({ version, shards: 1, list: [] });
    await messages().showReactions(message, summary(2), { ...BOB, name: 'x', on: true });
    expect(await messages().showWithout(message, summary(2), OPERATOR)).toMatchObject({ isChanged: false });
    expect(await messages().showWithout(message, summary(3), OPERATOR)).toMatchObject({
      isChanged: true,
      message: { reactions: summary(3), rev: 2, change: { kind: 'erased', by: 'system' } },
    });
    expect(await messages().showWithout(message, undefined, OPERATOR)).toMatchObject({
      isChanged: true,
      message: { reactions: summary(3), rev: 3 },
    });
    expect(await read(message)).toMatchObject({
      contentJson: '{"text":"hi","type":"text"}',
      contentHash: 'h',
    });
  });

  it('puts the message where the feed of changes finds it (IM-ERASE-5)', async () => {
    const message = await store(`dm:alice:${newName('b')}`);
    await messages().erase(message, ERASED, OPERATOR);
    const range = { volumes: [0], sinceMs: NOON + 5, limit: 10 };
    expect((await messages().changed(message.conversationId, range)).messages).toMatchObject([
      { contentJson: ERASED },
    ]);
  });
});

describe('without events, an erased message', () => {
  it('does not say what its last change was', async () => {
    const conversationId = `dm:alice:${newName('b')}`;
    const message = {
      ...{ conversationId, from: 'alice', clientMsgId: 'c', seq: 1, messageId: newName('m'), sentAt: NOON },
      ...{ contentJson: '{}', contentHash: 'h' },
    };
    await tables.messages.putIfAbsent(message);
    await tables.messages.showReactions(
      message,
      { version: 1, shards: 1, list: [] },
      { ...BOB, name: 'secret', on: true },
    );
    const shown = await tables.messagesWithoutEvents.showWithout(message, undefined, OPERATOR);
    expect(shown?.message).not.toHaveProperty('change');
    const erased = await tables.messagesWithoutEvents.erase(message, ERASED, OPERATOR);
    expect(erased?.message).not.toHaveProperty('change');
  });
});
