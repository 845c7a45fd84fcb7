import { describe, expect, it } from 'vitest';
import { messagesFrame } from '../../../lambdas/domain/delivery/deliver.ts';
import { fillPage, firstEntries, pageBytesFor, toInboxPage } from '../../../lambdas/domain/delivery/inbox.ts';
import { draft } from '../../../lambdas/domain/messages/store.ts';
import { textFor } from '../../../lambdas/domain/model/encoding.ts';
import { referenceTo } from '../../../lambdas/domain/model/reference.ts';
import type { SentContent } from '../../../protocol/content.ts';
import { directConversationId } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { createWorld, storeAt } from '../../adapters/memory/world.ts';

/** Content as large as the contract allows; each kind grows differently in JSON and in Protobuf. */
const LARGEST: Readonly<Record<string, SentContent>> = {
  letters: textOf('x', 1),
  quotes: textOf('"', 2),
  'control characters': textOf('\u0001', 6),
  emoji: textOf('😀', 4),
  'custom data': { type: 'custom', data: { list: Array.from({ length: 8_160 }, () => 1) } },
};

function textOf(char: string, jsonBytes: number): SentContent {
  return { type: 'text', text: char.repeat(Math.floor((LIMITS.maxContentBytes - 40) / jsonBytes)) };
}

const LONGEST = 'i'.repeat(64);
const [ALICE, BOB] = ['a'.repeat(64), 'b'.repeat(64)];

/** The frames that this many messages of this content cause: each push, and the reply to `hello` with the first page. */
async function framesOf(content: SentContent, count: number, encoding: 'protobuf' | undefined) {
  const world = createWorld();
  const session = encoding === undefined ? {} : { encoding };
  const pushes: string[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const id = directConversationId(ALICE, BOB);
    const clientMsgId = String(seq).padStart(64, 'c');
    const message = await storeAt(world, id, seq, draft(ALICE, clientMsgId, content));
    await world.inboxWriter.put([{ userId: BOB, reference: referenceTo(message) }]);
    pushes.push(textFor(session, messagesFrame([message])));
  }
  const page = await fillPage(world, BOB, await firstEntries(world, BOB), pageBytesFor(session));
  const welcome = {
    type: 'welcome',
    id: LONGEST,
    userId: BOB,
    deviceId: LONGEST,
    connectionId: LONGEST,
    serverTime: world.clock(),
    session: { expiresAt: world.clock() },
    heartbeatIntervalMs: LIMITS.heartbeatIntervalMs,
    inbox: toInboxPage(BOB, page),
  };
  const drained = textFor(session, messagesFrame(page.messages));
  return [...pushes, drained, textFor(session, JSON.stringify(welcome))];
}

describe.each([undefined, 'protobuf'] as const)('a frame in %s', (encoding) => {
  it.each(Object.entries(LARGEST))(
    'fits the gateway’s 32 KB with the longest ids and the largest content, of %s (IM-FRAME-5, IM-HELLO-1)',
    async (_, content) => {
      for (const count of [1, 2]) {
        const bytes = (await framesOf(content, count, encoding)).map((frame) => Buffer.byteLength(frame));
        expect(Math.max(...bytes)).toBeLessThanOrEqual(LIMITS.maxFrameBytes);
        expect(Math.max(...bytes)).toBeGreaterThan(LIMITS.maxContentBytes / 6);
      }
    },
  );

  it('fits them with a page full of small messages, or of a few long ones (IM-HELLO-1)', async () => {
    const lengths = [1, 50, 300, 1_500, 6_500, 8_500, 12_300];
    for (const text of lengths.flatMap((length) => ['x'.repeat(length), '"'.repeat(length / 2)])) {
      const frames = await framesOf({ type: 'text', text }, LIMITS.inboxPageMessages, encoding);
      for (const frame of frames) expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(LIMITS.maxFrameBytes);
    }
  });
});
