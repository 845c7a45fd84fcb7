import { isDeepStrictEqual } from 'node:util';
import type { Edited, PinTried, Reacted, SeenMessage } from '../history.ts';
import { isGone, isStoredAs } from './content.ts';
import type { At, Evidence } from './evidence.ts';
import { readsBegunAfter } from './reads.ts';
import type { Violation } from './violation.ts';

/** Messages that change are what was done to them, for every reader, and in every view at the end. */
export function findWrongChanges(evidence: Evidence): Violation[] {
  return [
    ...findEditsByOthers(evidence),
    ...findUndoneEdits(evidence),
    ...findWrongCounts(evidence),
    ...findWrongPins(evidence),
    ...findOutdated(evidence),
  ];
}

/** IM-EDIT: only its sender edits a message. */
function findEditsByOthers(evidence: Evidence): Violation[] {
  return evidence.of('edit').flatMap(({ at, user, conversationId, seq, outcome }): Violation[] => {
    const message = evidence.finalOf(conversationId).find((one) => one.seq === seq);
    if (outcome !== 'done' || message?.from === user) return [];
    const text = `${user} edited ${conversationId} ${seq} of ${message?.from}`;
    return [{ invariant: 'IM-EDIT', kind: 'edited-by-other', text, events: [at] }];
  });
}

/** IM-EDIT: a read that began after an edit was done has its content, or one that came later. */
function findUndoneEdits(evidence: Evidence): Violation[] {
  const done = evidence.of('edit').filter(({ outcome }) => outcome === 'done');
  return done.flatMap((edit) =>
    readsBegunAfter(evidence, edit.at)
      .filter(({ message }) => isOf(edit, message) && !isGone(message))
      .filter(({ message }) => !mayFollow(evidence, edit, message.content))
      .map(({ at, user, message }): Violation => {
        const text = `${user} read ${message.conversationId} ${message.seq} as before the edit ${edit.editId}`;
        return { invariant: 'IM-EDIT', kind: 'edit-undone', text, events: [edit.at, at] };
      }),
  );
}

/** Whether this content is the edit's own, or of an edit that may have taken effect after it. */
function mayFollow(evidence: Evidence, edit: At<Edited>, content: unknown): boolean {
  return evidence
    .editsOf(edit)
    .filter((other) => isStoredAs(other.content, content))
    .some((other) => other.outcome !== 'refused' && endOf(other) >= edit.begun);
}

/** One whose answer is unknown may take effect at any time. */
function endOf({ outcome, at }: At<Edited> | At<Reacted> | At<PinTried>): number {
  return outcome === 'unknown' ? Number.POSITIVE_INFINITY : at;
}

/** IM-REACT: counts are exact, whatever was repeated, raced, or killed. */
function findWrongCounts(evidence: Evidence): Violation[] {
  const erased = new Set(evidence.of('erased').map(({ user }) => user));
  const byMessage = Map.groupBy(
    evidence.of('react').filter(({ user }) => !erased.has(user)),
    ({ conversationId, seq }) => `${conversationId} ${seq}`,
  );
  return evidence.conversationIds.flatMap((id) =>
    evidence.finalOf(id).flatMap((message): Violation[] => {
      const tries = byMessage.get(`${id} ${message.seq}`) ?? [];
      const { reactions = [] } = message;
      const names = new Set([...tries, ...reactions].map(({ name }) => name));
      return [...names].flatMap((name) => {
        const count = reactions.find((one) => one.name === name)?.count ?? 0;
        const [least, most] = isGone(message) ? [0, 0] : countOf(tries.filter((one) => one.name === name));
        if (count >= least && count <= most) return [];
        const text = `${id} ${message.seq} has ${count} of ${name}, between ${least} and ${most} were made`;
        return [
          {
            invariant: 'IM-REACT',
            kind: 'wrong-count',
            text,
            events: [...tries.map(({ at }) => at), evidence.finalAt(id)],
          },
        ];
      });
    }),
  );
}

/** How many users have certainly reacted at the end, and how many may have. */
function countOf(tries: readonly At<Reacted>[]): [least: number, most: number] {
  const ends = [...Map.groupBy(tries, ({ user }) => user).values()].map((own) => {
    const states = statesAfter(own);
    return [states.has(false) ? 0 : 1, states.has(true) ? 1 : 0] as const;
  });
  return [ends.reduce((sum, [least]) => sum + least, 0), ends.reduce((sum, [, most]) => sum + most, 0)];
}

/** What may be at the end: what was done last, or was tried and is not known to have been undone. */
function statesAfter(tries: readonly (At<Reacted> | At<PinTried>)[]): ReadonlySet<boolean> {
  const done = tries.filter(({ outcome }) => outcome === 'done');
  const last = tries.filter(
    (one) => one.outcome !== 'refused' && !done.some(({ begun }) => endOf(one) < begun),
  );
  return new Set([...(done.length === 0 ? [false] : []), ...last.map(({ on }) => on)]);
}

/** IM-PIN: a message is pinned if the last who could pin it did. */
function findWrongPins(evidence: Evidence): Violation[] {
  const byMessage = Map.groupBy(evidence.of('pin'), ({ conversationId, seq }) => `${conversationId} ${seq}`);
  return evidence.conversationIds.flatMap((id) =>
    evidence.finalOf(id).flatMap((message): Violation[] => {
      const tries = byMessage.get(`${id} ${message.seq}`) ?? [];
      const states = isGone(message) ? new Set([false]) : statesAfter(tries);
      const isPinned = message.pinned !== undefined;
      if (states.has(isPinned)) return [];
      const text = `${id} ${message.seq} is ${isPinned ? '' : 'not '}pinned`;
      const events = [...tries.map(({ at }) => at), evidence.finalAt(id)];
      return [{ invariant: 'IM-PIN', kind: 'wrong-pin', text, events }];
    }),
  );
}

/** IM-CHANGE-4: at the end a view shows each message as history has it. */
function findOutdated(evidence: Evidence): Violation[] {
  return evidence.of('shown').flatMap(({ at, user, device, conversationId, messages }) => {
    const finals = new Map(evidence.finalOf(conversationId).map((message) => [message.seq, message]));
    return messages.flatMap((message): Violation[] => {
      const last = finals.get(message.seq);
      if (last === undefined || isSame(message, last)) return [];
      const text = `${user}/${device} shows ${conversationId} ${message.seq} of rev ${message.rev ?? 0}, which is at rev ${last.rev ?? 0}`;
      return [
        { invariant: 'IM-CHANGE-4', kind: 'outdated', text, events: [at, evidence.finalAt(conversationId)] },
      ];
    });
  });
}

function isSame(one: SeenMessage, other: SeenMessage): boolean {
  const isSameRev = (one.rev ?? 0) === (other.rev ?? 0);
  const isSamePin = (one.pinned === undefined) === (other.pinned === undefined);
  const isSameContent = isDeepStrictEqual(one.content, other.content);
  return isSameRev && isSamePin && isSameContent && countsIn(one) === countsIn(other);
}

function countsIn({ reactions = [] }: SeenMessage): string {
  return reactions.map(({ name, count }) => `${name} ${count}`).join();
}

function isOf(edit: Edited, { conversationId, seq }: SeenMessage): boolean {
  return conversationId === edit.conversationId && seq === edit.seq;
}
