import type { History } from '../history.ts';
import { printEvent } from '../print.ts';
import { findBrokenApps } from './apps.ts';
import { findWrongArchives } from './archive.ts';
import { findServedBanned } from './bans.ts';
import { findWrongBlocks } from './blocks.ts';
import { findWrongChanges } from './changes.ts';
import { findWrongCursors } from './cursors.ts';
import { findWrongDeletions, withoutDeleted } from './deletions.ts';
import { findDeskViolations } from './desk.ts';
import { findErasureViolations, findWrongExports } from './erasures.ts';
import { Evidence } from './evidence.ts';
import { findWrongFiles } from './files.ts';
import { findUnasked } from './hook.ts';
import { findWrongNotifications } from './notifications.ts';
import { findAmbiguous, findReordered } from './order.ts';
import { findWrongPresence } from './presence.ts';
import { findUnredacted } from './recalls.ts';
import { findWrongReplays } from './replays.ts';
import { findUnscanned } from './scans.ts';
import { findWrongSettings } from './settings.ts';
import { findLost, findUninvited } from './stored.ts';
import { findWronglyMet } from './strangers.ts';
import { findWrongEvents } from './told.ts';
import { findStale, findStranded, findUnseen } from './views.ts';
import type { Violation } from './violation.ts';
import { findVisibilityViolations } from './visibility.ts';

/** They need no history at the end: in groups that are deleted, too. */
const LASTING_CHECKS = [
  findUninvited,
  findAmbiguous,
  findReordered,
  findVisibilityViolations,
  findServedBanned,
  findWrongDeletions,
];

const CHECKS = [
  findLost,
  findUnseen,
  findStale,
  findStranded,
  findWrongCursors,
  findUnredacted,
  findWrongChanges,
  findBrokenApps,
  findDeskViolations,
  findErasureViolations,
  findWrongBlocks,
  findWrongSettings,
  findWrongPresence,
  findWronglyMet,
  findWrongExports,
  findUnasked,
  findWrongEvents,
  findWrongReplays,
  findWrongFiles,
  findUnscanned,
  findWrongNotifications,
  findWrongArchives,
];

/** Every violation of docs/guarantees.md in a history. */
export function violationsOf(history: History): Violation[] {
  const all = new Evidence(history);
  const lasting = new Evidence(withoutDeleted(history));
  return [...LASTING_CHECKS.flatMap((check) => check(all)), ...CHECKS.flatMap((check) => check(lasting))];
}

/** Prints each violation with its events. */
export function printViolations(violations: readonly Violation[], { events }: History): string {
  return violations
    .map(({ invariant, kind, text, events: places }) => {
      const shown = places.flatMap((at) => {
        const event = events[at];
        return event === undefined ? [] : [`    ${at}\t${printEvent(event)}`];
      });
      return [`${invariant} ${kind}: ${text}`, ...shown].join('\n');
    })
    .join('\n');
}
