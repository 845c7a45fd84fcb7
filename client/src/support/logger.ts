/**
 * Receives the SDK's log entries: a message, and facts as an object. They never contain tokens or message content.
 *
 * @example
 * const logger: Logger = { debug: () => {}, warn: console.warn, error: console.error };
 */
export interface Logger {
  /** Changes of the connection, and other details. */
  debug(message: string, facts?: unknown): void;
  /** A failure that the client handles: an unreadable store, three attempts in a row to connect that failed. */
  warn(message: string, facts?: unknown): void;
  /** A bug in the app: an event listener that threw. */
  error(message: string, facts?: unknown): void;
}

/** Writes warnings and errors to the console. */
export const defaultLogger: Logger = {
  debug: () => {},
  warn: (message, facts) => console.warn(message, facts),
  error: (message, facts) => console.error(message, facts),
};
