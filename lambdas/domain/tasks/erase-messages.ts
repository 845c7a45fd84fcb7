import pLimit from 'p-limit';
import { SYSTEM } from '../../../protocol/ids.ts';
import { canonicalJson } from '../../shared/json.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Pace } from '../delivery/pace.ts';
import { ERASED_CONTENT, ERASED_HASH, type Erasure, hasTypedName, withoutName } from '../model/erasure.ts';
import { type Change, contentOf, type MessagePlace, type StoredMessage } from '../model/message.ts';
import type { PinWriter } from '../model/pin.ts';
import type { ReactionWriter } from '../model/reaction.ts';
import { volumeOf } from '../model/volume.ts';
import { type AnnouncePorts, announceErasure } from './announce-erasure.ts';
import { type MarkPorts, marksOf } from './marks.ts';
import type { Step } from './step.ts';
import { placeOf, unitsOf, type Visited, type WalkPorts, type Work, walkTrail } from './walk.ts';

/** What the erasure of one message needs. */
export interface EraseOnePorts extends MarkPorts, AnnouncePorts {
  readonly clock: MarkPorts['clock'];
  readonly erasure: Erasure;
  readonly reactionWriter: ReactionWriter;
  readonly pinWriter: PinWriter;
}

export interface EraseMessagesPorts extends WalkPorts, EraseOnePorts {
  readonly clock: WalkPorts['clock'];
  readonly conversations: AnnouncePorts['conversations'];
  /** In write units. */
  readonly pace: Pace;
}

/** Volumes are visited downwards: a message that is on its way finds its place in one that is still to come, or in the second pass. */
interface Place extends Visited {
  readonly volume: number;
  readonly after?: string | undefined;
  /** The latest message that this step has erased here. */
  readonly latest?: MessagePlace | undefined;
}

const MESSAGES_PER_QUERY = 100;
const WRITES_AT_ONCE = 4;

/**
 * Erases all that the user has written, in every conversation (IM-ERASE-4): each message's content, hash, and what hangs on it, and
 * what the user has typed in system messages. Idempotent.
 * @param name of the step: it runs twice
 */
export function eraseMessages(name: string): Step<EraseMessagesPorts> {
  return {
    name,
    run: (ports, task, cursor) =>
      walkTrail<Place>(ports, task, cursor, {
        // Even a conversation without a head may have messages: a query of nothing costs half a unit.
        begin: (conversationId, head) => ({ conversationId, volume: volumeOf(head?.seq ?? 0) }),
        visit: (place, work, sinceMs) => visit(ports, task.userId ?? '', place, work, sinceMs),
      }),
  };
}

async function visit(
  ports: EraseMessagesPorts,
  userId: string,
  place: Place,
  work: Work,
  sinceMs: number,
): Promise<Place | undefined> {
  let at = place;
  while (!work.isSpent()) {
    const { conversationId, volume, after } = at;
    const page = await ports.erasure.written({ conversationId, volume }, userId, {
      after,
      limit: MESSAGES_PER_QUERY,
    });
    const left = page.messages.filter(isLeft);
    const taken = work.take(left);
    const changes = await eraseAll(ports, taken);
    work.counts['messages'] = (work.counts['messages'] ?? 0) + changes.length;
    // A worker that died has erased some without saying so.
    const erased = [...page.messages, ...changes.map(({ message }) => message)].filter(
      ({ contentHash, changedAt = 0 }) => contentHash === ERASED_HASH && changedAt >= sinceMs,
    );
    const latest = laterOf(at.latest, erased);
    const next = taken.length < left.length ? taken.at(-1)?.clientMsgId : page.next;
    if (next !== undefined) at = { ...at, after: next, latest };
    else if (volume > 0) at = { conversationId, volume: volume - 1, latest };
    else {
      if (latest !== undefined) await announceErasure(ports, latest);
      return undefined;
    }
  }
  return at;
}

async function eraseAll(ports: EraseMessagesPorts, messages: readonly StoredMessage[]): Promise<Change[]> {
  const atOnce = pLimit(WRITES_AT_ONCE);
  const mark = marksOf(ports);
  const changes = await settleAll(messages.map((message) => atOnce(() => erasePaced(ports, message, mark))));
  return changes.filter((change) => change !== undefined);
}

async function erasePaced(
  ports: EraseMessagesPorts,
  message: StoredMessage,
  mark: ReturnType<typeof marksOf>,
): Promise<Change | undefined> {
  await ports.pace(unitsOf(message));
  return eraseOne(ports, message, mark);
}

/** Erases a message at once. Idempotent. */
export async function eraseNow(ports: EraseOnePorts, message: StoredMessage): Promise<void> {
  if (isLeft(message)) await eraseOne(ports, message, marksOf(ports));
}

async function eraseOne(
  ports: EraseOnePorts,
  message: StoredMessage,
  mark: ReturnType<typeof marksOf>,
): Promise<Change | undefined> {
  const content = contentOf(message);
  if (content.type === 'system') {
    await mark(message);
    return ports.erasure.eraseNames(message, canonicalJson(withoutName(content), 'content'), authorOf(ports));
  }
  // Before the content: a repeat by another worker no longer sees whether there was something to forget.
  await forget(ports, message);
  await mark(message);
  const change = await ports.erasure.erase(message, ERASED_JSON, authorOf(ports));
  // Somebody else may have reacted or pinned in between.
  if (change?.isChanged === true && change.message.rev !== (message.rev ?? 0) + 1)
    await forget(ports, message, true);
  return change;
}

async function forget(
  { reactionWriter, pinWriter }: EraseOnePorts,
  message: StoredMessage,
  mayHaveMore = false,
): Promise<void> {
  await settleAll([
    (message.reactions !== undefined || mayHaveMore) && reactionWriter.forget(message),
    (message.pin?.pinned !== undefined || mayHaveMore) && pinWriter.unpin(message),
  ]);
}

function isLeft(message: StoredMessage): boolean {
  const content = contentOf(message);
  if (content.type !== 'system') return message.contentHash !== ERASED_HASH;
  return hasTypedName(content);
}

function laterOf(
  latest: MessagePlace | undefined,
  messages: readonly MessagePlace[],
): MessagePlace | undefined {
  return messages.reduce<MessagePlace | undefined>(
    (last, message) => (message.seq > (last?.seq ?? 0) ? placeOf(message) : last),
    latest,
  );
}

const ERASED_JSON = canonicalJson(ERASED_CONTENT, 'content');

function authorOf({ clock }: EraseOnePorts) {
  return { by: SYSTEM, atMs: clock() };
}
