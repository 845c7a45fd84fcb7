import { CLOSE_REASONS, type CloseReason } from '../../protocol/codes.ts';
import type { ServerFrame } from '../../protocol/frames.ts';
import { textFor } from './encoding.ts';
import { isPolling, type Session } from './session.ts';

/**
 * `took`: the gateway has it for an open socket. `gone`: there is no such connection (410), or not yet: the gateway
 * says the same while `$connect` runs. `unsure`: nobody knows (429, 5xx, no answer within a second).
 */
export type PostOutcome = 'took' | 'gone' | 'unsure';

/** The sockets, wherever they are. No call throws: every failure is an outcome. */
export interface Connections {
  /** @param text one frame in the session's encoding, or the literal `heartbeat` */
  post(connectionId: string, text: string): Promise<PostOutcome>;
  /** Is the socket open? `took` says yes. */
  probe(connectionId: string): Promise<PostOutcome>;
  /** Closes the socket; already closed is fine. */
  close(connectionId: string): Promise<void>;
}

/**
 * Tells the client why, then closes. The client decides by the frame, since DELETE carries no close code. A polling
 * session has nothing to be closed: its next poll finds out.
 */
export async function endSession(
  connections: Connections,
  session: Pick<Session, 'connectionId' | 'mode' | 'encoding'>,
  code: CloseReason,
): Promise<void> {
  if (isPolling(session)) return;
  const { connectionId } = session;
  const frame: ServerFrame = { type: 'session.closed', code, reconnect: CLOSE_REASONS[code].reconnect };
  await connections.post(connectionId, textFor(session, JSON.stringify(frame)));
  await connections.close(connectionId);
}
