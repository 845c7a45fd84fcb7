/** Connected users: a few real clients, and simulated sockets that accept every post. */
export interface Crowd {
  /** Sends one message; resolves with the milliseconds from the frame to each measured push. */
  send(n: number): Promise<readonly number[]>;
  /** Disconnects the real clients; the simulated ones stay for the next, larger crowd. */
  leave(): Promise<void>;
}

/** Number of real clients; more would only load the measuring machine. */
export const REAL_CLIENTS = 10;
