import type { Json } from '../../flow/setup/json.ts';
import type { Recorder } from '../recorder.ts';

/** Records what may be lost: a member's cursor, or that somebody types. */
export function recordHint(
  recorder: Recorder,
  { user, connection }: { readonly user: string; readonly connection: string },
  frame: Json,
): void {
  const { type, conversationId, userId: of, seq, typing } = frame;
  if (type === 'read') recorder.add({ type: 'cursor', user, conversationId, of, seq });
  if (type === 'typing') recorder.add({ type: 'typing', user, connection, conversationId, of, on: typing });
}
