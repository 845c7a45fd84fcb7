import { type ExportFiles, exportNameOf, PART_BYTES } from '../model/export-file.ts';
import type { Cursor, Task } from '../model/task.ts';
import type { Section, SectionPorts } from './export-section.ts';
import type { Page, Step } from './step.ts';

export interface GatherPorts extends SectionPorts {
  readonly exportFiles: ExportFiles;
}

/** Less than a page may take: what has been read must be stored, too. */
const READ_MS = 6_000;

interface Position {
  readonly uploadId: string;
  /** Of the parts that are stored. */
  readonly tags: readonly string[];
  /** Where the lines are kept that are in no part yet. */
  readonly rest?: string | undefined;
  readonly section: string | undefined;
  readonly at?: Cursor | undefined;
}

/**
 * Gathers the sections' lines in one file. A page of it is a part of the file, or some seconds of a walk that finds few lines: these it
 * keeps for the next page. The repeat of a page replaces the part that a dead worker has stored. An upload that is gone is begun anew:
 * the task rested in the dead-letter queue for days, or the worker died after it had completed the file, or two workers had the
 * same page and the later one replaced the part.
 */
export function gather(sections: readonly Section[]): Step<GatherPorts> {
  return {
    name: 'gather',
    async run(ports, task, cursor) {
      const { exportFiles } = ports;
      const name = exportNameOf(task);
      const before = isPosition(cursor) ? cursor : await begin(exportFiles, name, sections);
      const kept = before.rest === undefined ? '' : await exportFiles.rest(name, before.rest);
      if (kept === undefined) return AGAIN;
      const { text, counts, ...now } = await read(ports, task, sections, before, kept);
      const after = { ...before, ...now, rest: undefined };
      const upload = { name, uploadId: before.uploadId };
      if (after.section !== undefined && Buffer.byteLength(text) < PART_BYTES)
        return { next: { ...after, rest: await exportFiles.keepRest(name, text) }, counts };
      const tag = await exportFiles.putPart(upload, before.tags.length + 1, text);
      if (tag === undefined) return AGAIN;
      const tags = [...before.tags, tag];
      if (after.section !== undefined) return { next: { ...after, tags }, counts };
      return (await exportFiles.complete(upload, tags)) ? { counts } : AGAIN;
    },
  };
}

/** The next page begins a new file. */
const AGAIN: Page = { next: {} };

function isPosition(cursor: Cursor | undefined): cursor is Cursor & Position {
  return cursor?.['uploadId'] !== undefined;
}

async function begin(exportFiles: ExportFiles, name: string, [first]: readonly Section[]): Promise<Position> {
  const { uploadId } = await exportFiles.begin(name);
  return { uploadId, tags: [], section: first?.name };
}

interface Found extends Pick<Position, 'section' | 'at'> {
  readonly text: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** Reads until there is enough for a part, the time is up, or all is read: then there is no section. */
async function read(
  ports: GatherPorts,
  { userId = '' }: Task,
  sections: readonly Section[],
  { section, at }: Position,
  kept: string,
): Promise<Found> {
  const endMs = ports.clock() + READ_MS;
  const texts = [kept];
  let bytes = Buffer.byteLength(kept);
  const counts: Record<string, number> = {};
  let position: Pick<Position, 'section' | 'at'> = { section, at };
  do {
    const index = sections.findIndex(({ name }) => name === position.section);
    const page = await sections[index]?.read(ports, userId, position.at);
    if (page === undefined) throw new Error(`No section ${position.section}.`);
    for (const line of page.lines) {
      const text = `${inOneLine(JSON.stringify(line))}\n`;
      texts.push(text);
      bytes += Buffer.byteLength(text);
      counts[line.kind] = (counts[line.kind] ?? 0) + 1;
    }
    position =
      page.next === undefined ? { section: sections[index + 1]?.name } : { ...position, at: page.next };
  } while (position.section !== undefined && bytes < PART_BYTES && ports.clock() < endMs);
  return { text: texts.join(''), counts, section: position.section, at: position.at };
}

/** JSON may hold separators that many readers, those of Node and of Python among them, take for the end of a line. */
function inOneLine(json: string): string {
  return json.replace(
    /[\u0085\u2028\u2029]/g,
    (separator) => `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
