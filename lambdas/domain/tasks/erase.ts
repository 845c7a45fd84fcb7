import { UnavailableError } from '../../shared/errors.ts';
import { SETTLE_SECONDS } from '../../shared/task-rate.ts';
import { ERASED, NO_END } from '../model/ban.ts';
import { type BanPorts, banUser } from '../sessions/ban.ts';
import { type EraseArchivePorts, eraseArchive } from './erase-archive.ts';
import { type EraseDeskPorts, eraseDesk } from './erase-desk.ts';
import { type EraseExportsPorts, eraseExports } from './erase-exports.ts';
import { type EraseFilesPorts, eraseFiles } from './erase-files.ts';
import { type EraseMembershipsPorts, eraseMemberships } from './erase-memberships.ts';
import { type EraseMessagesPorts, eraseMessages } from './erase-messages.ts';
import {
  type EraseAccountPorts,
  type ErasePersonPorts,
  eraseAccount,
  erasePerson,
  tellOfErasure,
} from './erase-person.ts';
import { type EraseReactionsPorts, eraseReactions } from './erase-reactions.ts';
import { type EraseReportsPorts, eraseReports } from './erase-reports.ts';
import type { Step } from './step.ts';

export interface ErasePorts
  extends BanPorts,
    EraseDeskPorts,
    EraseMessagesPorts,
    EraseReactionsPorts,
    EraseArchivePorts,
    EraseExportsPorts,
    EraseFilesPorts,
    EraseMembershipsPorts,
    ErasePersonPorts,
    EraseReportsPorts,
    EraseAccountPorts {
  readonly userEvents?: BanPorts['userEvents'];
  readonly clock: BanPorts['clock'];
  readonly conversationWriter: EraseMembershipsPorts['conversationWriter'];
}

/** Ends the user's sessions, and lets nobody connect again: from here on nothing more is written in the user's name. */
const ban: Step<ErasePorts> = {
  name: 'ban',
  async run(ports, { userId = '' }) {
    await banForGood(ports, userId);
    return {};
  },
};

/** What had begun before the ban is over, and is erased by what follows. */
const settle: Step<ErasePorts> = {
  name: 'settle',
  async run(ports, { userId = '' }, cursor) {
    if (cursor !== undefined) return {};
    await keepBanned(ports, userId);
    return { next: { waited: true }, waitSeconds: SETTLE_SECONDS };
  },
};

/** The id stays banned. Before the account is forgotten: sessions since then are in it. */
const banAgain: Step<ErasePorts> = {
  name: 'ban again',
  async run(ports, { userId = '' }) {
    await keepBanned(ports, userId);
    return {};
  },
};

/** Somebody may have lifted the ban meanwhile, or replaced it by one of their own. */
async function keepBanned(ports: ErasePorts, userId: string): Promise<void> {
  const { ban: now } = (await ports.routes.presencesOf([userId])).get(userId) ?? {};
  if (now?.untilMs !== NO_END || now.reason !== ERASED) await banForGood(ports, userId);
}

/** @throws {UnavailableError} the ban was lifted just now, by a clock that is ahead of this one: retry */
async function banForGood(ports: ErasePorts, userId: string): Promise<void> {
  const isBanned = await banUser(ports, { userId, until: undefined, reason: ERASED }, ports.clock());
  if (!isBanned) throw new UnavailableError();
}

/** The steps of an erasure (IM-ERASE-1), in their order. */
export const ERASE_STEPS: readonly Step<ErasePorts>[] = [
  ban,
  eraseDesk('desk'),
  eraseMessages('messages'),
  eraseReactions('reactions', () => 0),
  erasePerson('person'),
  eraseReports('reports'),
  settle,
  eraseDesk('desk again'),
  eraseMessages('messages again'),
  // What had begun before the ban is not older than the task.
  eraseReactions('reactions again', (startedAtMs) => startedAtMs),
  erasePerson('person again'),
  eraseReports('reports again'),
  eraseFiles,
  eraseArchive,
  eraseMemberships,
  eraseExports,
  banAgain,
  eraseAccount,
  tellOfErasure,
];
