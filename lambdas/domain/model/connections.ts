/**
 * `took`: the gateway has it for an open socket. `gone`: there is no such connection (410), or not yet: the gateway
 * says the same while `$connect` runs. `unsure`: nobody knows (429, 5xx, no answer within a second).
 */
export type PostOutcome = 'took' | 'gone' | 'unsure';

/** The sockets of all clients. No call throws: every failure is an outcome. */
export interface Connections {
  /** @param text one frame in the session's encoding, or the literal `heartbeat` */
  post(connectionId: string, text: string): Promise<PostOutcome>;
  /** Is the socket open? `took` says yes. */
  probe(connectionId: string): Promise<PostOutcome>;
  /** Closes the socket. Idempotent. */
  close(connectionId: string): Promise<void>;
}
