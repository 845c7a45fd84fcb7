import type { ServerFrame } from '../../../protocol/actions.ts';
import { CLOSE_REASONS, type CloseReason } from '../../../protocol/codes.ts';
import type { Closing } from '../../shared/errors.ts';
import type { Connections } from '../model/connections.ts';
import { textFor } from '../model/encoding.ts';
import { isPolling, type Session } from '../model/session.ts';

/**
 * Sends the client the reason, then closes the socket. The client relies on the frame, since DELETE carries no close
 * code. A polling session has no socket: its next poll fails.
 */
export async function endSession(
  connections: Connections,
  session: Pick<Session, 'connectionId' | 'mode' | 'encoding'>,
  reason: CloseReason | Closing,
): Promise<void> {
  if (isPolling(session)) return;
  const { connectionId } = session;
  const { code, ...rest } = typeof reason === 'string' ? { code: reason } : reason;
  const frame: ServerFrame = { type: 'session.closed', code, ...CLOSE_REASONS[code], ...rest };
  await connections.post(connectionId, textFor(session, JSON.stringify(frame)));
  await connections.close(connectionId);
}
