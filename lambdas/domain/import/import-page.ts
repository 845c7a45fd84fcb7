import type { ImportLine, MemberLine, MessageLine, UserLine } from '../../../protocol/import.ts';
import { SETTLE_SECONDS } from '../../shared/task-rate.ts';
import type { ImportedMessage } from '../model/import.ts';
import type { Task } from '../model/task.ts';
import { beginConversation } from './begin-conversation.ts';
import {
  type ImportMessagesPorts,
  importMessages,
  LOST,
  MESSAGES_AT_ONCE,
  type Outcome,
  unitsOf,
  withLast,
} from './import-messages.ts';
import {
  type ImportPeoplePorts,
  importMembers,
  importUsers,
  MEMBERS_AT_ONCE,
  USERS_AT_ONCE,
} from './import-people.ts';
import { EXPIRED, messageOf, parseLine, RefusedLine } from './parse-line.ts';
import type { Current, Refusal } from './position.ts';
import type { RawLine } from './split-lines.ts';

export type ImportPagePorts = ImportMessagesPorts & ImportPeoplePorts;

/** Two seconds' worth: the writes after a look at the bans are over before an erasure's second pass (IM-IMPORT-7). */
const UNITS_AT_ONCE = 1_000;

interface At<Line> {
  /** The number of the line, from 1 on. */
  readonly at: number;
  readonly line: Line;
}

/** Lines that are read, and not imported yet. Only one of the lists has any. */
interface Waiting {
  readonly users: readonly At<UserLine>[];
  readonly members: readonly At<MemberLine>[];
  readonly messages: readonly (At<MessageLine> & { readonly made: ImportedMessage })[];
}

const NONE: Waiting = { users: [], members: [], messages: [] };

export interface ImportPage {
  readonly take: (line: RawLine) => Promise<void>;
  /** Imports what waits. Only then the place can be saved. */
  readonly flush: () => Promise<void>;
  /** Gives the last conversation back to its users. */
  readonly release: () => Promise<void>;
  readonly current: () => Current | undefined;
  /** Another import may still be writing to the conversation. */
  readonly waitSeconds: () => number | undefined;
  readonly refusals: readonly Refusal[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Takes lines one by one, gathers those that can be imported together, and imports them in their order. */
export function createImportPage(
  ports: ImportPagePorts,
  task: Task,
  before: Current | undefined,
): ImportPage {
  const refusals: Refusal[] = [];
  const counts: Record<string, number> = {};
  let current = before;
  let waitSeconds: number | undefined;
  let waiting = NONE;

  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const note = (at: number, outcome: Outcome) => {
    count(typeof outcome === 'string' ? outcome : 'refused');
    if (typeof outcome === 'string') return;
    if (outcome.reason === EXPIRED) count('expired');
    refusals.push({ line: at, reason: outcome.reason });
  };

  async function flush(): Promise<void> {
    const { users, members, messages } = waiting;
    waiting = NONE;
    if (users.length > 0) noteAll(users, await importUsers(ports, linesOf(users)));
    if (current === undefined) return;
    if (members.length > 0) noteAll(members, await importMembers(ports, task, current, linesOf(members)));
    if (messages.length === 0) return;
    const made = messages.map((message) => message.made);
    const outcomes = await importMessages(ports, task, current, made);
    if (outcomes === undefined) current = { ...current, refused: LOST };
    noteAll(messages, outcomes ?? messages.map(() => ({ reason: LOST })));
    current = withLast(
      current,
      made.filter((_, index) => typeof outcomes?.[index] === 'string'),
    );
  }

  const noteAll = (lines: readonly At<unknown>[], outcomes: readonly Outcome[]) => {
    for (const [index, outcome] of outcomes.entries()) note(lines[index]?.at ?? 0, outcome);
  };

  async function release(): Promise<void> {
    if (current !== undefined && current.refused === undefined)
      await ports.importTable.release(current.conversationId, task.taskId, endOf(current));
    current = undefined;
  }

  async function add(at: number, line: ImportLine): Promise<void> {
    switch (line.kind) {
      case 'conversation': {
        await flush();
        await release();
        const begun = await beginConversation(ports, task, line);
        current = begun.current;
        if (begun.mustWait) waitSeconds = SETTLE_SECONDS;
        return note(at, current.refused === undefined ? 'conversations' : { reason: current.refused });
      }
      case 'user':
        if (waiting.users.length === 0) await flush();
        waiting = { ...NONE, users: [...waiting.users, { at, line }] };
        return;
      case 'member':
        requireCurrent(line);
        if (waiting.members.length === 0) await flush();
        waiting = { ...NONE, members: [...waiting.members, { at, line }] };
        return;
      case 'message': {
        const made = madeOf(line);
        if (waiting.messages.length === 0) await flush();
        waiting = { ...NONE, messages: [...waiting.messages, { at, line, made }] };
      }
    }
  }

  function madeOf(line: MessageLine): ImportedMessage {
    const now = requireCurrent(line);
    const { seq } = line;
    if (seq <= now.seq) throw new RefusedLine(`seq must be above ${now.seq}, that of a line before`);
    current = { ...now, seq };
    if (seq > now.lastSeq) throw new RefusedLine(`seq is above the lastSeq, ${now.lastSeq}`);
    if (!now.isUntouched && seq > now.reservedBefore)
      throw new RefusedLine('users have sent to this conversation: its seqs are taken');
    const { clock, historyTtlSeconds } = ports;
    return messageOf(line, { nowMs: clock(), historyTtlSeconds });
  }

  function requireCurrent({ conversationId }: { readonly conversationId: string }): Current {
    if (current?.conversationId !== conversationId)
      throw new RefusedLine('must follow the line of its conversation: sort the file by conversation');
    if (current.refused !== undefined) throw new RefusedLine(current.refused);
    return current;
  }

  return {
    async take({ bytes, line: at }) {
      if (bytes !== undefined && isBlank(bytes)) return;
      try {
        if (bytes === undefined) throw new RefusedLine('is longer than 128 KB');
        await add(at, parseLine(bytes));
      } catch (error) {
        if (!(error instanceof RefusedLine)) throw error;
        note(at, { reason: error.message });
      }
      if (isFull(waiting)) await flush();
    },
    flush,
    release,
    current: () => current,
    waitSeconds: () => waitSeconds,
    refusals,
    counts,
  };
}

function linesOf<Line>(waiting: readonly At<Line>[]): Line[] {
  return waiting.map(({ line }) => line);
}

function isFull({ users, members, messages }: Waiting): boolean {
  if (users.length === USERS_AT_ONCE || members.length === MEMBERS_AT_ONCE) return true;
  const units = messages.reduce((sum, { made }) => sum + unitsOf(made.message), 0);
  return messages.length === MESSAGES_AT_ONCE || units >= UNITS_AT_ONCE;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** A conversation that users have sent to keeps its end. */
function endOf({ last, lastSeqs, lastSeq, isUntouched }: Current) {
  return isUntouched ? { last, lastSeqs, lastSeq } : { last: undefined, lastSeqs: {}, lastSeq };
}
