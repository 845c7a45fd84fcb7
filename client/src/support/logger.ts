/** Where the SDK tells what it does. Never gets tokens or message content. */
export interface Logger {
  debug(message: string, facts?: unknown): void;
  warn(message: string, facts?: unknown): void;
  error(message: string, facts?: unknown): void;
}

/** Errors (an event listener of the app that threw) reach the console; the rest is silent. */
export const defaultLogger: Logger = {
  debug: () => {},
  warn: () => {},
  error: (message, facts) => console.error(message, facts),
};
