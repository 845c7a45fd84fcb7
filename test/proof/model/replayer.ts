import { replayEvents } from '../../flow/setup/replay.ts';
import type { Effect } from '../history.ts';
import type { World } from './world.ts';

/** The operator publishes a conversation's events again, from a seq on (IM-EVENT-6). */
export async function replay(world: World, conversationId: string, fromSeq: number): Promise<void> {
  const { recorder } = world;
  const begun = recorder.now;
  const outcome = await publishAgain(world, conversationId, fromSeq);
  recorder.add({ type: 'replayed', conversationId, fromSeq, begun, outcome });
}

export async function publishAgain(
  { infrastructure, recorder }: World,
  conversationId: string,
  fromSeq: number,
): Promise<Effect> {
  const answer = await replayEvents(infrastructure.runtime, { conversationId, fromSeq }).catch(
    (error: unknown) => ({ errorMessage: String(error) }),
  );
  if (answer.errorMessage === undefined) return answer.nextSeq === undefined ? 'done' : 'unknown';
  recorder.note(`replay of ${conversationId}: ${answer.errorMessage}`);
  return answer.errorMessage === 'not_found' ? 'refused' : 'unknown';
}
