import { describe, expect, it } from 'vitest';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import { aRequest, aSession, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const CONVERSATION = 'dm:alice:bob';

async function withSpeaker(): Promise<{ world: World; caller: ReturnType<typeof aSession> }> {
  const world = createWorld();
  const caller = aSession({ userId: 'alice', deviceId: 'laptop' });
  await world.routes.connect(caller);
  return { world, caller };
}

const history = async (world: World) =>
  (await world.messages.page(CONVERSATION, { after: 0, limit: 100 })).messages;

describe('sendMessage', () => {
  it("returns the server's seq, id, and time, after the message is stored (IM-SEND-1, IM-SEND-6)", async () => {
    const { world, caller } = await withSpeaker();
    const sent = await send(world, 'alice', aRequest(), caller);
    const [stored] = await history(world);
    expect(sent).toEqual({
      clientMsgId: 'c1',
      conversationId: CONVERSATION,
      messageId: stored?.messageId,
      seq: 1,
      sentAt: NOON,
      duplicate: false,
    });
  });

  it('is refused to system, which is no user, and taken from it (section 1)', async () => {
    const { world } = await withSpeaker();
    const { to: _, ...rest } = aRequest();
    for (const target of [{ to: 'system' }, { conversationId: 'dm:alice:system' }]) {
      const refused = send(world, 'alice', { ...rest, ...target });
      await expect(refused).rejects.toMatchObject({ code: 'invalid_request' });
    }
    expect(await send(world, 'system', aRequest({ to: 'alice' }))).toMatchObject({ seq: 1 });
  });

  it('returns the first ack when a send is repeated, by to or conversationId (IM-SEND-2)', async () => {
    const { world, caller } = await withSpeaker();
    const first = await send(world, 'alice', aRequest(), caller);
    world.advance(60_000);
    const { to: _, ...rest } = aRequest();
    const again = await send(world, 'alice', { ...rest, conversationId: CONVERSATION });
    expect(again).toEqual({ ...first, duplicate: true });
    expect(await history(world)).toHaveLength(1);
  });

  it('leaves no hole when a repeat is marked as one, whether or not the original was stored (IM-SEND-3)', async () => {
    const { world, caller } = await withSpeaker();
    await send(world, 'alice', aRequest({ resend: true }), caller);
    await send(world, 'alice', aRequest({ resend: true }), caller);
    const next = await send(world, 'alice', aRequest({ clientMsgId: 'c2' }), caller);
    expect(next.seq).toBe(2);
    const other = aRequest({ resend: true, content: { type: 'text', text: 'other' } });
    await expect(send(world, 'alice', other, caller)).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('delivers a repeat again under the same seq, since the first attempt may have died before it (IM-SEND-2)', async () => {
    const { world, caller } = await withSpeaker();
    await world.routes.connect(aSession());
    await send(world, 'alice', aRequest(), caller);
    await send(world, 'alice', aRequest(), caller);
    expect(world.connections.posts.map(({ frame }) => frame)).toEqual([
      expect.objectContaining({ messages: [expect.objectContaining({ seq: 1 })] }),
      expect.objectContaining({ messages: [expect.objectContaining({ seq: 1 })] }),
    ]);
  });

  it('accepts equal canonical JSON as the same content, and refuses other content (IM-SEND-2)', async () => {
    const { world, caller } = await withSpeaker();
    const content = (data: unknown) => aRequest({ content: { type: 'custom', data } });
    await send(world, 'alice', content({ a: 1, b: 2 }), caller);
    await expect(send(world, 'alice', content({ b: 2, a: 1 }), caller)).resolves.toMatchObject({
      duplicate: true,
    });
    const conflict = expect.objectContaining({ code: 'idempotency_conflict' });
    await expect(send(world, 'alice', content({ a: 2 }), caller)).rejects.toThrow(conflict);
  });

  it('scopes clientMsgId by sender: the peer may use the same one (IM-SEND-2)', async () => {
    const { world } = await withSpeaker();
    await send(world, 'alice', aRequest());
    const reply = await send(world, 'bob', aRequest({ to: 'alice' }));
    expect(reply).toMatchObject({ seq: 2, duplicate: false, conversationId: CONVERSATION });
  });

  it("treats the store's own repeat of the same put as success (IM-FAULT-10)", async () => {
    const { world } = await withSpeaker();
    const { messages } = world;
    const twice = {
      ...messages,
      async putIfAbsent(message: Parameters<typeof messages.putIfAbsent>[0]) {
        await messages.putIfAbsent(message);
        return messages.putIfAbsent(message);
      },
    };
    await expect(send({ ...world, messages: twice }, 'alice', aRequest())).resolves.toMatchObject({
      duplicate: false,
    });
  });

  it.each([
    ['a message to oneself', aRequest({ to: 'alice' }), 'invalid_request'],
    [
      'content of 16,385 bytes',
      aRequest({ content: { type: 'text', text: 'é'.repeat(8_180) } }),
      'payload_too_large',
    ],
  ])('refuses %s and leaves no trace (IM-SEND-1, IM-FRAME-5)', async (_, request, code) => {
    const { world, caller } = await withSpeaker();
    await expect(send(world, 'alice', request, caller)).rejects.toThrow(expect.objectContaining({ code }));
    expect(await world.conversations.head(CONVERSATION)).toEqual({ seq: 0, atMs: 0 });
  });

  it.each(['dm:bob:carol', 'dm:bob:alice', 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV', 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV'])(
    'returns not_found for %s, in the same words (IM-SEND-7, IM-REFUSE-4)',
    async (conversationId) => {
      const { world } = await withSpeaker();
      const { to: _, ...rest } = aRequest();
      const error = { code: 'not_found', message: 'There is no such conversation.' };
      await expect(send(world, 'alice', { ...rest, conversationId })).rejects.toMatchObject(error);
    },
  );

  it('refuses a session that is over, and stores nothing (IM-SEND-1, IM-REFUSE-7)', async () => {
    const { world, caller } = await withSpeaker();
    await world.routes.disconnect(caller);
    await expect(send(world, 'alice', aRequest(), caller)).rejects.toMatchObject({
      code: 'session_expired',
    });
    expect(await history(world)).toEqual([]);
  });

  it("returns unavailable when an absent recipient's job cannot be queued, and a repeat succeeds (IM-FAULT-10)", async () => {
    const { world } = await withSpeaker();
    const full = { enqueue: () => Promise.reject(new UnavailableError()) };
    await expect(send({ ...world, offlineQueue: full }, 'alice', aRequest())).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(send(world, 'alice', aRequest())).resolves.toMatchObject({ seq: 1, duplicate: true });
    expect(world.offlineQueue.jobs).toHaveLength(1);
  });
});
