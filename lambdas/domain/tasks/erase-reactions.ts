import pLimit from 'p-limit';
import { SYSTEM } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Pace } from '../delivery/pace.ts';
import type { Erasure } from '../model/erasure.ts';
import {
  type ChangePosition,
  isRecalled,
  type MessagePlace,
  type ReactionSummary,
  type StoredMessage,
} from '../model/message.ts';
import type { ReactionReader, ReactionWriter } from '../model/reaction.ts';
import { type AnnouncePorts, announceErasure } from './announce-erasure.ts';
import { type MarkPorts, marksOf } from './marks.ts';
import type { Step } from './step.ts';
import { placeOf, unitsOf, type Visited, type WalkPorts, type Work, walkTrail } from './walk.ts';

export interface EraseReactionsPorts extends WalkPorts, AnnouncePorts, MarkPorts {
  readonly clock: WalkPorts['clock'];
  readonly conversations: AnnouncePorts['conversations'];
  readonly erasure: Erasure;
  readonly reactions: ReactionReader;
  readonly reactionWriter: ReactionWriter;
  /** In write units. */
  readonly pace: Pace;
}

/** The user's reactions to a message: none if only its last change says one. */
interface Reacted extends MessagePlace {
  readonly names: readonly string[];
}

interface Place extends Visited {
  /** Those that are left, each with changed messages. */
  readonly volumes: readonly number[];
  /** Up to where the first of them was read. */
  readonly after?: ChangePosition | undefined;
  /** Saved before the first of them is taken back: afterwards no read finds those whose message still shows them. */
  readonly reacted?: readonly Reacted[] | undefined;
  /** The last one that this step has changed. */
  readonly latest?: MessagePlace | undefined;
}

const CHANGES_PER_QUERY = 100;
/** Few enough that a cursor stays small. */
const REACTED = 20;
const WRITES_AT_ONCE = 4;

/**
 * Takes back the user's reactions to others' messages (IM-ERASE-4). A reaction has changed its message, so the index by change finds
 * them all, and nothing else is read. Read up to the index's end: an entry that moves there meanwhile is met again. Idempotent.
 * @param name of the step: it runs twice
 * @param sinceOf where it begins, in epoch milliseconds
 */
export function eraseReactions(
  name: string,
  sinceOf: (startedAtMs: number) => number,
): Step<EraseReactionsPorts> {
  return {
    name,
    run(ports, task, cursor) {
      const fromMs = Math.max(0, sinceOf(task.startedAtMs) - LIMITS.changeMarginMs);
      return walkTrail<Place>(ports, task, cursor, {
        begin(conversationId, head) {
          const volumes = [...(head?.changes ?? [])].flatMap(([volume, atMs]) =>
            atMs >= fromMs ? [volume] : [],
          );
          return volumes.length === 0 ? undefined : { conversationId, volumes };
        },
        visit: (place, work) => visit(ports, task.userId ?? '', fromMs, place, work),
      });
    },
  };
}

async function visit(
  ports: EraseReactionsPorts,
  userId: string,
  fromMs: number,
  place: Place,
  work: Work,
): Promise<Place | undefined> {
  let at = place;
  while (!work.isSpent()) {
    if (at.reacted !== undefined) {
      const changed = await takeBackAll(ports, userId, at.reacted, work);
      at = { ...at, reacted: undefined, latest: changed.at(-1) ?? at.latest };
    }
    const [volume] = at.volumes;
    if (volume === undefined) {
      // As with any reaction, members of larger groups find it in the feed.
      if (at.latest !== undefined) await announceErasure(ports, at.latest, LIMITS.readPushMembers);
      return undefined;
    }
    const range = { volumes: [volume], sinceMs: fromMs, after: at.after, limit: CHANGES_PER_QUERY };
    const page = await ports.messages.changed(at.conversationId, range);
    const reacted = await reactedIn(ports, userId, page.messages);
    // The rest of the page is read again: a message may have moved in the index since, so it is no place to go on from.
    if (reacted.length > REACTED) return { ...at, reacted: reacted.slice(0, REACTED) };
    at =
      page.next === undefined
        ? { ...at, volumes: at.volumes.slice(1), after: undefined }
        : { ...at, after: page.next };
    if (reacted.length > 0) return { ...at, reacted };
  }
  return at;
}

async function reactedIn(
  { reactions }: EraseReactionsPorts,
  userId: string,
  messages: readonly StoredMessage[],
): Promise<readonly Reacted[]> {
  const others = messages.filter((message) => !isRecalled(message));
  const withReactions = others.filter((message) => message.reactions !== undefined);
  const names = withReactions.length === 0 ? undefined : await reactions.ofUser(userId, withReactions);
  return others.flatMap((message) => {
    const own = [...(names?.get(message.messageId) ?? [])];
    return own.length === 0 && !isQuotedIn(message, userId) ? [] : [{ ...placeOf(message), names: own }];
  });
}

/** Whether the message's last change says a reaction of the user's, for events. */
function isQuotedIn({ change }: StoredMessage, userId: string): boolean {
  return change?.by === userId && change.name !== undefined;
}

/** @returns the messages that have changed */
async function takeBackAll(
  ports: EraseReactionsPorts,
  userId: string,
  reacted: readonly Reacted[],
  work: Work,
): Promise<readonly MessagePlace[]> {
  const messages = await ports.messages.getMany(reacted);
  const atOnce = pLimit(WRITES_AT_ONCE);
  const mark = marksOf(ports);
  const namesOf = new Map(reacted.map(({ seq, names }) => [seq, names]));
  const left = messages.filter((message) => !isRecalled(message));
  work.take(left);
  await settleAll(
    left.map((message) =>
      atOnce(() => takeBack(ports, userId, message, namesOf.get(message.seq) ?? [], mark)),
    ),
  );
  work.counts['reactions'] = (work.counts['reactions'] ?? 0) + reacted.flatMap(({ names }) => names).length;
  return left.map(placeOf).sort((a, b) => a.seq - b.seq);
}

async function takeBack(
  ports: EraseReactionsPorts,
  userId: string,
  message: StoredMessage,
  names: readonly string[],
  mark: ReturnType<typeof marksOf>,
): Promise<void> {
  if (names.length === 0 && !isQuotedIn(message, userId)) return;
  await ports.pace(unitsOf(message) + names.length);
  await mark(message);
  let summary: ReactionSummary | undefined;
  for (const name of names) {
    // One after the other: the last summary has the highest version.
    const reacted = await ports.reactionWriter.react(message, { userId, name, on: false, isLarge: false });
    if (reacted !== 'full') summary = reacted.summary;
  }
  await ports.erasure.showWithout(message, summary, { by: SYSTEM, atMs: ports.clock() });
}
