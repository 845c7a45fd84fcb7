import { ulid } from 'ulid';
import { IMPORT_STEPS, type ImportPorts } from '../../../lambdas/domain/import/import.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { UNLIMITED } from '../../../lambdas/domain/model/budget.ts';
import { importReportOf } from '../../../lambdas/domain/model/export-file.ts';
import { toMessage } from '../../../lambdas/domain/model/message.ts';
import { runTask, startTask, type TaskPorts } from '../../../lambdas/domain/tasks/run-task.ts';
import { Death } from '../../adapters/dying.ts';
import { inMemoryExports } from '../../adapters/memory/exports.ts';
import { inMemoryTaskQueue } from '../../adapters/memory/tasks.ts';
import { NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

export const STEPS = { import: IMPORT_STEPS };
/** Before it no page ends by its time. */
const NO_TIME_MS = 0;

export type Line = Readonly<Record<string, unknown>> & { readonly kind: string };

/** What imports run on: the tables of the stack, files and a queue in memory, and a clock that a test moves. */
export async function startImporting() {
  let now = NOON;
  let tickMs = NO_TIME_MS;
  const clock = () => {
    now += tickMs;
    return now;
  };
  const tables = await startTables(clock);
  const files = new Map<string, Buffer>();
  const reports = inMemoryExports();
  const ports = {
    importTable: tables.imports,
    importFiles: {
      read: async (importId: string, offset: number, length: number) =>
        files.get(importId)?.subarray(offset, offset + length),
      remove: async (importId: string) => void files.delete(importId),
    },
    exportFiles: reports,
    routes: tables.routes,
    conversations: tables.conversations,
    conversationWriter: tables.conversations,
    messages: tables.messages,
    groups: tables.groups,
    profiles: tables.profiles,
    profileWriter: tables.profiles,
    keepsProfiles: true,
    importPace: async () => undefined,
    historyTtlSeconds: 0,
    tasks: tables.tasks,
    taskWriter: tables.tasks,
    taskQueue: inMemoryTaskQueue(),
    clock,
  } satisfies ImportPorts & TaskPorts;

  /** Starts the task of an import of these lines. @returns its id */
  async function begin(lines: readonly Line[] | string, options: { readonly dryRun?: true } = {}) {
    const [importId, taskId] = [ulid(), newName('task')];
    const text = typeof lines === 'string' ? lines : lines.map((line) => JSON.stringify(line)).join('\n');
    files.set(importId, Buffer.from(text));
    await startTask(ports, { taskId, kind: 'import', importId, ...options });
    return taskId;
  }

  /** Does what the queue's next job asks for. @returns false if there is none */
  async function runOnce(own: typeof ports = ports): Promise<boolean> {
    const job = ports.taskQueue.jobs.shift();
    if (job === undefined) return false;
    now += job.delaySeconds * 1_000;
    await runTask(own, STEPS, job).catch((error: unknown) => {
      if (!(error instanceof Death)) throw error;
      // The queue gives the job of a dead worker to another one.
      ports.taskQueue.jobs.unshift({ ...job, delaySeconds: 0 });
    });
    return true;
  }

  /** What a user would read of a conversation, as `[seq, text]`. */
  async function shownIn(conversationId: string, head = 1_000) {
    const { messages } = await ports.messages.page(conversationId, { limit: 100, after: 0, head });
    return messages.map((message) => {
      const { seq, content } = toMessage(message);
      return [seq, content.type === 'text' ? content.text : content.type];
    });
  }

  /** What a user sends now. @returns its seq, or why there is none */
  async function say(conversationId: string, from: string, clientMsgId = newName('live')) {
    const allocation = await ports.conversations.nextSeq(conversationId, from, clientMsgId, {});
    if (allocation.seq === undefined) return allocation.refused;
    const { seq } = allocation;
    const said = { from, clientMsgId, contentJson: '{"text":"live","type":"text"}', contentHash: 'h' };
    const message = { conversationId, seq, messageId: ulid(NOON), sentAt: NOON, ...said };
    await tables.messages.putIfAbsent(message);
    return seq;
  }

  async function listOf(userId: string) {
    const listPorts = { ...ports, reactions: tables.reactions, budget: UNLIMITED };
    return (await readConversations(listPorts, userId, { limit: 50 })).conversations;
  }

  /** What became of a task that is over. */
  async function outcomeOf(taskId: string) {
    const { step, counts = {} } = (await ports.tasks.task(taskId)) ?? {};
    const report = reports.files.get(importReportOf({ taskId })) ?? '';
    const [, ...refused] = report.trimEnd().split('\n');
    return { isDone: step === undefined, counts, refused: refused.map((line) => JSON.parse(line)) };
  }

  return {
    tables,
    ports,
    begin,
    runOnce,
    outcomeOf,
    shownIn,
    say,
    listOf,
    /** Imports these lines. @returns what became of them */
    async run(lines: readonly Line[] | string, own: typeof ports = ports) {
      const taskId = await begin(lines);
      while (await runOnce(own));
      return outcomeOf(taskId);
    },
    advance(ms: number) {
      now += ms;
    },
    /** From now on each look at the clock takes so long. @returns what ends that */
    tick(ms: number) {
      tickMs = ms;
      return () => {
        tickMs = NO_TIME_MS;
      };
    },
  };
}

export type Importing = Awaited<ReturnType<typeof startImporting>>;

/** Two new users, in the order of a conversation's id, and the id. */
export function newPair() {
  const users = [newName('alice'), newName('bob')] as const;
  return { a: users[0], b: users[1], id: `dm:${users[0]}:${users[1]}` };
}

export const conversationLine = (conversationId: string, lastSeq: number, more: object = {}): Line => ({
  ...{ kind: 'conversation', conversationId, lastSeq },
  ...more,
});

export const messageLine = (conversationId: string, seq: number, from: string, more: object = {}): Line => ({
  ...{ kind: 'message', conversationId, seq, from, sentAt: NOON - 1_000_000 + seq },
  content: { type: 'text', text: `old ${seq}` },
  ...more,
});

/** A direct conversation of so many messages, by turns. */
export const directLines = ({ a, b, id }: ReturnType<typeof newPair>, last: number): Line[] => [
  conversationLine(id, last),
  ...Array.from({ length: last }, (_, n) => messageLine(id, n + 1, n % 2 === 0 ? a : b)),
];
