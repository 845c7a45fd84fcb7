/** Receives the SDK's log entries. They never contain tokens or message content. */
export interface Logger {
  debug(message: string, facts?: unknown): void;
  warn(message: string, facts?: unknown): void;
  error(message: string, facts?: unknown): void;
}

/** Writes errors (an event listener of the app that threw) to the console, and nothing else. */
export const defaultLogger: Logger = {
  debug: () => {},
  warn: () => {},
  error: (message, facts) => console.error(message, facts),
};
