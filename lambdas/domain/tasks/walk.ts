import pLimit from 'p-limit';
import { settleAll } from '../../shared/settle.ts';
import type { ConversationReader, Head } from '../model/conversation.ts';
import type { MessagePlace, StoredMessage } from '../model/message.ts';
import type { ConversationTrail, Cursor, Task } from '../model/task.ts';
import type { TaskPorts } from './run-task.ts';
import type { Page } from './step.ts';

/*
 * A step that does something in each conversation that a user is or was in. A page takes some conversations of the trail, or goes
 * on with those that the page before could not finish. So a user's long history, and many short ones, both take pages of seconds.
 */

export interface WalkPorts extends TaskPorts {
  readonly trail: ConversationTrail;
  readonly conversations: ConversationReader;
}

/** A conversation, and where in it. */
export interface Visited {
  readonly conversationId: string;
}

/** What the conversations of a page may still cost, together. */
export interface Work {
  /** What was done, by name. */
  readonly counts: Record<string, number>;
  isSpent(): boolean;
  /** The first of these messages that fit into the rest, at least one, and takes their units from it. */
  take(messages: readonly StoredMessage[]): readonly StoredMessage[];
}

export interface Walk<Place extends Visited> {
  /** Where to begin in a conversation; `undefined`: there is nothing to do. */
  readonly begin: (conversationId: string, head: Head | undefined) => Place | undefined;
  /**
   * Goes on until the work of the page is spent.
   * @param sinceMs what is written later may be this step's own work: its first page began after it
   * @returns where it stopped; `undefined`: this conversation is finished
   */
  readonly visit: (place: Place, work: Work, sinceMs: number) => Promise<Place | undefined>;
}

interface WalkCursor<Place> extends Cursor {
  readonly sinceMs: number;
  /** Up to where the trail was read. */
  readonly after: string | undefined;
  readonly hasMore: boolean;
  readonly open: readonly Place[];
}

/** Few enough that a cursor stays small. */
const CONVERSATIONS = 10;
const CONVERSATIONS_AT_ONCE = 4;
/** Eight seconds' worth, by lambdas/shared/task-rate.ts. */
const UNITS = 1_000;
const PAGE_MS = 8_000;

/** Does a page of a step. */
export async function walkTrail<Place extends Visited>(
  ports: WalkPorts,
  task: Task,
  cursor: Cursor | undefined,
  { begin, visit }: Walk<Place>,
): Promise<Page> {
  const at = (cursor ?? { sinceMs: task.updatedAtMs, open: [], hasMore: true }) as WalkCursor<Place>;
  const part = at.open.length > 0 ? at : await nextPart(ports, task, at, begin);
  const atOnce = pLimit(CONVERSATIONS_AT_ONCE);
  const work = newWork(ports);
  const visited = await settleAll(part.open.map((place) => atOnce(() => visit(place, work, at.sinceMs))));
  const open = visited.filter((place) => place !== undefined);
  const isDone = open.length === 0 && !part.hasMore;
  return { counts: work.counts, next: isDone ? undefined : { ...part, open } };
}

async function nextPart<Place extends Visited>(
  { trail, conversations }: WalkPorts,
  { userId = '' }: Task,
  at: WalkCursor<Place>,
  begin: Walk<Place>['begin'],
): Promise<WalkCursor<Place>> {
  const { entries, hasMore } = await trail.page(userId, at.after, CONVERSATIONS);
  const ids = [...new Set(entries.map(({ conversationId }) => conversationId))];
  const heads = ids.length === 0 ? undefined : await conversations.heads(ids);
  const open = ids.flatMap((id) => begin(id, heads?.get(id)) ?? []);
  return { ...at, after: entries.at(-1)?.after ?? at.after, hasMore, open };
}

function newWork({ clock }: WalkPorts): Work {
  const endMs = clock() + PAGE_MS;
  let units = UNITS;
  return {
    counts: {},
    isSpent: () => units <= 0 || clock() > endMs,
    take(messages) {
      const end = messages.findIndex((message) => {
        if (units <= 0) return true;
        units -= unitsOf(message);
        return false;
      });
      return messages.slice(0, end === -1 ? messages.length : Math.max(1, end));
    },
  };
}

/**
 * Write units of a change of this message: the item, its copy in bySeq, and its entry in byChange, which moves if it is there. With
 * those of what hangs on it, up to 17 items of reactions and a pin: a page of famous messages would be four times its rate.
 */
export function unitsOf(message: StoredMessage): number {
  const kilobytes = Math.ceil(Buffer.byteLength(JSON.stringify(message)) / 1_024);
  const { reactions: { shards } = { shards: 0 } } = message;
  const beside = (shards > 1 ? shards + 1 : shards) + (message.pin?.pinned === undefined ? 0 : 2);
  return 2 * kilobytes + (message.changedAt === undefined ? 1 : 2) + beside;
}

/** What a cursor keeps of a message. */
export function placeOf({ conversationId, seq, from, clientMsgId }: MessagePlace): MessagePlace {
  return { conversationId, seq, from, clientMsgId };
}
