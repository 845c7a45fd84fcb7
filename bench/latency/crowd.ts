/** Connected users: a few real clients, and simulated sockets that take every post. */
export interface Crowd {
  /** Sends one message; resolves with the milliseconds from the frame to each push that was looked at. */
  send(n: number): Promise<readonly number[]>;
  /** The real clients go; the others stay for the next, larger crowd. */
  leave(): Promise<void>;
}

/** Real clients: more would only load the machine that measures. */
export const REAL_CLIENTS = 10;
