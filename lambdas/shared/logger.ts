import { Logger } from '@aws-lambda-powertools/logger';

/**
 * One JSON line an event. Never a frame, a body, a header, or a token goes into it (refusal 11): pass ids, codes, and
 * errors through `describe`, which keeps an error's name and words and leaves out the facts that the SDK hangs on it
 * (a failed condition carries the whole item).
 */
export const logger = new Logger();

export function describe(error: unknown): { name: string; message: string; stack?: string; cause?: object } {
  if (!(error instanceof Error)) return { name: typeof error, message: 'not an Error' };
  return {
    name: error.name,
    message: error.message,
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: describe(error.cause) }),
  };
}
