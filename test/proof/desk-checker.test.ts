import { describe, expect, it } from 'vitest';
import { printViolations, violationsOf } from './checker/checker.ts';
import type { DeskRecord, History, HistoryEvent, SeenMessage } from './history.ts';

const ID = 'cs:1';

const said = (seq: number, event: string, users: readonly string[] = []): SeenMessage => ({
  conversationId: ID,
  seq,
  messageId: `id${seq}`,
  clientMsgId: `sys-${seq}`,
  from: event === 'opened' ? 'cus' : 'im:desk',
  content: { type: 'system', event, users, by: event === 'opened' ? 'cus' : 'im:desk' },
  sentAt: seq,
});

const chat = (more: Partial<DeskRecord>): DeskRecord => ({
  conversationId: ID,
  customer: 'cus',
  state: 'closed',
  agent: { userId: 'ann' },
  ...more,
});

const atDesk = (did: 'open' | 'close', answer: DeskRecord, begun: number): HistoryEvent => ({
  type: 'desk',
  user: 'cus',
  did,
  begun,
  outcome: 'done',
  chat: answer,
  ...(did === 'close' && { conversationId: answer.conversationId }),
});

const STORY = [
  said(1, 'opened'),
  said(2, 'assigned', ['ben']),
  said(3, 'transferred', ['ann']),
  said(4, 'closed'),
];
const OPENED = atDesk('open', chat({ state: 'waiting', agent: null }), 0);
const CLOSED = atDesk('close', chat({ rating: 5 }), 1);

interface Told {
  readonly story?: readonly SeenMessage[];
  readonly end?: Partial<DeskRecord>;
  readonly more?: readonly HistoryEvent[];
}

/** A customer opens a chat, which two agents have one after the other, ends it, and rates it. */
function violations({ story = STORY, end = {}, more = [] }: Told): string {
  const history: History = {
    seed: 1,
    conversations: [{ conversationId: ID, members: ['cus', 'ann', 'ben'], isChanging: true }],
    events: [
      OPENED,
      CLOSED,
      ...more,
      { type: 'final', user: 'cus', conversationId: ID, messages: story },
      { type: 'chats', user: 'sue', chats: [chat({ rating: 5, ...end })] },
    ],
  };
  return printViolations(violationsOf(history), history);
}

const saw = (user: string, ...messages: SeenMessage[]): HistoryEvent => ({
  type: 'saw',
  user,
  channel: 'push',
  messages,
});

const ERASURE: readonly HistoryEvent[] = [
  { type: 'erase', user: 'cus', begun: 2, outcome: 'done' },
  { type: 'erased', user: 'cus', left: [] },
];
const OPENED_AGAIN = [
  atDesk('open', chat({ conversationId: 'cs:2', state: 'waiting' }), 2),
  atDesk('open', chat({ conversationId: 'cs:3', state: 'waiting' }), 4),
];
const withTopic = (one: SeenMessage): SeenMessage => ({
  ...one,
  content: { ...(one.content as object), name: "cus's topic" },
});

describe('the checker of the desk', () => {
  it('accepts a chat that was opened, transferred, closed, and rated', () => {
    expect(
      violations({ more: [saw('ben', said(2, 'assigned', ['ben'])), saw('ann', said(1, 'opened'))] }),
    ).toBe('');
  });

  it('accepts that a supervisor reads the chats of a customer who was erased, closed and without a topic (IM-ERASE-4)', () => {
    expect(violations({ more: [...ERASURE, saw('sue', ...STORY)] })).toBe('');
    expect(violations({ story: [withTopic(said(1, 'opened')), ...STORY.slice(1)] })).toBe('');
  });

  it('accepts a new chat of a customer whose erasure may have closed the other one (IM-DESK-1)', () => {
    const [erase] = ERASURE;
    expect(
      violations({
        more: [...OPENED_AGAIN.slice(0, 1), ...(erase ? [erase] : []), ...OPENED_AGAIN.slice(1)],
      }),
    ).toBe('');
  });

  it.each<[string, Told, string]>([
    [
      'two agents get one chat (IM-DESK)',
      {
        story: [
          said(1, 'opened'),
          said(2, 'assigned', ['ben']),
          said(3, 'assigned', ['ann']),
          said(4, 'closed'),
        ],
      },
      'IM-DESK two-agents',
    ],
    [
      'the state names another agent than the story (IM-DESK)',
      { end: { agent: { userId: 'ben' } } },
      'IM-DESK two-agents',
    ],
    ['a chat ends and is open (IM-DESK)', { end: { state: 'assigned' } }, 'IM-DESK two-agents'],
    ['a customer has two open chats (IM-DESK-1)', { more: OPENED_AGAIN }, 'IM-DESK two-chats'],
    [
      'a chat of a customer who was erased is open (IM-ERASE-4)',
      { story: STORY.slice(0, 1), end: { state: 'waiting', agent: null }, more: ERASURE },
      'IM-ERASE not-erased: cs:1 of cus',
    ],
    [
      'such a chat has its topic (IM-ERASE-4)',
      { end: { topic: "cus's topic" }, more: ERASURE },
      'IM-ERASE not-erased: cs:1 of cus',
    ],
    [
      'its history has its topic (IM-ERASE-4)',
      { story: [withTopic(said(1, 'opened')), ...STORY.slice(1)], more: ERASURE },
      'IM-ERASE not-erased: cus read cs:1 1 of cus',
    ],
    ['a rating changes (IM-DESK-3)', { end: { rating: 1 } }, 'IM-DESK rated-twice'],
    [
      'an agent sees a message sent after the transfer (IM-INV-5)',
      { more: [saw('ben', said(4, 'closed'))] },
      'IM-INV-5 visible-to-non-member',
    ],
    [
      'an agent who never had the chat sees it (IM-INV-5)',
      { more: [saw('eve', said(1, 'opened'))] },
      'IM-INV-5 visible',
    ],
  ])('notices that %s', (_, told, violation) => {
    expect(violations(told)).toContain(violation);
  });
});
