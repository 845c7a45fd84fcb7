/**
 * `took`: the gateway accepted the frame for an open socket. `gone`: 410, which means that there is no such connection,
 * or that its `$connect` is still running. `busy`: 429, so nothing was sent; it says nothing about the socket, since all
 * APIs of the account share 10,000 requests a second
 * (docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html). `unsure`: any other failure, such as
 * a 5xx, no response within a second, or a frame larger than the gateway takes (413).
 */
export type PostOutcome = 'took' | 'gone' | 'busy' | 'unsure';

/** The sockets of all clients. No method throws: every failure is an outcome. */
export interface Connections {
  /** @param text one frame in the session's encoding, or the text `heartbeat` */
  post(connectionId: string, text: string): Promise<PostOutcome>;
  /** Checks whether the socket is open: `took` means yes. */
  probe(connectionId: string): Promise<PostOutcome>;
  /** Closes the socket. Idempotent. `took` or `gone`: it is closed. */
  close(connectionId: string): Promise<PostOutcome>;
}
