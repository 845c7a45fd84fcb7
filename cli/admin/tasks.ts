import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Admin, type AdminTaskBody, ImError, type TaskStarted } from '../../client/src/admin/index.ts';
import { OperatorError } from '../../local/operator-error.ts';
import { parseCommand } from '../options.ts';
import { createProgress, during } from '../progress.ts';
import { UsageError } from '../usage-error.ts';
import { API_OPTIONS, type ApiTarget, withAdmin } from './api.ts';
import type { AdminCommand } from './command.ts';
import { download } from './download.ts';
import { fetchFiles, filesText } from './export-files.ts';
import { isUnknown, print } from './users.ts';

const FOLLOW_OPTIONS = { ...API_OPTIONS, 'no-wait': { type: 'boolean', default: false } } as const;
const OUT_OPTIONS = { ...FOLLOW_OPTIONS, out: { type: 'string' }, files: { type: 'string' } } as const;

/** Each look is a request, and a line of the audit: a task of hours needs no look a second. */
const PAUSES_MS = { first: 250, longest: 15_000, growth: 1.5 };

export interface FollowValues extends ApiTarget {
  readonly json: boolean;
}

interface FinishValues extends FollowValues {
  readonly 'no-wait': boolean;
  readonly out?: string | undefined;
  readonly files?: string | undefined;
}

/** Gathers all that the server has of a user (IM-ERASE-3). */
export const exportUser: AdminCommand = {
  usage: `  export USER [--out FILE [--files DIR]] [--no-wait]   gathers all that the server has of a user, and prints a link to it, good for an hour
    --out FILE   gets the file
    --files DIR  gets the files that the user has sent, whose links end after hours; a repeat gets those that are missing
    --no-wait    prints the id of the task at once`,
  async run(args) {
    const { values, positionals } = parseCommand(args, OUT_OPTIONS, ['USER']);
    const [userId = ''] = positionals;
    requireNewFile(values);
    await start(values, `Export of ${userId}`, (admin) => admin.exportUser(userId));
  },
};

