import type { Connected } from '../history.ts';
import type { At, Evidence } from './evidence.ts';

/** The connections that stayed open until everything worked again. A managed one has drained the inbox since it was opened. */
export function steadyConnections(evidence: Evidence): readonly At<Connected>[] {
  const before = <Event extends { readonly at: number }>(events: readonly Event[]) =>
    events.filter(({ at }) => at < evidence.healedAt);
  const ended = new Set(before(evidence.of('disconnected')).map(({ connection }) => connection));
  const drained = new Set(before(evidence.of('drained')).map(({ connection }) => connection));
  return before(evidence.of('connected')).filter(
    ({ connection, mode }) => !ended.has(connection) && (mode === 'plain' || drained.has(connection)),
  );
}
