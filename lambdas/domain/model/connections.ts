/**
 * `took`: the gateway accepted the frame for an open socket. `gone`: 410, which means that there is no such connection,
 * or that its `$connect` is still running. `unsure`: the outcome is unknown (429, 5xx, or no response within a second).
 */
export type PostOutcome = 'took' | 'gone' | 'unsure';

/** The sockets of all clients. No method throws: every failure is an outcome. */
export interface Connections {
  /** @param text one frame in the session's encoding, or the text `heartbeat` */
  post(connectionId: string, text: string): Promise<PostOutcome>;
  /** Checks whether the socket is open: `took` means yes. */
  probe(connectionId: string): Promise<PostOutcome>;
  /** Closes the socket. Idempotent. */
  close(connectionId: string): Promise<void>;
}
