import { isDeepStrictEqual } from 'node:util';
import type { SeenMessage } from '../history.ts';
import type { Replayed, ToldEvent } from '../platform-history.ts';
import { isSameMessage } from './archive.ts';
import type { At, Evidence } from './evidence.ts';
import { alsoOf, isImported, replaysOf } from './told.ts';
import type { Violation } from './violation.ts';

/**
 * IM-EVENT-6: a replay publishes each message and its last change with the ids of the first time, as they are now; nothing else. What is told of a
 * message at one rev is the same, whenever and however often it is told.
 */
export function findWrongReplays(evidence: Evidence): Violation[] {
  const told = evidence.of('told');
  const replays = evidence.of('replayed');
  return [
    ...told.flatMap(({ at, events }) =>
      findUnreplayed(evidence, events).map((id) =>
        wrong('untold', `the event ${id} did not come again by a replay`, [at]),
      ),
    ),
    ...replays.flatMap((replay) => judge(evidence, replay)),
    ...findContradictions([...told, ...replays]),
  ];
}

/** A replay at the end, when nothing else is told. */
function judge(evidence: Evidence, { at, conversationId, events }: At<Replayed>): Violation[] {
  if (events === undefined) return [];
  const expected = eventsNow(evidence, conversationId);
  const came = new Set(events.map(({ id }) => id));
  const missing = [...expected.keys()].filter((id) => !came.has(id));
  const extra = [...came].filter((id) => !expected.has(id));
  const altered = events.filter(({ id, data: { message } }) => {
    const now = expected.get(id);
    if (now === undefined) return false;
    // An event beside the message's own tells of it in other words.
    return message === undefined ? alsoIdOf(now) !== id : !isSameMessage(message, now);
  });
  return [
    ...missing.map((id) => wrong('untold', `the replay of ${conversationId} lacks ${id}`, [at])),
    ...extra.map((id) => wrong('phantom', `the replay of ${conversationId} tells ${id}`, [at])),
    ...altered.map(({ id }) => wrong('altered', `the replay tells ${id} otherwise than it is`, [at])),
  ];
}

/** The ids of the events that a replay of the conversation at the end still lacks. */
export function lacksOf(evidence: Evidence, id: string, events: readonly ToldEvent[]): readonly string[] {
  const came = new Set(events.map((event) => event.id));
  return [...eventsNow(evidence, id).keys()].filter((one) => !came.has(one));
}

function eventsNow(evidence: Evidence, conversationId: string): ReadonlyMap<string, SeenMessage> {
  return new Map(
    evidence.finalOf(conversationId).flatMap((message) => {
      const { messageId, rev = 0 } = message;
      const also = alsoIdOf(message);
      const ids = [`${messageId}-0`, `${messageId}-${rev}`, ...(also === undefined ? [] : [also])];
      return ids.map((id) => [id, message] as const);
    }),
  );
}

function alsoIdOf(message: SeenMessage): string | undefined {
  const also = alsoOf(message);
  return also === undefined ? undefined : `${message.messageId}-0-${also}`;
}

/** What was acked before a replay comes once more than by itself. @returns the ids that came too seldom */
export function findUnreplayed(evidence: Evidence, events: readonly ToldEvent[]): readonly string[] {
  const counts = Map.groupBy(events, ({ id }) => id);
  return evidence.conversationIds.flatMap((conversationId) =>
    evidence
      .finalOf(conversationId)
      .filter((message) => {
        const ackedAt = Math.min(
          ...evidence.sendsOf(message).flatMap(({ acks }) => acks.map(({ at }) => at)),
        );
        const again = replaysOf(evidence, message).filter(
          ({ begun, outcome, events: own }) => outcome === 'done' && begun > ackedAt && own === undefined,
        );
        const least = again.length + (isImported(evidence, message) ? 0 : 1);
        return again.length > 0 && (counts.get(`${message.messageId}-0`)?.length ?? 0) < least;
      })
      .map(({ messageId }) => `${messageId}-0`),
  );
}

function findContradictions(
  all: readonly { readonly at: number; readonly events?: readonly ToldEvent[] }[],
): Violation[] {
  const first = new Map<string, unknown>();
  return all.flatMap(({ at, events = [] }) =>
    events.flatMap(({ id, data: { message, change } }) => {
      if (message === undefined) return [];
      const { messageId, rev = 0 } = message;
      const told = [
        [`${messageId} ${rev}`, message],
        ...(change === undefined ? [] : [[id, change] as const]),
      ] as const;
      const isOther = told.some(([key, one]) => {
        if (!first.has(key)) first.set(key, one);
        return !isDeepStrictEqual(first.get(key), one);
      });
      return isOther ? [wrong('altered', `${id} of rev ${rev} is told in two ways`, [at])] : [];
    }),
  );
}

function wrong(kind: Violation['kind'], text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-EVENT', kind, text, events };
}
