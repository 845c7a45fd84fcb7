import type {
  ChatState,
  DeskAgentsBody,
  DeskChatsBody,
  DeskMeBody,
  DeskQueuesBody,
  SupportQueue,
} from '../../../protocol/desk.ts';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../../shared/clock.ts';
import { cursorOf, decodeCursor, encodeCursor, isConversationId } from '../../shared/cursor.ts';
import { settleAll } from '../../shared/settle.ts';
import { type ChatList, type DeskReader, toDeskAgent, toDeskChat } from '../model/chat.ts';
import type { ConversationReader } from '../model/conversation.ts';
import { type CallerRoles, requireRole, requireStaff } from '../model/roles.ts';

export interface QueueViewPorts {
  readonly desk: DeskReader;
  readonly queues: readonly string[];
  readonly clock: Clock;
}

export interface ChatViewPorts extends QueueViewPorts {
  readonly conversations: ConversationReader;
}

export interface ChatsQuery {
  readonly state?: ChatState | undefined;
  readonly cursor?: string | undefined;
}

/** The number of a list, and the last chat of the page before; empty if the list starts with this page. */
const cursorSchema = lazySchema(() =>
  cursorOf(
    (number) => /^[0-9]{1,4}$/.test(number),
    (after) => after === '' || isConversationId(after),
  ),
);

/**
 * Lists an agent's own chats, or all chats for a supervisor: the open ones first, by age within a queue. A page with a
 * cursor may be short, even empty.
 * @throws {ForbiddenError} the user is neither agent nor supervisor (IM-ROLE)
 * @throws {InvalidRequestError} the cursor was altered, or is another user's
 */
export async function listChats(
  ports: ChatViewPorts,
  userId: string,
  callerRoles: CallerRoles,
  { state, cursor }: ChatsQuery,
): Promise<DeskChatsBody> {
  const lists = listsFor(ports, userId, callerRoles).filter(({ part }) => mayContain(part, state));
  const [number = '0', after = ''] =
    cursor === undefined ? [] : decodeCursor(userId, cursor, 'cursor', cursorSchema);
  const list = lists[Number(number)];
  if (list === undefined) return { chats: [], cursor: null };
  // One extra row shows whether there is a next page.
  const ids = await ports.desk.chatIds(list, { after, limit: LIMITS.pageDefault + 1 });
  const page = ids.slice(0, LIMITS.pageDefault);
  const heads = await ports.conversations.heads(page);
  const chats = page.flatMap((id) => heads.get(id)?.chat ?? []);
  const isLast = ids.length === page.length && Number(number) + 1 === lists.length;
  const next = ids.length > page.length ? [number, page.at(-1) ?? ''] : [String(Number(number) + 1), ''];
  const wanted = chats.filter((chat) => state === undefined || chat.state === state);
  return {
    chats: wanted.map((chat) => toDeskChat(chat)),
    cursor: isLast ? null : encodeCursor(userId, next),
  };
}

function listsFor({ queues }: QueueViewPorts, userId: string, callerRoles: CallerRoles): ChatList[] {
  requireStaff(callerRoles);
  const { roles } = callerRoles;
  const whose = roles.includes('supervisor') ? queues.map((queue) => ({ queue })) : [{ agent: userId }];
  return (['open', 'closed'] as const).flatMap((part) => whose.map((of): ChatList => ({ of, part })));
}

function mayContain(part: ChatList['part'], state: ChatState | undefined): boolean {
  return state === undefined || (part === 'closed') === (state === 'closed');
}

/**
 * Returns the caller's roles at the desk, the queues to choose from, and an agent's own state, which a client asks for
 * after each connect (IM-DESK-8).
 * @throws {ForbiddenError} the user is neither agent nor supervisor (IM-ROLE)
 */
export async function showMe(
  { desk, queues }: Pick<QueueViewPorts, 'desk' | 'queues'>,
  userId: string,
  callerRoles: CallerRoles,
): Promise<DeskMeBody> {
  requireStaff(callerRoles);
  const { roles } = callerRoles;
  if (!roles.includes('agent')) return { roles, queues, agent: null };
  const agent = (await desk.agent(userId)) ?? { ...NEVER_READY, userId };
  return { roles, queues, agent: toDeskAgent(agent) };
}

const NEVER_READY = { status: 'away', queues: [], capacity: 0, active: 0, version: 0 } as const;

/**
 * Lists the agents that a chat may be transferred to: all who are ready, with their load.
 * @throws {ForbiddenError} the user is neither agent nor supervisor (IM-ROLE)
 */
export async function listAgents(
  { desk, queues }: Pick<QueueViewPorts, 'desk' | 'queues'>,
  callerRoles: CallerRoles,
): Promise<DeskAgentsBody> {
  requireStaff(callerRoles);
  const agents = (await desk.readyAgents(queues)).map(toDeskAgent);
  return { agents: agents.sort((a, b) => (a.userId < b.userId ? -1 : 1)) };
}

/** Returns the state of all queues. @throws {ForbiddenError} the user is not a supervisor (IM-ROLE) */
export async function listQueues(ports: QueueViewPorts, callerRoles: CallerRoles): Promise<DeskQueuesBody> {
  requireRole(callerRoles, 'supervisor');
  return { queues: await settleAll(ports.queues.map((queue) => readQueue(ports, queue))) };
}

async function readQueue({ desk, clock }: QueueViewPorts, queue: string): Promise<SupportQueue> {
  const [waiting, agents] = await settleAll([
    desk.waiting(queue, LIMITS.maxPosition),
    desk.agentCounts(queue),
  ]);
  // The first is not always the oldest: a requeued chat goes ahead of older ones.
  const since = Math.min(...waiting.map(({ openedAtMs }) => openedAtMs));
  return {
    queue,
    waiting: waiting.length,
    longestWaitMs: waiting.length === 0 ? 0 : clock() - since,
    agents,
  };
}
