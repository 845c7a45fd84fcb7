import type { SystemContent } from '../../../protocol/content.ts';
import type { Message } from '../../../protocol/frames.ts';

/** Whether a message says that one of these events happened to this user. */
export function hasHappenedTo(
  userId: string | undefined,
  { content }: Message,
  ...events: readonly SystemContent['event'][]
): boolean {
  return content.type === 'system' && isAbout(content, userId) && events.includes(content.event);
}

/** Whether it names this user. A malformed list names no user: one message must not block the next ones. */
export function isAbout({ users }: SystemContent, userId = ''): boolean {
  return [users].flat().includes(userId);
}
