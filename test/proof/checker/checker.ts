import type { History } from '../history.ts';
import { printEvent } from '../print.ts';
import { findBrokenApps } from './apps.ts';
import { findWrongArchives } from './archive.ts';
import { findWrongBlocks } from './blocks.ts';
import { findWrongChanges } from './changes.ts';
import { findWrongCursors } from './cursors.ts';
import { findDeskViolations } from './desk.ts';
import { findErasureViolations, findServedBanned, findWrongExports } from './erasures.ts';
import { Evidence } from './evidence.ts';
import { findWrongFiles } from './files.ts';
import { findUnasked } from './hook.ts';
import { findWrongNotifications } from './notifications.ts';
import { findAmbiguous, findReordered } from './order.ts';
import { findUnredacted } from './recalls.ts';
import { findLost, findUninvited } from './stored.ts';
import { findWrongEvents } from './told.ts';
import { findStale, findStranded, findUnseen } from './views.ts';
import type { Violation } from './violation.ts';
import { findVisibilityViolations } from './visibility.ts';

const CHECKS = [
  findLost,
  findUninvited,
  findAmbiguous,
  findReordered,
  findUnseen,
  findStale,
  findStranded,
  findVisibilityViolations,
  findWrongCursors,
  findUnredacted,
  findWrongChanges,
  findBrokenApps,
  findDeskViolations,
  findErasureViolations,
  findServedBanned,
  findWrongBlocks,
  findWrongExports,
  findUnasked,
  findWrongEvents,
  findWrongFiles,
  findWrongNotifications,
  findWrongArchives,
];

/** Every violation of docs/guarantees.md in a history. */
export function violationsOf(history: History): Violation[] {
  const evidence = new Evidence(history);
  return CHECKS.flatMap((check) => check(evidence));
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
