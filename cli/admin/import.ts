import { createReadStream, createWriteStream, mkdtempSync, openAsBlob, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { AdminTaskBody, NewImportBody } from '../../client/src/admin/index.ts';
import { messageOf, OperatorError } from '../../local/operator-error.ts';
import { parseCommand } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { API_OPTIONS, withAdmin } from './api.ts';
import type { AdminCommand } from './command.ts';
import { type FollowValues, follow, taskText } from './tasks.ts';
import { print } from './users.ts';

/** Of the refused lines, those that fit on a screen: the report has all. */
const SHOWN = 20;

/** Imports messages with their seqs and times (IM-IMPORT). */
export const importFile: AdminCommand = {
  usage: `  import --file FILE [--dry-run] [--no-wait]   imports users, conversations, and messages from JSON lines, or from a .gz of them (docs/migration.md)
    --dry-run    says what would be refused, and writes nothing
    --no-wait    prints the id of the task at once`,
  async run(args) {
    const options = {
      ...API_OPTIONS,
      file: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      'no-wait': { type: 'boolean', default: false },
    } as const;
    const { values } = parseCommand(args, options, []);
    if (values.file === undefined) throw new UsageError('import needs --file, a file of JSON lines.');
    const importId = await upload(values, values.file);
    const started = await withAdmin(values, (admin) =>
      admin.startImport(importId, { dryRun: values['dry-run'] }),
    );
    if (values['no-wait']) return print(values, started, `Import of ${values.file}: task ${started.taskId}`);
    const done = await follow(values, started.taskId);
    const refusals = await refusalsOf(done);
    print(values, { ...done, refusals }, [taskText(done), ...refusalLines(refusals)].join('\n'));
    const refused = done.counts['refused'] ?? 0;
    if (refused > 0)
      throw new OperatorError(`Refused lines: ${refused}. Correct them, and import the whole file again.`);
  },
};

/** @returns the id of the import */
async function upload(target: FollowValues, path: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'serverless-im-import-'));
  try {
    const plain = path.endsWith('.gz') ? await unpacked(path, join(folder, 'lines.jsonl')) : path;
    const size = sizeOf(plain);
    const form = await withAdmin(target, (admin) => admin.newImport(size));
    await post(form, plain);
    return form.importId;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function unpacked(from: string, to: string): Promise<string> {
  try {
    await pipeline(createReadStream(from), createGunzip(), createWriteStream(to, { mode: 0o600 }));
    return to;
  } catch (error) {
    throw new OperatorError(`Could not read ${from}: ${messageOf(error)}`, { cause: error });
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    throw new OperatorError(`Could not read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function post({ upload: { url, fields } }: NewImportBody, path: string): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', await openAsBlob(path));
  const response = await fetch(url, { method: 'POST', body: form }).catch((error: unknown) => {
    throw new OperatorError(`Could not upload ${path}: ${messageOf(error)}`, { cause: error });
  });
  if (!response.ok) throw new OperatorError(`Could not upload ${path}: status ${response.status}.`);
}

interface Refusal {
  readonly line: number;
  readonly reason: string;
}

/** The lines that the report names, without its first, which sums up. */
async function refusalsOf({ link }: AdminTaskBody): Promise<readonly Refusal[]> {
  const response = link === undefined ? undefined : await fetch(link);
  if (!response?.ok) throw new OperatorError('The import is done, but its report could not be read.');
  const [, ...lines] = (await response.text()).trimEnd().split('\n');
  return lines.map((line) => {
    const { line: at, reason }: Refusal = JSON.parse(line);
    return { line: at, reason };
  });
}

function refusalLines(refusals: readonly Refusal[]): readonly string[] {
  const shown = refusals.slice(0, SHOWN).map(({ line, reason }) => `  line ${line}: ${reason}`);
  const more = refusals.length - shown.length;
  return more === 0 ? shown : [...shown, `  and ${more} more, in the report`];
}
