import { Logger } from '@aws-lambda-powertools/logger';
import type { Issue } from '../../protocol/frames.ts';
import { InvalidRequestError } from './errors.ts';
import { inSources } from './source-positions.ts';

interface Described {
  readonly name: string;
  readonly message: string;
  /** Which fields were at fault, and why; never their values. */
  readonly issues?: readonly Issue[];
  readonly stack?: string;
  readonly cause?: Described;
}

/**
 * One JSON line an event. Never a frame, a body, a header, or a token goes into it (IM-REFUSE-11): pass ids, codes, and
 * errors through `describe`, which keeps an error's name and words and leaves out the facts that the SDK hangs on it
 * (a failed condition carries the whole item).
 */
export const logger = {
  error: (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    powertools().error(message, fields),
  warn: (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    powertools().warn(message, fields),
  info: (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    powertools().info(message, fields),
};

let made: Logger | undefined;

/** Made for the first line: most instances log none. */
function powertools(): Logger {
  made ??= new Logger();
  return made;
}

export function describe(error: unknown): Described {
  if (!(error instanceof Error)) return { name: typeof error, message: 'not an Error' };
  return {
    name: error.name,
    message: error.message,
    ...(error instanceof InvalidRequestError && { issues: error.issues }),
    ...(error.stack !== undefined && { stack: inSources(error.stack) }),
    ...(error.cause !== undefined && { cause: describe(error.cause) }),
  };
}
