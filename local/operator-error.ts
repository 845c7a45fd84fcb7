/**
 * An error that the operator can fix: a port in use, a missing emulator, an unreadable folder. Its message is one line
 * that says what to do; the command line prints it without a stack trace.
 */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}

/** `code` of a Node system error (`EADDRINUSE`), if it is one. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
