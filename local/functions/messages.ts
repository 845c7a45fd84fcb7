import type { InvokeResult } from '../model.ts';

/** Start data of a worker. */
export interface WorkerSetup {
  readonly codeDirectory: string;
  readonly layerDirectories: readonly string[];
  /** See `CodeFolders`. */
  readonly sdkDirectories: readonly string[];
  readonly handler: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMegabytes: number;
  /** How far the instance's clock is ahead; negative: behind. */
  readonly clockOffsetMs: number;
  /** One Int32: 0 while the function is frozen, 1 when an event is waiting. */
  readonly gate: SharedArrayBuffer;
}

/** Message to the worker. The event is passed as JSON text, as in Lambda. */
export interface InvokeMessage {
  readonly requestId: string;
  readonly eventJson: string;
  readonly deadlineMs: number;
}

/** Message from the worker. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'init-failed'; readonly error: InvokeFailure; readonly detail: string }
  | { readonly type: 'log'; readonly stream: LogStream; readonly text: string }
  | { readonly type: 'returned'; readonly payloadJson: string }
  | { readonly type: 'threw'; readonly error: InvokeFailure; readonly detail: string };

export type InvokeFailure = Extract<InvokeResult, { readonly ok: false }>;

export type LogStream = 'stdout' | 'stderr';

/**
 * The error type of an invocation that Lambda refused, since too many run at once.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
 */
export const THROTTLED = 'TooManyRequestsException';

export function failure(errorType: string, errorMessage: string): InvokeFailure {
  return { ok: false, errorType, errorMessage };
}
