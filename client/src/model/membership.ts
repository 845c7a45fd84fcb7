import type { SystemContent } from '../../../protocol/content.ts';
import type { Message } from '../../../protocol/frames.ts';

/** Whether a message says that one of these events happened to this user. */
export function hasHappenedTo(
  userId: string | undefined,
  { content }: Message,
  ...events: readonly SystemContent['event'][]
): boolean {
  return (
    content.type === 'system' && events.includes(content.event) && !!content.users?.includes(userId ?? '')
  );
}
