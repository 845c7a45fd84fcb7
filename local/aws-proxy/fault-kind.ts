/** When a fault applies: before the call is forwarded, after the emulator has executed it, or to a batch or records. */
const STAGES = {
  /** The service's throttling error. */
  throttle: 'before',
  /** The service's 500 error. */
  error: 'before',
  /** A 500 error although the call was executed. */
  'error-after': 'after',
  /** The connection breaks; the call was not executed. */
  'cut-before': 'before',
  /** The connection breaks before the answer; the call was executed. */
  'cut-after': 'after',
  /** No answer until the caller gives up or `releaseHangs` is called; not executed until then. */
  hang: 'before',
  'hang-after': 'after',
  /** 410 of `@connections`; Lambda's 404: no such function. */
  gone: 'before',
  /** Half of a batch is executed; the rest is returned as unprocessed, or as failed entries for SQS. */
  unprocessed: 'batch',
  /** The calling function is killed; the call was not executed. */
  kill: 'before',
  'kill-after': 'after',
  /** A received record is delivered again in the next batch. */
  duplicate: 'record',
  /** A received record is delivered again after it was deleted. */
  'duplicate-late': 'record',
  /** The records of a batch are delivered in reverse order, some of them in a later batch. */
  reorder: 'records',
} as const;

export type FaultKind = keyof typeof STAGES;
export type Stage = (typeof STAGES)[FaultKind];

export const FAULT_KINDS = Object.keys(STAGES) as [FaultKind, ...FaultKind[]];

export function stageOf(kind: FaultKind): Stage {
  return STAGES[kind];
}

/** How a fault ends its call. */
export type Ending = 'refuse' | 'cut' | 'hang' | 'kill';

export function endingOf(kind: FaultKind): Ending {
  if (kind.startsWith('cut')) return 'cut';
  if (kind.startsWith('hang')) return 'hang';
  return kind.startsWith('kill') ? 'kill' : 'refuse';
}