/** Bans a user, and erases all that the server has of them (IM-ERASE-4). */
export const erase: AdminCommand = {
  usage: `  erase USER [--yes] [--no-wait]   bans a user, and erases all that the server has of them; nothing brings it back
    --yes     without a question`,
  async run(args) {
    const options = { ...FOLLOW_OPTIONS, yes: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseCommand(args, options, ['USER']);
    const [userId = ''] = positionals;
    if (!values.yes) await confirm(userId);
    await start(values, `Erasure of ${userId}`, (admin) => admin.eraseUser(userId));
  },
};

/** Follows a task. */
export const task: AdminCommand = {
  usage:
    '  task ID [--out FILE [--files DIR]] [--no-wait]   follows an export, an erasure, an import, or the deletion of a group until it is done; --no-wait: says how far it is',
  async run(args) {
    const { values, positionals } = parseCommand(args, OUT_OPTIONS, ['ID']);
    const [taskId = ''] = positionals;
    requireNewFile(values);
    if (!values['no-wait']) return finish(values, taskId);
    const state = await withAdmin(values, (admin) => admin.task(taskId));
    print(values, state, taskText(state));
  },
};

async function start(
  values: FinishValues,
  title: string,
  run: (admin: Admin) => Promise<TaskStarted>,
): Promise<void> {
  const started = await withAdmin(values, run);
  const { taskId } = started;
  if (values['no-wait']) print(values, started, `${title}: task ${taskId}`);
  else await finish(values, taskId);
}

/** Follows a task until it is done, and gets its file. */
export async function finish(values: FinishValues, taskId: string): Promise<void> {
  const done = await follow(values, taskId);
  const said = taskText(done) + (await unknownText(values, done));
  if (values.out === undefined) return print(values, done, said);
  const { link } = done;
  if (link === undefined) throw new OperatorError(`Task ${taskId} has no file, or no longer.`);
  const { out } = values;
  const bytes = await during(`getting ${out}`, values.json, () => download(link, out));
  const text = `${said}\n  ${bytes} bytes in ${out}`;
  const { files: folder } = values;
  if (folder === undefined) return print(values, { ...done, out, bytes }, text);
  const files = await during('getting the files', values.json, () => fetchFiles(out, folder));
  print(values, { ...done, out, bytes, files }, `${text}\n  ${filesText(files)}`);
  if (files.reason !== undefined)
    throw new OperatorError(
      `Missing files: ${files.failed}. The first: ${files.reason}. Export once more, into the same folder.`,
    );
}

/** An export without a message may be of an id that is mistyped: its one line is of any account. */
async function unknownText(values: FollowValues, { kind, userId, counts }: AdminTaskBody): Promise<string> {
  const isBare = Object.keys(counts).every((name) => name === 'account');
  if (values.json || kind !== 'export' || userId === undefined || !isBare) return '';
  const user = await withAdmin(values, (admin) => admin.look(userId));
  return isUnknown(user) ? '\n  nothing is known of this user' : '';
}

/** Waits for the end of a task, and says meanwhile how far it is. */
export async function follow(target: FollowValues, taskId: string): Promise<AdminTaskBody> {
  const progress = followProgress(target.json);
  try {
    return await untilDone(target, taskId, progress.show);
  } finally {
    progress.end();
  }
}

async function untilDone(
  target: ApiTarget,
  taskId: string,
  show: (state: AdminTaskBody) => void,
): Promise<AdminTaskBody> {
  for (let pauseMs = PAUSES_MS.first; ; pauseMs = Math.min(pauseMs * PAUSES_MS.growth, PAUSES_MS.longest)) {
    const state = await withAdmin(target, (admin) => admin.task(taskId).catch(unlessForGood));
    if (state?.state === 'done') return state;
    if (state !== undefined) show(state);
    await pause(pauseMs);
  }
}

/** The task goes on, whether we see it or not: a failure of one look is none of the task's. */
function unlessForGood(error: unknown): undefined {
  if (!(error instanceof ImError && error.retryable)) throw error;
}

/** On a terminal one line that changes, elsewhere one for each step; none of them between the JSON. */
function followProgress(quiet: boolean) {
  const progress = createProgress({ quiet });
  let shown = '';
  return {
    show(state: AdminTaskBody): void {
      if (process.stderr.isTTY || state.step !== shown) progress.say(stepText(state));
      shown = state.step ?? '';
    },
    end: () => progress.end(),
  };
}

const TITLES = { export: 'Export', erase: 'Erasure', 'delete-group': 'Deletion', import: 'Import' } as const;

/** A task in a few lines. */
export function taskText(state: AdminTaskBody): string {
  const { taskId, kind, userId, conversationId, importId, link, expiresAt } = state;
  const title = `${TITLES[kind]} of ${userId ?? conversationId ?? importId}: ${stepText(state)} (task ${taskId})`;
  if (link === undefined) return title;
  return `${title}\n  until ${new Date(expiresAt ?? 0).toISOString()}, for whoever has it: ${link}`;
}

function stepText({ state, step, counts, updatedAt }: AdminTaskBody): string {
  const all = Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .sort();
  const at = state === 'done' ? 'done' : `at ${step}, ${new Date(updatedAt).toISOString()}`;
  return [at, ...all].join(', ');
}

function requireNewFile({
  out,
  files,
  'no-wait': noWait,
}: Pick<FinishValues, 'out' | 'files' | 'no-wait'>): void {
  if (out === undefined) {
    if (files !== undefined) throw new UsageError('--files needs --out, which names the files.');
    return;
  }
  if (noWait) throw new UsageError('--out waits for the file: leave out --no-wait.');
  if (existsSync(out)) throw new OperatorError(`${out} is there already.`);
}

/** @throws {OperatorError} there is nobody to ask, or the answer is another one */
async function confirm(userId: string): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('erase without a terminal needs --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `This bans ${userId} and erases all that the server has of them. Nothing brings it back.\nTo go on, type the user id: `,
  );
  terminal.close();
  if (answer.trim() !== userId) throw new OperatorError('Nothing was erased.');
}
