import type { Clock } from '../../shared/clock.ts';
import type { DeskEvents } from '../model/desk-event.ts';

/**
 * Asks the desk worker to check an agent after a socket closed or after no session accepted a message. There is no
 * other signal: the gateway reports a dead socket only when something is posted to it. Without a desk, does nothing.
 */
export async function requestAgentCheck(
  { deskEvents, clock }: { readonly deskEvents?: DeskEvents | undefined; readonly clock: Clock },
  userId: string,
): Promise<void> {
  const event = { kind: 'check-agent', userId, sinceMs: clock() } as const;
  await deskEvents?.enqueue([{ event, delaySeconds: 0 }]);
}
