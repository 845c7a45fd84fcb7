import { ulid } from 'ulid';
import type { SystemContent } from '../../../protocol/content.ts';
import type { GroupBody } from '../../../protocol/http.ts';
import { chunk } from '../../shared/chunk.ts';
import { InvalidRequestError, UnavailableError } from '../../shared/errors.ts';
import { type Actor, adminAmong, authorOf, OPERATOR } from '../access/operator.ts';
import { nextSystemMessage, systemMessage } from '../messages/system-message.ts';
import type { GroupFacts } from '../model/conversation.ts';
import type { GroupChange } from '../model/group.ts';
import { addedMembersPrice, groupMessagePrice } from '../model/prices.ts';
import { type GroupChangePorts, requireAdmin, toBody } from './group.ts';
import { ATTEMPTS, addPart, findAddable, MEMBERS_PER_CHANGE } from './members.ts';
import { notifyMembers, watchChange } from './notify.ts';

export interface GroupRules {
  readonly pins?: 'admins' | 'members' | undefined;
  readonly posting?: 'everyone' | 'admins' | undefined;
  readonly slowModeSeconds?: number | undefined;
}

type NewGroup = Pick<GroupFacts, 'name' | 'openHistory'> &
  GroupRules & { readonly members: readonly string[] };

/**
 * Creates a group of the members and the creator, who is its admin, and sends them a system message (IM-GROUP). Leaves out
 * users who have blocked the creator (IM-BLOCK-3). It is paid for before anything is done (IM-BUDGET-1).
 */
export async function createGroup(
  ports: GroupChangePorts,
  userId: string,
  request: NewGroup,
): Promise<GroupBody> {
  const wanted = [...new Set(request.members)].filter((member) => member !== userId);
  const { addable: others, strangers } = await findAddable(ports, userId, wanted);
  // Credits come back within minutes, strangers on the next day.
  await ports.budget.debit(addedMembersPrice(others.length, others.length + 1));
  await ports.budget.meet(strangers);
  return create(ports, userId, newGroupId(ports), request, { admins: [userId], others });
}

/** The id of a group that is about to be made. */
export function newGroupId({ clock }: Pick<GroupChangePorts, 'clock'>): string {
  return `g:${ulid(clock())}`;
}

/**
 * Creates a group as the operator, who is no member (IM-ADMIN-3): of the members as given, whom no block keeps out.
 * @param request `admins` are members
 */
export async function createGroupAsOperator(
  ports: GroupChangePorts,
  conversationId: string,
  request: NewGroup & { readonly admins: readonly string[] },
): Promise<GroupBody> {
  const admins = [...new Set(request.admins)];
  const others = [...new Set(request.members)].filter((member) => !admins.includes(member));
  return create(ports, OPERATOR, conversationId, request, { admins, others });
}

/** The admins are among the first members, who are written together with the head that names them. */
async function create(
  ports: GroupChangePorts,
  actor: Actor,
  conversationId: string,
  { name, openHistory, pins, posting, slowModeSeconds }: NewGroup,
  { admins, others }: { readonly admins: readonly string[]; readonly others: readonly string[] },
): Promise<GroupBody> {
  const [first = [], ...rest] = chunk(others, MEMBERS_PER_CHANGE - admins.length);
  const members = [...admins, ...first];
  const facts = {
    name,
    admins,
    memberCount: members.length,
    openHistory,
    ...(pins === 'members' && { pins }),
    ...(posting === 'admins' && { posting }),
    ...(slowModeSeconds && { slowModeSeconds }),
  };
  const content = { event: 'created', users: members, name, by: authorOf(actor) } as const;
  const message = systemMessage(ports, conversationId, 1, content);
  await watchChange(ports, { watchdogOf: conversationId });
  await ports.groupWriter.create(facts, members, message);
  await notifyMembers(ports, message, members.length);
  for (const part of rest) await addPart(ports, conversationId, facts, actor, part);
  return toBody(conversationId, { ...facts, memberCount: admins.length + others.length });
}

