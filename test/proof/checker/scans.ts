import { MALWARE } from '../model/malware.ts';
import type { Ack, At, Evidence } from './evidence.ts';
import { recordsIn } from './files.ts';
import type { Violation } from './violation.ts';

/** IM-FILE-9: a file with malware is never sent, and none is before the result of its scan is there. */
export function findUnscanned(evidence: Evidence): Violation[] {
  const infected = infectedIn(evidence);
  const acked = evidence.sends.flatMap(({ content, acks }) =>
    recordsIn(content).flatMap(({ attachmentId }) => {
      const early = acks.filter(
        (ack) => infected.has(attachmentId) || isUnscanned(evidence, attachmentId, ack),
      );
      return early.map(({ at }) => wrong(`${attachmentId} was sent, and not found clean before`, [at]));
    }),
  );
  const seen = evidence.sightings.flatMap(({ at, user, message }) =>
    recordsIn(message.content)
      .filter(({ attachmentId }) => infected.has(attachmentId))
      .map(({ attachmentId }) => wrong(`${user} saw ${attachmentId}, which has malware`, [at])),
  );
  return [...acked, ...seen];
}

export function infectedIn(evidence: Evidence): ReadonlySet<string> {
  const infected = evidence.of('uploaded').filter(({ bytes }) => bytes.includes(MALWARE));
  return new Set(infected.map(({ attachmentId }) => attachmentId));
}

/** Whether the only result until then was lost. */
export function isUnscanned(evidence: Evidence, attachmentId: string, { at }: At<object> | Ack): boolean {
  const results = evidence.of('scan').filter((one) => one.attachmentId === attachmentId);
  return (
    results.some(({ outcome }) => outcome === 'lost') &&
    results.every((one) => one.outcome === 'lost' || one.begun > at)
  );
}

function wrong(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-FILE', kind: 'wrong-file', text, events };
}
