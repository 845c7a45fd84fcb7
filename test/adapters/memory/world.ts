import { createMeter } from '../../../lambdas/domain/access/budget.ts';
import { createLiveLimit } from '../../../lambdas/domain/messages/live-limit.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { commit, type Draft } from '../../../lambdas/domain/messages/store.ts';
import type { AttachmentFiles } from '../../../lambdas/domain/model/attachment.ts';
import { UNLIMITED } from '../../../lambdas/domain/model/budget.ts';
import type { StoredMessage } from '../../../lambdas/domain/model/message.ts';
import type { Outbox } from '../../../lambdas/domain/model/outbox.ts';
import type { Caller, Session } from '../../../lambdas/domain/model/session.ts';
import type { DuplicateLogin } from '../../../lambdas/domain/sessions/connect.ts';
import type { ChangedPush, MessageRequest } from '../../../protocol/frames.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { inMemoryAccounts } from './accounts.ts';
import { inMemoryArchive } from './archive.ts';
import { inMemoryAttachments } from './attachments.ts';
import { inMemoryConnections } from './connections.ts';
import { inMemoryContacts } from './contacts.ts';
import { inMemoryConversations } from './conversations.ts';
import { inMemoryDesk } from './desk.ts';
import { inMemoryExports } from './exports.ts';
import { inMemoryInbox } from './inbox.ts';
import { inMemoryMessages } from './messages.ts';
import { inMemoryPersonErasure } from './person.ts';
import { inMemoryPins } from './pins.ts';
import { inMemoryProfiles } from './profiles.ts';
import { inMemoryPushDevices } from './push-devices.ts';
import {
  inMemoryDeskEvents,
  inMemoryFanOutQueue,
  inMemoryNotifications,
  inMemoryOfflineQueue,
} from './queues.ts';
import { inMemoryReactions } from './reactions.ts';
import { inMemoryReports } from './reports.ts';
import { inMemoryRoutes } from './routes.ts';
import { inMemoryTaskQueue, inMemoryTasks } from './tasks.ts';
import { inMemoryUserEvents } from './user-events.ts';

export const NOON = Date.UTC(2026, 10, 21, 12);
const HOUR_MS = 3_600_000;

/** All ports in memory, which pass the contract suite of the DynamoDB adapters (`test/emulator/adapters`), and a clock that a test moves. */
export function createWorld() {
  let now = NOON;
  const clock = () => now;
  const messages = inMemoryMessages(clock);
  const conversations = inMemoryConversations(messages, clock);
  const desk = inMemoryDesk(conversations);
  const inbox = inMemoryInbox(clock);
  const reactions = inMemoryReactions();
  const pins = inMemoryPins();
  const routes = inMemoryRoutes();
  const accounts = inMemoryAccounts(routes);
  const profiles = inMemoryProfiles();
  const contacts = inMemoryContacts();
  const tasks = inMemoryTasks();
  const reports = inMemoryReports();
  const userEvents = inMemoryUserEvents();
  const exports = inMemoryExports();
  const attachments = inMemoryAttachments(clock);
  const pushDevices = inMemoryPushDevices(clock);
  return {
    routes,
    accounts,
    /** Of users without limits. */
    meter: createMeter({ accounts, limits: {}, clock }),
    budget: UNLIMITED,
    conversations,
    conversationWriter: conversations,
    blocks: conversations,
    blockWriter: conversations,
    reportWriter: reports,
    ownReports: reports,
    reportErasure: reports,
    person: inMemoryPersonErasure({ contacts, inbox, profiles, userEvents, attachments }),
    groups: conversations,
    groupWriter: conversations,
    succession: conversations,
    memberships: conversations,
    groupDeletion: { ...conversations, history: messages.history, deleteItems: messages.deleteItems },
    deskErasure: { ...conversations, removeAgent: desk.removeAgent },
    messages,
    messageWriter: messages,
    erasure: messages,
    reactions,
    reactionWriter: reactions,
    pins,
    pinWriter: pins,
    profiles,
    profileWriter: profiles,
    contacts,
    contactWriter: contacts,
    desk,
    deskWriter: desk,
    outbox: outboxOf(conversations, desk),
    deskEvents: inMemoryDeskEvents(),
    queues: ['default', 'boats'],
    agentGraceMs: 120_000,
    onWait: () => {},
    pace: async () => {},
    fanOutQueue: inMemoryFanOutQueue(),
    inbox,
    inboxWriter: inbox,
    offlineQueue: inMemoryOfflineQueue(),
    connections: inMemoryConnections(),
    notifications: inMemoryNotifications(),
    pushDevices,
    pushDeviceWriter: pushDevices,
    userEvents,
    tasks,
    taskWriter: tasks,
    taskQueue: inMemoryTaskQueue(),
    archiveEditor: inMemoryArchive(),
    trail: conversations,
    exportFiles: exports,
    exportLinks: exports,
    importForms: {
      formOf: async (importId: string, size: number, nowMs: number) => ({
        url: 'https://files',
        fields: { key: importId, size: String(size) },
        expiresAtMs: nowMs + 900_000,
      }),
    },
    attachments,
    attachmentRecords: attachments,
    attachmentFiles: attachments as AttachmentFiles,
    attachmentForms: attachments,
    attachmentLinks: attachments,
    attachmentFolders: attachments,
    attachmentLimits: { maxBytes: LIMITS.attachmentBytes, types: [] as readonly string[] },
    clock,
    liveLimit: createLiveLimit(LIMITS.liveIntervalMs),
    leaseMs: HOUR_MS / 2,
    editWindowMs: 24 * HOUR_MS,
    duplicateLogin: 'replace' as DuplicateLogin,
    maxDevices: LIMITS.maxDevices as number,
    advance(ms: number) {
      now += ms;
    },
  };
}

