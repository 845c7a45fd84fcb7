import { ulid } from 'ulid';
import type { SystemContent } from '../../../protocol/content.ts';
import type { GroupBody } from '../../../protocol/http.ts';
import { chunk } from '../../shared/chunk.ts';
import { InvalidRequestError, UnavailableError } from '../../shared/errors.ts';
import { nextSystemMessage, systemMessage } from '../messages/system-message.ts';
import type { GroupFacts } from '../model/conversation.ts';
import type { GroupChange } from '../model/group.ts';
import { type GroupChangePorts, requireAdmin, toBody } from './group.ts';
import { ATTEMPTS, addPart, MEMBERS_PER_CHANGE } from './members.ts';
import { notifyMembers, watchChange } from './notify.ts';

/** Creates a group of the members and the creator, who is its admin, and sends them a system message (IM-GROUP). */
export async function createGroup(
  ports: GroupChangePorts,
  userId: string,
  request: Pick<GroupFacts, 'name' | 'openHistory' | 'pins'> & { readonly members: readonly string[] },
): Promise<GroupBody> {
  const others = [...new Set(request.members)].filter((member) => member !== userId);
  const [first = [], ...rest] = chunk(others, MEMBERS_PER_CHANGE - 1);
  const members = [userId, ...first];
  const facts = {
    name: request.name,
    admins: [userId],
    memberCount: members.length,
    openHistory: request.openHistory,
    ...(request.pins === 'members' && { pins: request.pins }),
  };
  const conversationId = `g:${ulid(ports.clock())}`;
  const content = { event: 'created', users: members, name: request.name, by: userId } as const;
  const message = systemMessage(ports, conversationId, 1, content);
  await watchChange(ports, { watchdogOf: conversationId });
  await ports.groupWriter.create(facts, members, message);
  await notifyMembers(ports, message, members.length);
  for (const part of rest) await addPart(ports, conversationId, facts, userId, part);
  return toBody(conversationId, { ...facts, memberCount: others.length + 1 });
}

export interface GroupUpdate {
  readonly name?: string | undefined;
  readonly admins?: readonly string[] | undefined;
  readonly pins?: GroupFacts['pins'] | undefined;
}

/**
 * Changes name, admins, or who may pin. Each change is a system message.
 * @throws {ForbiddenError} the user is not an admin
 * @throws {InvalidRequestError} one of the new admins is not a member
 */
export async function updateGroup(
  ports: GroupChangePorts,
  userId: string,
  conversationId: string,
  { name, admins, pins }: GroupUpdate,
): Promise<GroupBody> {
  let facts = await requireAdmin(ports, userId, conversationId);
  const wanted = admins && [...new Set(admins)];
  // Checked before the rename, so that a refused request changes nothing.
  if (wanted !== undefined) await requireMembers(ports, userId, conversationId, wanted);
  await watchChange(ports, { watchdogOf: conversationId });
  if (name !== undefined && name !== facts.name) {
    await change(ports, userId, conversationId, facts, { event: 'renamed', name }, { name });
    facts = { ...facts, name };
  }
  if (wanted !== undefined) {
    const content = { event: 'admins', users: wanted } as const;
    await change(ports, userId, conversationId, facts, content, { admins: wanted });
    facts = { ...facts, admins: wanted };
  }
  if (pins !== undefined && pins !== (facts.pins ?? 'admins')) {
    await change(ports, userId, conversationId, facts, { event: 'pins', name: pins }, { pins });
    facts = { ...facts, pins };
  }
  return toBody(conversationId, facts);
}

async function change(
  ports: GroupChangePorts,
  userId: string,
  conversationId: string,
  { openHistory, memberCount }: GroupFacts,
  content: Omit<SystemContent, 'type' | 'by'>,
  what: Pick<GroupChange, 'name' | 'admins' | 'pins'>,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const message = await nextSystemMessage(ports, conversationId, { ...content, by: userId });
    if (await ports.groupWriter.apply({ conversationId, message, openHistory, ifAdmin: userId, ...what })) {
      return notifyMembers(ports, message, memberCount);
    }
    // A change with a higher seq came first, the author is no longer an admin, or a new admin has left.
    await requireAdmin(ports, userId, conversationId);
    if (what.admins) await requireMembers(ports, userId, conversationId, what.admins);
  }
  throw new UnavailableError();
}

/** @throws {InvalidRequestError} one of the new admins is not a member */
async function requireMembers(
  ports: GroupChangePorts,
  userId: string,
  conversationId: string,
  admins: readonly string[],
): Promise<void> {
  const present = await ports.groups.getMembers(conversationId, admins);
  if (admins.every((admin) => present.get(admin)?.isLeaving === false)) return;
  // A caller who has lost the role or left meanwhile learns nothing about the members.
  await requireAdmin(ports, userId, conversationId);
  throw new InvalidRequestError([{ path: 'admins', message: 'must be members' }]);
}
