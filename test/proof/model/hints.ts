import type { Json } from '../../flow/setup/json.ts';
import type { Recorder } from '../recorder.ts';

/** Records what may be lost: a member's cursor, or that somebody types. */
export function recordHint(recorder: Recorder, user: string, frame: Json): void {
  const { type, conversationId, userId: of, seq, typing } = frame;
  if (type === 'read') recorder.add({ type: 'cursor', user, conversationId, of, seq });
  if (type === 'typing') recorder.add({ type: 'typing', user, conversationId, of, on: typing });
}
