import type { Clock } from '../../shared/clock.ts';
import type { DeskEvents } from '../model/desk-event.ts';

/**
 * Has the worker check an agent of whom no session took a message, or one of whose sockets closed. There is no other
 * signal: a socket that died is noticed when something is posted to it. Without a desk it does nothing.
 */
export async function requestAgentCheck(
  { deskEvents, clock }: { readonly deskEvents?: DeskEvents | undefined; readonly clock: Clock },
  userId: string,
): Promise<void> {
  const event = { kind: 'check-agent', userId, sinceMs: clock() } as const;
  await deskEvents?.enqueue([{ event, delaySeconds: 0 }]);
}