/** Groups and support queues have outboxes in different tables. */
function outboxOf(groups: Outbox, desk: Outbox): Outbox {
  const at = (owner: string) => (owner.startsWith('g:') ? groups : desk);
  return {
    pending: (owner) => at(owner).pending(owner),
    markAsSent: (owner, entry) => at(owner).markAsSent(owner, entry),
  };
}

export type World = ReturnType<typeof createWorld>;

/** A world in which these users have a session each, on their phone. */
export async function createWorldOf(...userIds: readonly string[]): Promise<World> {
  const world = createWorld();
  for (const userId of userIds) await world.routes.connect(aSession({ userId }));
  return world;
}

/** A managed session that has been open for a minute. */
export function aSession(overrides: Partial<Session> = {}): Session {
  const userId = overrides.userId ?? 'bob';
  const deviceId = overrides.deviceId ?? 'phone';
  return {
    userId,
    deviceId,
    connectionId: `${userId}-${deviceId}`,
    mode: 'managed',
    connectedAtMs: NOON - 60_000,
    expiresAtMs: NOON + HOUR_MS,
    leaseUntilMs: NOON + HOUR_MS / 2,
    ...overrides,
  };
}

export function aRequest(overrides: Partial<MessageRequest> = {}): MessageRequest {
  return { clientMsgId: 'c1', to: 'bob', content: { type: 'text', text: 'hi' }, ...overrides };
}

/** Stores a message with this seq. */
export async function storeAt(
  world: World,
  conversationId: string,
  seq: number,
  wanted: Draft,
): Promise<StoredMessage> {
  const committed = await commit(world, conversationId, { seq }, wanted);
  if (committed === undefined) throw new Error('claimed');
  return committed.message;
}

/** A user's session, as `aSession` opens it. */
export function callerOf(userId: string, deviceId = 'phone'): Caller {
  return { userId, deviceId, connectionId: `${userId}-${deviceId}` };
}

/** A user who acts through the session of their phone. */
export function by(userId: string) {
  return { userId, caller: callerOf(userId) };
}

/** Sends a text whose start is its clientMsgId. */
export function sayIn(
  world: World,
  words: string,
  target: { readonly to?: string; readonly conversationId?: string } = { to: 'bob' },
  from = 'alice',
) {
  const content = { type: 'text', text: words } as const;
  return send(world, from, { clientMsgId: words.slice(0, 60), ...target, content });
}

/** The `changed` pushes so far, with the connections that got them. */
export function changedPushes({ connections }: World) {
  return connections.posts.filter(
    ({ frame }) => (frame as { type: string }).type === 'changed',
  ) as unknown as readonly { readonly connectionId: string; readonly frame: ChangedPush }[];
}
