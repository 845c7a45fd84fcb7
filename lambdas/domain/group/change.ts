import { ulid } from 'ulid';
import type { SystemContent } from '../../../protocol/content.ts';
import type { GroupBody } from '../../../protocol/http.ts';
import { chunk } from '../../shared/chunk.ts';
import { InvalidRequestError, UnavailableError } from '../../shared/errors.ts';
import type { GroupFacts } from '../conversation.ts';
import { broadcastMessage } from '../fan-out.ts';
import { nextSystemMessage, systemMessage } from '../system-message.ts';
import { type GroupChange, type GroupPorts, requireAdmin, toBody } from './group.ts';
import { addPart, MEMBERS_PER_CHANGE } from './members.ts';

/** Makes a group of the creator, who is its admin, and the members; they hear of it at once (IM-GROUP). */
export async function createGroup(
  ports: GroupPorts,
  userId: string,
  request: { readonly name: string; readonly members: readonly string[]; readonly openHistory: boolean },
): Promise<GroupBody> {
  const others = [...new Set(request.members)].filter((member) => member !== userId);
  const [first = [], ...rest] = chunk(others, MEMBERS_PER_CHANGE - 1);
  const members = [userId, ...first];
  const facts = {
    name: request.name,
    admins: [userId],
    memberCount: members.length,
    openHistory: request.openHistory,
  };
  const conversationId = `g:${ulid(ports.clock())}`;
  const content = { event: 'created', users: members, name: request.name, by: userId } as const;
  const message = systemMessage(ports, conversationId, 1, content);
  await ports.groups.create(facts, members, message);
  await broadcastMessage(ports, message, { memberCount: members.length });
  for (const part of rest) await addPart(ports, conversationId, facts, userId, part);
  return toBody(conversationId, { ...facts, memberCount: others.length + 1 });
}

/** Renames, or names the admins; each is a message. @throws {ForbiddenError} not an admin */
export async function updateGroup(
  ports: GroupPorts,
  userId: string,
  conversationId: string,
  { name, admins }: { readonly name?: string | undefined; readonly admins?: readonly string[] | undefined },
): Promise<GroupBody> {
  let facts = await requireAdmin(ports, userId, conversationId);
  if (name !== undefined && name !== facts.name) {
    await change(ports, conversationId, facts, { event: 'renamed', name, by: userId }, { name });
    facts = { ...facts, name };
  }
  if (admins !== undefined) {
    const unique = [...new Set(admins)];
    const present = await ports.groups.among(conversationId, unique);
    if (unique.some((admin) => present.get(admin)?.isDismissed !== false)) {
      throw new InvalidRequestError([{ path: 'admins', message: 'must be members' }]);
    }
    await change(
      ports,
      conversationId,
      facts,
      { event: 'admins', users: unique, by: userId },
      { admins: unique },
    );
    facts = { ...facts, admins: unique };
  }
  return toBody(conversationId, facts);
}

async function change(
  ports: GroupPorts,
  conversationId: string,
  { openHistory, memberCount }: GroupFacts,
  content: Omit<SystemContent, 'type'>,
  what: Pick<GroupChange, 'name' | 'admins'>,
): Promise<void> {
  const message = await nextSystemMessage(ports, conversationId, content);
  if (!(await ports.groups.apply({ conversationId, message, openHistory, ...what })))
    throw new UnavailableError();
  await broadcastMessage(ports, message, { memberCount });
}
