import {
  AGENT,
  CHAT,
  CONTACT,
  FILE,
  GROUP,
  MEMBERS,
  MESSAGE,
  PIN,
  PROFILE,
  REACTION,
  RECALLED,
  SENT,
  SETTINGS,
  TASK,
  ULID,
} from './samples.ts';

/** The examples of docs/protocol.md, in full. A test checks each against its schema. */
interface Example {
  readonly request?: object;
  readonly answer?: object;
}

/** By `operationId`. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  getSession: {
    answer: {
      userId: 'alice',
      wsUrl: 'wss://abcdefghij.execute-api.us-east-1.amazonaws.com/prod',
      serverTime: 1_795_840_889_029,
      heartbeatIntervalMs: 480_000,
    },
  },
  listConversations: {
    answer: {
      conversations: [
        {
          conversationId: 'dm:alice:bob',
          kind: 'direct',
          peer: 'bob',
          peerReadSeq: 1,
          head: 2,
          lastMessage: MESSAGE,
          readSeq: 0,
          unread: 0,
        },
      ],
      cursor: null,
    },
  },
  readHistory: { answer: { messages: [MESSAGE], head: 2, hasMore: false } },
  readChanges: {
    answer: { messages: [{ ...MESSAGE, rev: 1 }], cursor: null, serverTime: 1_795_840_889_029 },
  },
  listPins: { answer: { messages: [PIN] } },
  sendMessage: {
    request: { clientMsgId: 'c4', to: 'bob', content: { type: 'text', text: 'by HTTP' } },
    answer: SENT,
  },
  editMessage: {
    request: { editId: 'e1', content: { type: 'text', text: 'hello' } },
    answer: { ...MESSAGE, rev: 1, editedAt: 1_795_840_879_808 },
  },
  recallMessage: { answer: RECALLED },
  addReaction: { answer: REACTION },
  removeReaction: { answer: { ...MESSAGE, rev: 3 } },
  pinMessage: { answer: PIN },
  unpinMessage: { answer: { ...MESSAGE, rev: 3 } },
  createGroup: { request: { name: 'Friday', members: ['bob'] }, answer: GROUP },
  getGroup: { answer: GROUP },
  updateGroup: { request: { posting: 'admins' }, answer: { ...GROUP, posting: 'admins' } },
  listMembers: { answer: MEMBERS },
  addMembers: { request: { members: ['carol'] }, answer: { ...GROUP, memberCount: 3 } },
  listReads: { answer: { reads: [{ userId: 'bob', joinedSeq: 1, seq: 7 }], cursor: null } },
  putProfile: { request: PROFILE, answer: { userId: 'alice', ...PROFILE, version: 1 } },
  getProfiles: { answer: { profiles: [{ userId: 'bob', name: 'Bob', version: 4 }] } },
  putContact: { request: CONTACT, answer: { userId: 'bob', ...CONTACT } },
  listContacts: { answer: { contacts: [{ userId: 'bob', ...CONTACT }, { userId: 'carol' }], cursor: null } },
  changeSettings: { request: SETTINGS, answer: { conversationId: 'dm:alice:bob', settings: SETTINGS } },
  listBlocks: { answer: { blocks: [{ userId: 'mallory', at: 1_795_840_889_029 }], cursor: null } },
  reportMessage: { request: { conversationId: 'dm:alice:bob', seq: 2, reason: 'Spam' } },
  requestUpload: {
    request: { to: 'bob', name: 'cat.jpg', size: 482_133, type: 'image/jpeg', width: 1_600, height: 1_200 },
    answer: {
      attachmentId: ULID,
      upload: {
        url: 'https://bucket.s3.us-east-1.amazonaws.com',
        fields: { key: `pending/${ULID}`, policy: 'eyJ…' },
      },
      expiresAt: 1_795_841_790_091,
    },
  },
  linkFiles: {
    answer: {
      attachments: [
        {
          attachmentId: ULID,
          url: 'https://bucket.s3.us-east-1.amazonaws.com/…',
          expiresAt: 1_795_841_500_000,
        },
      ],
    },
  },
  getPush: { answer: { webpush: { publicKey: 'BNcRd…' }, apns: false, fcm: true } },
  registerDevice: { request: { provider: 'apns', token: '9a3f'.repeat(16) } },
  poll: {
    request: { deviceId: 'tablet', waitMs: 0 },
    answer: {
      messages: [],
      batch: null,
      more: false,
      timedOut: true,
      session: { expiresAt: 1_795_840_960_788 },
    },
  },
  getDeskMe: { answer: { roles: ['agent'], queues: ['default'], agent: AGENT } },
  listAgents: { answer: { agents: [AGENT] } },
  listChats: { answer: { chats: [CHAT], cursor: null } },
  listQueues: {
    answer: {
      queues: [{ queue: 'default', waiting: 0, longestWaitMs: 0, agents: { ready: 1, away: 0, offline: 0 } }],
    },
  },
  adminSendMessage: {
    request: {
      from: 'system',
      to: 'bob',
      clientMsgId: 'order-4711',
      content: { type: 'text', text: 'Your parcel is on its way.' },
    },
    answer: { ...SENT, conversationId: 'dm:bob:system', clientMsgId: 'order-4711', seq: 1 },
  },
  adminLogOut: { request: { deviceId: 'laptop' } },
  adminBanUser: { request: { until: 1_795_926_489_029, reason: 'ticket 4711' } },
  adminGetUser: {
    answer: {
      userId: 'alice',
      sessions: [
        {
          deviceId: 'laptop',
          mode: 'managed',
          connectedAt: 1_795_840_873_466,
          expiresAt: 1_795_847_773_373,
        },
      ],
      lastSeenAt: 1_795_840_873_393,
      budget: { left: 2_993, perMinute: 600, burst: 3_000 },
      pushDevices: 1,
    },
  },
  adminPutProfile: { request: PROFILE, answer: { userId: 'alice', ...PROFILE, version: 2 } },
  adminRecallMessage: { answer: RECALLED },
  adminEraseMessage: { answer: { ...MESSAGE, rev: 1, content: { type: 'erased' } } },
  adminRemoveFile: {
    answer: {
      ...MESSAGE,
      rev: 1,
      content: {
        type: 'file',
        attachments: [
          { attachmentId: ULID, name: FILE.name, size: FILE.size, type: FILE.type, removed: true },
        ],
      },
    },
  },
  adminCreateGroup: { request: { name: 'Friday', members: ['alice', 'bob'] }, answer: GROUP },
  adminGetGroup: { answer: { ...GROUP, openHistory: false, ...MEMBERS } },
  adminUpdateGroup: { request: { name: 'Saturday' }, answer: { ...GROUP, name: 'Saturday' } },
  adminDeleteGroup: { answer: TASK },
  adminAddMembers: { request: { members: ['carol'] }, answer: { ...GROUP, memberCount: 3 } },
  adminExportUser: { answer: TASK },
  adminEraseUser: { answer: TASK },
  adminNewImport: {
    request: { size: 48_211_907 },
    answer: {
      importId: ULID,
      upload: {
        url: 'https://exports.s3.us-east-1.amazonaws.com/',
        fields: { key: `imports/${ULID}.jsonl` },
      },
      expiresAt: 1_795_841_789_029,
    },
  },
  adminStartImport: { request: { dryRun: true }, answer: TASK },
  adminGetTask: {
    answer: {
      taskId: ULID,
      kind: 'erase',
      userId: 'alice',
      state: 'running',
      step: 'messages',
      counts: { messages: 120 },
      startedAt: 1_795_840_889_029,
      updatedAt: 1_795_840_890_091,
    },
  },
};
