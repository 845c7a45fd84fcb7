import type { Admin, AdminGroupBody, GroupBody, GroupRules } from '../../client/src/admin/index.ts';
import { parseOptions } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { commandLine } from '../wording.ts';
import { API_OPTIONS, withAdmin } from './api.ts';
import { type AdminCommand, groupOf } from './command.ts';
import { finish } from './tasks.ts';
import { print } from './users.ts';

const OPTIONS = {
  ...API_OPTIONS,
  name: { type: 'string' },
  admin: { type: 'string', multiple: true },
  pins: { type: 'string' },
  posting: { type: 'string' },
  slow: { type: 'string' },
  'open-history': { type: 'boolean' },
  yes: { type: 'boolean', default: false },
  'no-wait': { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof valuesOf>['values'];

interface Action {
  /** The operands after the action; the last one may be repeated. */
  readonly operands: readonly string[];
  readonly run: (
    admin: Admin,
    values: Values,
    operands: readonly string[],
  ) => Promise<readonly [facts: object, text: string, taskId?: string]>;
}

/** Makes, shows, and changes groups (IM-ADMIN-3). */
export const group: AdminCommand = {
  usage: `  group create NAME USER…   makes a group of the users
  group update GROUP        changes a group
    --name TEXT (update), --open-history (create), --admin USER   for each admin (create: the first user by default)
    --pins admins|members, --posting everyone|admins, --slow SECONDS   the rules
  group show GROUP          shows a group, and its members
  group add GROUP USER…     adds members
  group remove GROUP USER   removes a member; if it is the last admin, the member of longest standing becomes one
  group delete GROUP --yes [--no-wait]   removes all members, and deletes the group with its history; nothing brings it back`,
  async run(args) {
    const [name = '', ...rest] = args;
    if (!Object.hasOwn(ACTIONS, name))
      throw new UsageError('It takes create, show, update, add, remove, or delete.');
    const action = ACTIONS[name] as Action;
    const { values, positionals } = valuesOf(rest);
    const { operands } = action;
    const isRepeated = operands.at(-1)?.endsWith('…') === true;
    const [most, least] = [isRepeated ? Number.POSITIVE_INFINITY : operands.length, operands.length];
    if (positionals.length < least || positionals.length > most || positionals.includes(''))
      throw new UsageError(`group ${name} takes ${operands.join(' ')}${isRepeated ? '' : '.'}`);
    const [first, ...others] = positionals;
    const given = operands[0] === 'GROUP' ? [groupOf(first), ...others] : positionals;
    const [facts, text, taskId] = await withAdmin(values, (admin) => action.run(admin, values, given));
    if (taskId === undefined || values['no-wait']) print(values, facts, text);
    else await finish(values, taskId);
  },
};

const ACTIONS: Readonly<Record<string, Action>> = {
  create: {
    operands: ['NAME', 'USER…'],
    run: async (admin, values, [name = '', ...members]) => {
      const { 'open-history': openHistory } = values;
      const facts = { name, members, ...adminsIn(values), ...rulesIn(values) };
      const made = await admin.createGroup({ ...facts, ...(openHistory !== undefined && { openHistory }) });
      return [made, sizeText(made)];
    },
  },
  show: {
    operands: ['GROUP'],
    run: async (admin, _, [id = '']) => {
      const shown = await wholeGroup(admin, id);
      return [shown, groupText(shown)];
    },
  },
  update: {
    operands: ['GROUP'],
    run: async (admin, values, [id = '']) => {
      const { name } = values;
      const update = { ...(name !== undefined && { name }), ...adminsIn(values), ...rulesIn(values) };
      const updated = await admin.updateGroup(id, update);
      return [updated, `${id} is changed.`];
    },
  },
  add: {
    operands: ['GROUP', 'USER…'],
    run: async (admin, _, [id = '', ...members]) => {
      const changed = await admin.addMembers(id, members);
      return [changed, sizeText(changed)];
    },
  },
  delete: {
    operands: ['GROUP'],
    run: async (admin, { yes }, [id = '']) => {
      if (!yes) throw new UsageError('group delete needs --yes: nothing brings the group back.');
      const started = await admin.deleteGroup(id);
      const { taskId } = started;
      return [
        started,
        `${id} is being deleted: ${commandLine('admin', `task ${taskId}`)} follows it.`,
        taskId,
      ];
    },
  },
  remove: {
    operands: ['GROUP', 'USER'],
    run: async (admin, _, [id = '', userId = '']) => {
      await admin.removeMember(id, userId);
      return [{ conversationId: id, userId }, `${userId} is no member of ${id}.`];
    },
  },
};

function valuesOf(args: readonly string[]) {
  return parseOptions(args, OPTIONS);
}

function adminsIn({ admin }: Values) {
  return admin === undefined ? {} : { admins: admin };
}

/** As they are: the server knows what they may be. */
function rulesIn({ pins, posting, slow }: Values): GroupRules {
  return {
    ...(pins !== undefined && { pins: pins as 'admins' }),
    ...(posting !== undefined && { posting: posting as 'everyone' }),
    ...(slow !== undefined && { slowModeSeconds: Number(slow) }),
  };
}

async function wholeGroup(admin: Admin, id: string): Promise<AdminGroupBody> {
  let whole = await admin.lookAtGroup(id);
  while (whole.cursor !== null) {
    const { members, cursor } = await admin.lookAtGroup(id, whole.cursor);
    whole = { ...whole, members: [...whole.members, ...members], cursor };
  }
  return whole;
}

function sizeText({ conversationId, memberCount }: GroupBody): string {
  return `${conversationId} has ${membersText(memberCount)}.`;
}

function membersText(count: number): string {
  return count === 1 ? '1 member' : `${count} members`;
}

/** A group in a few lines, and one for each member. */
export function groupText(group: AdminGroupBody): string {
  const { conversationId, name, admins, memberCount, pins, posting, slowModeSeconds, openHistory } = group;
  const rules = [
    `pins by ${pins}`,
    `posts by ${posting}`,
    ...(slowModeSeconds > 0 ? [`slow mode of ${slowModeSeconds} s`] : []),
    `${openHistory ? 'open' : 'closed'} history`,
  ];
  // A name can't move the terminal's cursor.
  const lines = [
    `${conversationId}, ${JSON.stringify(name)}`,
    `  ${rules.join(', ')}`,
    `  ${membersText(memberCount)}`,
  ];
  const roleOf = (userId: string) => (admins.includes(userId) ? ', admin' : '');
  const members = group.members.map(
    ({ userId, joinedSeq }) => `  ${userId}${roleOf(userId)}, since seq ${joinedSeq}`,
  );
  return [...lines, ...members].join('\n');
}
