import { LIMITS } from '../../../protocol/limits.ts';
import type { ReportErasure } from '../model/person-erasure.ts';
import type { TaskPorts } from './run-task.ts';
import type { Page, Step } from './step.ts';

export interface EraseReportsPorts extends TaskPorts {
  readonly reportErasure: ReportErasure;
}

const MADE = 12;
const READ = 100;
const DAYS = 10;
const DAY_MS = 86_400_000;

/** Where the walk over the days stands. */
interface Day {
  /** Epoch milliseconds. */
  readonly dayMs: number;
  readonly after?: string | undefined;
}

/**
 * Deletes the reports that the user made, and replaces the copies of the user's messages in those of others, day by day for as long as
 * reports are kept (IM-ERASE-4). Idempotent.
 * @param name of the step: it runs twice
 */
export function eraseReports(name: string): Step<EraseReportsPorts> {
  return {
    name,
    async run(ports, { userId = '' }, cursor) {
      if (cursor?.['dayMs'] !== undefined) return eraseCopies(ports, userId, cursor as unknown as Day);
      const reports = await ports.reportErasure.forgetMadeBy(userId, MADE);
      if (reports > 0) return { next: {}, counts: { reports } };
      // The oldest are deleted by DynamoDB days later.
      return { next: { dayMs: ports.clock() - (LIMITS.reportDays + 3) * DAY_MS } };
    },
  };
}

async function eraseCopies(
  { reportErasure, clock }: EraseReportsPorts,
  userId: string,
  from: Day,
): Promise<Page> {
  let [at, copies] = [from, 0];
  // A day that begins meanwhile has reports by others, too.
  for (let days = 0; days < DAYS && at.dayMs < clock() + DAY_MS; days += 1) {
    const day = new Date(at.dayMs).toISOString().slice(0, 10);
    const { erased, next } = await reportErasure.eraseAbout(userId, day, at.after, READ);
    copies += erased;
    at = next === undefined ? { dayMs: at.dayMs + DAY_MS } : { ...at, after: next };
  }
  const isDone = at.dayMs >= clock() + DAY_MS;
  return { next: isDone ? undefined : { ...at }, ...(copies > 0 && { counts: { copies } }) };
}
