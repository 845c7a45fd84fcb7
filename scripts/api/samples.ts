import type { Attachment } from '../../protocol/content.ts';
import type { DeskAgent, DeskChat } from '../../protocol/desk.ts';
import type { Message } from '../../protocol/frames.ts';
import type { GroupBody } from '../../protocol/http.ts';

/** What the examples are made of: the records of docs/protocol.md. */

export const MESSAGE: Message = {
  conversationId: 'dm:alice:bob',
  seq: 2,
  messageId: '01M8G7A9BSRR44KN95FBFMZWQJ',
  clientMsgId: 'c2',
  from: 'alice',
  content: { type: 'text', text: 'hello' },
  sentAt: 1_795_840_877_945,
  rev: 0,
};
export const ULID = '01M8G7ANDPMQ1Y9ZY667WWF1QF';
export const GROUP_ID = `g:${ULID}`;
export const PIN: Message = { ...MESSAGE, rev: 2, pinned: { by: 'alice', at: 1_795_840_880_411 } };
export const REACTION: Message = {
  ...MESSAGE,
  rev: 2,
  reactions: [{ name: '👍', count: 1, users: ['bob'], mine: true }],
};
export const RECALLED: Message = {
  ...MESSAGE,
  rev: 1,
  content: { type: 'recalled', by: 'system', at: 1_795_840_879_808 },
};
export const GROUP: GroupBody = {
  conversationId: GROUP_ID,
  name: 'Friday',
  admins: ['alice'],
  memberCount: 2,
  pins: 'admins',
  posting: 'everyone',
  slowModeSeconds: 0,
};
export const PROFILE = {
  name: 'Alice Moreau',
  avatar: 'https://pictures.example/alice.webp',
  custom: { team: 'boats' },
};
export const FILE: Attachment = {
  attachmentId: ULID,
  name: 'cat.jpg',
  size: 482_133,
  type: 'image/jpeg',
  width: 1_600,
  height: 1_200,
};
export const AGENT: DeskAgent = {
  userId: 'ben',
  status: 'ready',
  queues: ['default'],
  capacity: 3,
  active: 0,
  version: 1,
};
export const CHAT: DeskChat = {
  conversationId: 'cs:01M8G7ARJY6D0DFS71487R2K1F',
  queue: 'default',
  state: 'assigned',
  customer: 'alice',
  agent: { userId: 'ben' },
  topic: 'My parcel',
  openedAt: 1_795_840_893_534,
  assignedAt: 1_795_840_893_899,
};
export const SENT = {
  clientMsgId: 'c4',
  conversationId: 'dm:alice:bob',
  messageId: '01M8G7AN7BSC05YK7WDWM2S5FY',
  seq: 3,
  sentAt: 1_795_840_890_091,
  duplicate: false,
};
export const MEMBERS = {
  members: [
    { userId: 'alice', joinedSeq: 1 },
    { userId: 'bob', joinedSeq: 1 },
  ],
  cursor: null,
};
export const CONTACT = { alias: 'Bobby', favorite: true } as const;
export const SETTINGS = { muted: 1_795_926_489_029, archived: true } as const;
export const TASK = { taskId: ULID };
