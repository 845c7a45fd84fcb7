import type { Recalled } from '../history.ts';
import { isGone } from './content.ts';
import type { At, Evidence } from './evidence.ts';
import { readsBegunAfter } from './reads.ts';
import type { Violation } from './violation.ts';

/** Fault 15: every read that began after a recall's `ok` is redacted, and only the sender or the admin recalls. */
export function findUnredacted(evidence: Evidence): Violation[] {
  const done = evidence.of('recall').filter(({ outcome }) => outcome === 'done');
  return done.flatMap((recall) => [...judgeRight(evidence, recall), ...judgeReads(evidence, recall)]);
}

function judgeRight(evidence: Evidence, { at, user, conversationId, seq }: At<Recalled>): Violation[] {
  const message = evidence.finalOf(conversationId).find((one) => one.seq === seq);
  if (message?.from === user || evidence.adminOf(conversationId) === user) return [];
  const text = `${user} recalled ${conversationId} ${seq} of ${message?.from}`;
  return [{ invariant: 'IM-FAULT-15', kind: 'recalled-by-other', text, events: [at] }];
}

function judgeReads(evidence: Evidence, { at: recalledAt, conversationId, seq }: At<Recalled>): Violation[] {
  return readsBegunAfter(evidence, recalledAt)
    .filter(({ message }) => message.conversationId === conversationId && message.seq === seq)
    .filter(({ message }) => !isGone(message))
    .map(({ at, user }): Violation => {
      const text = `${user} read ${conversationId} ${seq} with its content after its recall`;
      return { invariant: 'IM-FAULT-15', kind: 'unredacted', text, events: [recalledAt, at] };
    });
}
