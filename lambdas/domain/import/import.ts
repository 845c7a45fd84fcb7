import { IMPORT_LIMITS } from '../../../protocol/import.ts';
import { type ExportFiles, importReportOf } from '../model/export-file.ts';
import type { ImportFiles, ImportTable } from '../model/import.ts';
import type { Task } from '../model/task.ts';
import type { Page, Step } from '../tasks/step.ts';
import { LOST } from './import-messages.ts';
import { createImportPage, type ImportPage, type ImportPagePorts } from './import-page.ts';
import { type Position, type Refusal, START } from './position.ts';
import { splitLines } from './split-lines.ts';

export interface ImportPorts extends ImportPagePorts {
  readonly importFiles: ImportFiles;
  readonly exportFiles: ExportFiles;
}

/** Four of the longest lines: a page that fits into it always gets on. */
const PART_BYTES = 4 * IMPORT_LIMITS.lineBytes;
/** After this time a page imports what it has read, which may take as long again. */
const READ_MS = 4_000;

/** The step of an import (IM-IMPORT): line by line, then the report. Idempotent, as every page is. */
export const IMPORT_STEPS: readonly Step<ImportPorts>[] = [
  {
    name: 'lines',
    async run(ports, task, cursor) {
      const position = (cursor ?? START) as unknown as Position;
      return position.isRead ? report(ports, task, position) : readLines(ports, task, position);
    },
  },
];

async function readLines(ports: ImportPorts, task: Task, position: Position): Promise<Page> {
  const { importFiles, clock } = ports;
  const part = await importFiles.read(task.importId ?? '', position.offset, PART_BYTES);
  const isEnd = part === undefined || part.length < PART_BYTES;
  const pagePorts = task.dryRun ? withoutWrites(ports) : ports;
  const page = createImportPage(pagePorts, task, await resumed(pagePorts, task, position.current));
  const endMs = clock() + READ_MS;
  let { offset, line, isTooLong } = position;
  let isWhole = true;
  for (const raw of splitLines(part ?? Buffer.alloc(0), position, isEnd)) {
    await page.take(raw);
    ({ offset, line, isTooLong } = raw);
    isWhole = clock() <= endMs && page.waitSeconds() === undefined;
    if (!isWhole) break;
  }
  await page.flush();
  const isRead = isEnd && isWhole;
  if (isRead) await page.release();
  const all = part === undefined ? [NO_FILE, ...page.refusals] : page.refusals;
  const refusals = all.toSorted((a, b) => a.line - b.line);
  const kept = await keepRefusals(ports, task, position, refusals);
  const next = { offset, line, ...(isTooLong && { isTooLong }), current: page.current(), ...kept, isRead };
  const waitSeconds = page.waitSeconds();
  const counts = countsOf(page, part === undefined);
  return { next, counts, ...(waitSeconds !== undefined && { waitSeconds }) };
}

/** The page before may have given the conversation back, and died before it was saved. */
async function resumed(
  { importTable }: ImportPagePorts,
  { taskId }: Task,
  current: Position['current'],
): Promise<Position['current']> {
  if (current === undefined || current.refused !== undefined) return current;
  const { conversationId } = current;
  return (await importTable.resume(conversationId, taskId)) ? current : { ...current, refused: LOST };
}

const NO_FILE: Refusal = { line: 0, reason: 'there is no file: upload it first' };

function countsOf({ counts }: ImportPage, isMissing: boolean): Readonly<Record<string, number>> {
  return isMissing ? { ...counts, refused: (counts['refused'] ?? 0) + 1 } : counts;
}

async function keepRefusals(
  { exportFiles }: ImportPorts,
  task: Task,
  { reported, rest }: Position,
  refusals: readonly Refusal[],
): Promise<Pick<Position, 'reported' | 'rest'>> {
  const more = refusals.slice(0, IMPORT_LIMITS.refusals - reported);
  if (more.length === 0) return { reported, rest };
  const name = importReportOf(task);
  const before = rest === undefined ? '' : ((await exportFiles.rest(name, rest)) ?? '');
  const text = more.map((refusal) => `${JSON.stringify({ kind: 'refused', ...refusal })}\n`).join('');
  return { reported: reported + more.length, rest: await exportFiles.keepRest(name, before + text) };
}

/** Writes the report, then deletes the file: nobody should find all messages of a system by chance a week later. */
async function report(ports: ImportPorts, task: Task, { line: lines, rest }: Position): Promise<Page> {
  const { exportFiles, importFiles } = ports;
  const { importId = '', dryRun = false, counts } = task;
  const name = importReportOf(task);
  const refusals = rest === undefined ? '' : ((await exportFiles.rest(name, rest)) ?? '');
  const summary = JSON.stringify({ kind: 'import', importId, dryRun, lines, counts });
  const upload = await exportFiles.begin(name);
  const tag = await exportFiles.putPart(upload, 1, `${summary}\n${refusals}`);
  if (tag !== undefined) await exportFiles.complete(upload, [tag]);
  if (!dryRun) await importFiles.remove(importId);
  return {};
}

/** A dry run reads as an import does, and says that it has written. */
function withoutWrites(ports: ImportPorts): ImportPagePorts {
  const { importTable, routes, conversations, messages, groups, profiles, keepsProfiles } = ports;
  const { historyTtlSeconds, clock } = ports;
  const table: ImportTable = {
    take: importTable.look,
    look: importTable.look,
    resume: async () => true,
    has: async () => true,
    addMembers: async () => true,
    noteDeparted: async () => undefined,
    put: async () => undefined,
    release: async () => undefined,
  };
  return {
    ...{ routes, conversations, messages, groups, profiles, keepsProfiles, historyTtlSeconds, clock },
    importTable: table,
    importPace: async () => undefined,
    conversationWriter: { advanceRead: async () => true },
    profileWriter: { create: async () => true },
  };
}
