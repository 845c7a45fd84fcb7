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

/** SupportChats with events that the test emits. */
function chats() {
  const report = (error: unknown) => {
    throw error;
  };
  const events = new Emitter<ClientEvents>(report);
  const heard: string[] = [];
  const known = new SupportChats({
    events,
    report,
    identity: { userId: 'alice' },
    list: { drop: (conversationId) => heard.push(`dropped ${conversationId}`) },
  });
  known.on('changed', ({ state, agent }) => heard.push(`changed ${state} ${agent?.userId}`));
  known.on('assigned', ({ agent }) => heard.push(`assigned ${agent?.userId}`));
  known.on('gone', ({ conversationId }) => heard.push(`gone ${conversationId}`));
  let seq = 0;
  const say = (
    event: string,
    users: readonly string[] = [],
    more: Partial<{ seq: number; sentAt: number }> = {},
  ) => {
    seq = more.seq ?? seq + 1;
    const content = { type: 'system', event, users, by: 'im:desk' } as never;
    events.emit('message', receivedMessage(message(seq, { conversationId: ID, content, ...more }), 'alice'));
  };
  return {
    known,
    heard,
    say,
    push: (chat: DeskChat) => events.emit('frame', { type: 'desk.updated', chat }),
  };
}

describe('SupportChats', () => {
  it('has the state of the last push, and emits assigned once per agent', () => {
    const { known, heard, push } = chats();
    push(WAITING);
    push(ASSIGNED);
    push({ ...ASSIGNED, topic: 'My bill' });
    expect(known.get(ID)).toMatchObject({ state: 'assigned', topic: 'My bill' });
    expect(heard.filter((one) => one.startsWith('assigned'))).toEqual(['assigned ann']);
  });

  it('applies system messages where a push was missed: assigned, transferred, requeued, closed', () => {
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

  it('keeps the fields of a push when the system message of the same change follows', () => {
    const { known, say, push } = chats();
    push(ASSIGNED);
    say('assigned', ['ann']);
    expect(known.get(ID)?.agent).toEqual({ userId: 'ann', name: 'Ann' });
  });

  it('is not put back by messages from before a transfer that arrive after it (IM-DESK)', () => {
    const { known, heard, say, push } = chats();
    const mine = { ...ASSIGNED, customer: 'carol', agent: { userId: 'alice' }, assignedAt: 2_000 };
    push(mine);
    say('assigned', ['ann'], { seq: 2, sentAt: 1_000 });
    expect(known.get(ID)?.agent).toEqual({ userId: 'alice' });
    say('transferred', ['alice'], { seq: 5, sentAt: 2_001 });
    say('requeued', ['ann'], { seq: 3, sentAt: 2_002 });
    expect(known.get(ID)?.agent).toEqual({ userId: 'alice' });
    expect(heard).toEqual(['changed assigned alice', 'assigned alice']);
    // By a server whose clock is behind.
    say('requeued', ['alice'], { seq: 6, sentAt: 1_999 });
    expect(known.get(ID)).toMatchObject({ state: 'waiting', agent: null });
  });

  it('keeps a closed chat closed when older pushes arrive late', () => {
    const { known, push } = chats();
    push({ ...ASSIGNED, state: 'closed' });
    push(ASSIGNED);
    expect(known.get(ID)?.state).toBe('closed');
  });

  it('drops the conversation of a chat that this user lost, and of no other (IM-CHANGE-3)', () => {
    const { heard, say, push } = chats();
    const dropped = () => heard.filter((one) => one.startsWith('dropped'));
    push(WAITING);
    push(ASSIGNED);
    push({ ...ASSIGNED, customer: 'carol', agent: { userId: 'alice' } });
    expect(dropped()).toEqual([]);
    push({ ...ASSIGNED, customer: 'carol' });
    expect(dropped()).toHaveLength(1);
    // The message of the transfer comes after its push.
    say('transferred', ['ann']);
    expect(dropped()).toHaveLength(2);
    push({ ...ASSIGNED, customer: 'carol', state: 'closed' });
    expect(dropped()).toHaveLength(2);
  });

  it('emits gone when a chat goes to another agent', () => {
    const { known, heard, push } = chats();
    push(ASSIGNED);
    known.forget(ID);
    expect(known.all).toEqual([]);
    expect(heard.at(-1)).toBe(`gone ${ID}`);
  });
});
