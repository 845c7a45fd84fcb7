import { Logger } from '@aws-lambda-powertools/logger';
import type { Issue } from '../../protocol/frames.ts';
import { InvalidRequestError } from './errors.ts';
import { inSources } from './source-positions.ts';

interface Described {
  readonly name: string;
  readonly message: string;
  /** The invalid fields and the reasons. Never their values. */
  readonly issues?: readonly Issue[];
  readonly stack?: string;
  readonly cause?: Described;
}

/**
 * Logs one JSON line per event. Never pass a frame, a body, a header, or a token (IM-REFUSE-11): pass ids and codes, and
 * errors through `describe`. It keeps an error's name and message, and drops the fields that the AWS SDK adds: after a
 * failed condition they contain the whole item.
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

/** Made for the first line, since most instances log nothing. */
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