export interface GroupUpdate extends GroupRules {
  readonly name?: string | undefined;
  readonly admins?: readonly string[] | undefined;
}

interface Step {
  readonly content: Omit<SystemContent, 'type' | 'by'>;
  readonly what: Pick<GroupChange, 'name' | 'admins' | 'pins' | 'posting' | 'slowModeSeconds'>;
}

/**
 * Changes name, admins, or rules. Each change is a system message.
 * @throws {ForbiddenError} a user who is not an admin
 * @throws {InvalidRequestError} one of the new admins is not a member
 */
export async function updateGroup(
  ports: GroupChangePorts,
  actor: Actor,
  conversationId: string,
  update: GroupUpdate,
): Promise<GroupBody> {
  const facts = await requireAdmin(ports, actor, conversationId);
  const admins = update.admins && [...new Set(update.admins)];
  // Checked before the first change, so that a refused request changes nothing.
  if (admins !== undefined) await requireMembers(ports, actor, conversationId, admins);
  const before = toBody(conversationId, facts);
  const steps = stepsOf(before, { ...update, admins });
  await ports.budget.debit(steps.length * groupMessagePrice(facts.memberCount, 0));
  await watchChange(ports, { watchdogOf: conversationId });
  for (const { content, what } of steps) await change(ports, actor, conversationId, facts, content, what);
  return {
    ...before,
    name: update.name ?? before.name,
    admins: admins ?? before.admins,
    pins: update.pins ?? before.pins,
    posting: update.posting ?? before.posting,
    slowModeSeconds: update.slowModeSeconds ?? before.slowModeSeconds,
  };
}

/** The changes in their order: those that change nothing are left out, but for admins. */
function stepsOf(
  now: GroupBody,
  { name, admins, pins, posting, slowModeSeconds }: GroupUpdate,
): readonly Step[] {
  return [
    ...(name === undefined || name === now.name
      ? []
      : [{ content: { event: 'renamed', name }, what: { name } } as const]),
    ...(admins === undefined
      ? []
      : [{ content: { event: 'admins', users: admins }, what: { admins } } as const]),
    ...(pins === undefined || pins === now.pins
      ? []
      : [{ content: { event: 'pins', name: pins }, what: { pins } } as const]),
    ...(posting === undefined || posting === now.posting
      ? []
      : [{ content: { event: 'posting', name: posting }, what: { posting } } as const]),
    ...(slowModeSeconds === undefined || slowModeSeconds === now.slowModeSeconds
      ? []
      : [
          {
            content: { event: 'slowMode', name: String(slowModeSeconds) },
            what: { slowModeSeconds },
          } as const,
        ]),
  ];
}

async function change(
  ports: GroupChangePorts,
  actor: Actor,
  conversationId: string,
  { openHistory, memberCount }: GroupFacts,
  content: Omit<SystemContent, 'type' | 'by'>,
  what: Step['what'],
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const message = await nextSystemMessage(ports, conversationId, { ...content, by: authorOf(actor) });
    const ifAdmin = adminAmong(actor);
    if (await ports.groupWriter.apply({ conversationId, message, openHistory, ifAdmin, ...what })) {
      return notifyMembers(ports, message, memberCount);
    }
    // A change with a higher seq came first, the author is no longer an admin, or a new admin has left.
    await requireAdmin(ports, actor, conversationId);
    if (what.admins) await requireMembers(ports, actor, conversationId, what.admins);
  }
  throw new UnavailableError();
}

/** @throws {InvalidRequestError} one of the new admins is not a member */
async function requireMembers(
  ports: GroupChangePorts,
  actor: Actor,
  conversationId: string,
  admins: readonly string[],
): Promise<void> {
  const present = await ports.groups.getMembers(conversationId, admins);
  if (admins.every((admin) => present.get(admin)?.isLeaving === false)) return;
  // A caller who has lost the role or left meanwhile learns nothing about the members.
  await requireAdmin(ports, actor, conversationId);
  throw new InvalidRequestError([{ path: 'admins', message: 'must be members' }]);
}
