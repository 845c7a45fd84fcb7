import { describe, expect, it } from 'vitest';
import type { DeskChat } from '../../protocol/desk.ts';
import { SupportChats } from '../src/desk/support-chats.ts';
import type { ClientEvents } from '../src/model/events.ts';
import { receivedMessage } from '../src/model/message.ts';
import { Emitter } from '../src/support/emitter.ts';
import { message } from './support/builders.ts';

const ID = 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV';
const WAITING: DeskChat = {
  conversationId: ID,
  queue: 'default',
  state: 'waiting',
  customer: 'alice',
  agent: null,
  position: 2,
  openedAt: 1,
};
const ASSIGNED: DeskChat = { ...WAITING, state: 'assigned', agent: { userId: 'ann', name: 'Ann' } };

/** What a client tells, in the test's hands. */
function chats() {
  const report = (error: unknown) => {
    throw error;
  };
  const events = new Emitter<ClientEvents>(report);
  const known = new SupportChats({ events, report });
  const heard: string[] = [];
  known.on('changed', ({ state, agent }) => heard.push(`changed ${state} ${agent?.userId}`));
  known.on('assigned', ({ agent }) => heard.push(`assigned ${agent?.userId}`));
  known.on('gone', ({ conversationId }) => heard.push(`gone ${conversationId}`));
  let seq = 0;
  const say = (event: string, users: readonly string[] = []) => {
    seq += 1;
    const content = { type: 'system', event, users, by: 'im:desk' } as never;
    events.emit('message', receivedMessage(message(seq, { conversationId: ID, content }), 'alice'));
  };
  return { known, heard, say, push: (chat: DeskChat) => events.emit('desk', { type: 'desk.updated', chat }) };
}

describe('support chats', () => {
  it('are as the last push says, and tell of an agent once', () => {
    const { known, heard, push } = chats();
    push(WAITING);
    push(ASSIGNED);
    push({ ...ASSIGNED, topic: 'My bill' });
    expect(known.get(ID)).toMatchObject({ state: 'assigned', topic: 'My bill' });
    expect(heard.filter((one) => one.startsWith('assigned'))).toEqual(['assigned ann']);
  });

  it('are healed by the conversation where a push was missed: assigned, handed on, back in line, ended', () => {
    const { known, say, push } = chats();
    push(WAITING);
    say('assigned', ['ann']);
    expect(known.get(ID)).toMatchObject({ state: 'assigned', agent: { userId: 'ann' } });
    expect(known.get(ID)).not.toHaveProperty('position');
    say('transferred', ['ben']);
    expect(known.get(ID)?.agent).toEqual({ userId: 'ben' });
    say('requeued', ['ben']);
    expect(known.get(ID)).toMatchObject({ state: 'waiting', agent: null });
    say('closed');
    expect(known.get(ID)?.state).toBe('closed');
  });

  it('keep what a push told when the message of the same change comes after it', () => {
    const { known, say, push } = chats();
    push(ASSIGNED);
    say('assigned', ['ann']);
    expect(known.get(ID)?.agent).toEqual({ userId: 'ann', name: 'Ann' });
  });

  it('stay ended, whatever comes late', () => {
    const { known, push } = chats();
    push({ ...ASSIGNED, state: 'closed' });
    push(ASSIGNED);
    expect(known.get(ID)?.state).toBe('closed');
  });

  it('tell that one has gone to somebody else', () => {
    const { known, heard, push } = chats();
    push(ASSIGNED);
    known.forget(ID);
    expect(known.all).toEqual([]);
    expect(heard.at(-1)).toBe(`gone ${ID}`);
  });
});
