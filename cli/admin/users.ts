import type { AdminSession, AdminUserBody } from '../../client/src/admin/index.ts';
import { ERASED } from '../../lambdas/domain/model/ban.ts';
import { OperatorError } from '../../local/operator-error.ts';
import { parseCommand } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { API_OPTIONS, withAdmin } from './api.ts';
import type { AdminCommand } from './command.ts';

/** Bans a user (IM-BAN-1). */
export const ban: AdminCommand = {
  usage: `  ban USER [--for 24h] [--reason TEXT]   ends the user's sessions, and refuses new ones until the ban ends or is lifted`,
  async run(args) {
    const options = { ...API_OPTIONS, for: { type: 'string' }, reason: { type: 'string' } } as const;
    const { values, positionals } = parseCommand(args, options, ['USER']);
    const [userId = ''] = positionals;
    const { reason } = values;
    const until = values.for === undefined ? undefined : Date.now() + millisecondsOf(values.for);
    await withAdmin(values, (admin) =>
      admin.ban(userId, {
        ...(until !== undefined && { until }),
        ...(reason !== undefined && { reason }),
      }),
    );
    const end = until === undefined ? 'the ban is lifted' : timeText(until);
    print(values, { userId, until }, `${userId} is banned until ${end}.`);
  },
};

/** Lifts a ban. */
export const unban: AdminCommand = {
  usage: '  unban USER [--yes]   lifts the ban; with --yes also that of a user who was erased',
  async run(args) {
    const options = { ...API_OPTIONS, yes: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseCommand(args, options, ['USER']);
    const [userId = ''] = positionals;
    const ban = await withAdmin(values, async (admin) => {
      const { ban } = await admin.look(userId);
      if (ban?.reason === ERASED && !values.yes)
        throw new OperatorError(
          `${userId} was erased: whoever gets this id has the old conversations. To lift the ban all the same: --yes.`,
        );
      await admin.unban(userId);
      return ban;
    });
    print(values, { userId }, `${userId} ${ban === undefined ? 'was not banned' : 'may connect again'}.`);
  },
};

/** Ends a user's sessions. */
export const logOut: AdminCommand = {
  usage:
    "  log-out USER [--device DEVICE]   ends the user's sessions, or one device's; the token stays valid",
  async run(args) {
    const options = { ...API_OPTIONS, device: { type: 'string' } } as const;
    const { values, positionals } = parseCommand(args, options, ['USER']);
    const [userId = ''] = positionals;
    const { device } = values;
    await withAdmin(values, (admin) => admin.logOut(userId, device));
    const where = device === undefined ? '' : ` on ${device}`;
    print(values, { userId, deviceId: device }, `${userId} is logged out${where}.`);
  },
};

/** Shows what the server knows of a user. */
export const look: AdminCommand = {
  usage: "  look USER   shows the user's sessions, ban, budget, and profile",
  async run(args) {
    const { values, positionals } = parseCommand(args, API_OPTIONS, ['USER']);
    const [userId = ''] = positionals;
    const user = await withAdmin(values, (admin) => admin.look(userId));
    print(values, user, lookText(user));
  },
};

/** Prints one or the other. */
export function print({ json }: { readonly json: boolean }, facts: object, text: string): void {
  console.log(json ? JSON.stringify(facts) : text);
}

/** A user in a few lines. */
export function lookText(user: AdminUserBody): string {
  const { userId, sessions, lastSeenAt, ban, budget, profile, pushDevices } = user;
  const until = ban?.until === undefined ? 'it is lifted' : timeText(ban.until);
  // A reason or a name can't move the terminal's cursor.
  const said = (text: string | undefined) => (text === undefined ? '' : `, ${JSON.stringify(text)}`);
  const lines = [
    `${userId}${said(profile?.name)}`,
    ...(sessions.length === 0 ? [noSessionText(user)] : sessions.map(sessionText)),
    ...(lastSeenAt === undefined ? [] : [`  last session ended ${timeText(lastSeenAt)}`]),
    ...(ban === undefined ? [] : [`  banned ${timeText(ban.at)} until ${until}${said(ban.reason)}`]),
    ...(pushDevices === undefined ? [] : [`  notifications on ${deviceCount(pushDevices)}`]),
    ...(budget === undefined ? [] : [`  ${budget.left} of ${budget.burst} credits left`]),
  ];
  return lines.join('\n');
}

/** Whether the server has nothing of this id that it shows: it may have a typing error. The conversations are in an export. */
export function isUnknown({
  sessions,
  lastSeenAt,
  ban,
  budget,
  profile,
  pushDevices,
}: AdminUserBody): boolean {
  const hasSpent = budget !== undefined && budget.left < budget.burst;
  return sessions.length === 0 && !(lastSeenAt ?? ban ?? profile) && !hasSpent && !pushDevices;
}

function noSessionText(user: AdminUserBody): string {
  return isUnknown(user)
    ? '  nothing is known of this user: no session so far, no ban, no profile'
    : '  no session';
}

function deviceCount(count: number): string {
  if (count === 0) return 'no device';
  return count === 1 ? '1 device' : `${count} devices`;
}

function sessionText({ deviceId, mode, connectedAt }: AdminSession): string {
  return `  ${deviceId} (${mode}) since ${timeText(connectedAt)}`;
}

function timeText(ms: number): string {
  // A ban may end after all dates.
  return new Date(Math.min(ms, 8.64e15)).toISOString();
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws {UsageError} it is not a duration */
export function millisecondsOf(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const milliseconds = Number(count) * (UNITS[unit] ?? 0);
  if (milliseconds === 0) throw new UsageError(`--for takes a time like 30m, 24h, or 7d, not "${text}".`);
  return milliseconds;
}
