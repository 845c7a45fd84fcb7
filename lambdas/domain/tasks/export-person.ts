import { LIMITS } from '../../../protocol/limits.ts';
import { settleAll } from '../../shared/settle.ts';
import { isBanned, NO_END } from '../model/ban.ts';
import type { ListRange } from '../model/list-range.ts';
import type { Section, SectionPorts } from './export-section.ts';

/** Sessions, the last one's end, and the ban: without its reason, a note of the operator's that no user sees (IM-BAN). */
const account: Section = {
  name: 'account',
  async read({ routes, profiles, clock }, userId) {
    const [presences, [profile]] = await settleAll([
      routes.presencesOf([userId]),
      profiles.profiles([userId], false),
    ]);
    const { sessions = [], seenAtMs, ban } = presences.get(userId) ?? {};
    const line = {
      kind: 'account',
      userId,
      exportedAt: clock(),
      sessions: sessions.map(({ deviceId, mode, connectedAtMs }) => ({
        deviceId,
        mode,
        connectedAt: connectedAtMs,
      })),
      ...(seenAtMs !== undefined && { lastSeenAt: seenAtMs }),
      ...(ban !== undefined &&
        isBanned(ban.untilMs, clock()) && {
          ban: { at: ban.atMs, ...(ban.untilMs !== NO_END && { until: ban.untilMs }) },
        }),
    };
    return { lines: [line, ...(profile === undefined ? [] : [{ kind: 'profile', ...profile }])] };
  },
};

/** Which devices get notifications. Not where: who knows that could send to the device. */
const devices: Section = {
  name: 'devices',
  async read({ pushDevices }, userId) {
    const found = (await pushDevices.devicesOf([userId])).get(userId) ?? [];
    return {
      lines: found.map(({ deviceId, target: { provider }, registeredAtMs }) => ({
        kind: 'device',
        deviceId,
        provider,
        registeredAt: registeredAtMs,
      })),
    };
  },
};

/** A list of users, a page of 100. */
function list<Entry extends { readonly userId: string }>(
  name: string,
  kind: string,
  read: (ports: SectionPorts, userId: string, range: ListRange) => Promise<readonly Entry[]>,
): Section {
  return {
    name,
    async read(ports, userId, at) {
      const range = { after: at?.['after'] as string | undefined, limit: LIMITS.pageMax };
      const entries = await read(ports, userId, range);
      const isFull = entries.length === range.limit;
      return {
        lines: entries.map((entry) => ({ kind, ...entry })),
        next: isFull ? { after: entries.at(-1)?.userId } : undefined,
      };
    },
  };
}

/** The reports that the user made. Those about the user's messages are their reporters'. */
const reports: Section = {
  name: 'reports',
  async read({ ownReports }, userId, at) {
    const after = at?.['after'] as string | undefined;
    const { reports: made, next } = await ownReports.madeBy(userId, after, LIMITS.pageMax);
    return {
      lines: made.map((report) => ({ kind: 'report', ...report })),
      next: next === undefined ? undefined : { after: next },
    };
  },
};

export const PERSON_SECTIONS: readonly Section[] = [
  account,
  devices,
  list('contacts', 'contact', ({ contacts }, userId, range) => contacts.contacts(userId, range)),
  list('blocks', 'block', ({ blocks }, userId, range) => blocks.blocks(userId, range)),
  reports,
];
