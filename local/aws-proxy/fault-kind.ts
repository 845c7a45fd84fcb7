/** When a fault strikes: before the emulator sees the call, after it has committed, or what it changes on the way. */
const STAGES = {
  /** The service's own throttling error. */
  throttle: 'before',
  /** The service's own 500. */
  error: 'before',
  /** A 500 for what was in fact done. */
  'error-after': 'after',
  /** The line breaks, and nothing was done. */
  'cut-before': 'before',
  /** It was done, and the line breaks before the answer. */
  'cut-after': 'after',
  /** No answer until the caller gives up, or `releaseHangs`; nothing was done until then. */
  hang: 'before',
  'hang-after': 'after',
  /** 410: `@connections` only. */
  gone: 'before',
  /** Half of a batch is done, the rest comes back as unprocessed, or as failed entries of SQS. */
  unprocessed: 'batch',
  /** The function that calls is killed, and nothing was done. */
  kill: 'before',
  'kill-after': 'after',
  /** A received record comes again in the next batch. */
  duplicate: 'record',
  /** A received record comes again after the queue was told that it is done. */
  'duplicate-late': 'record',
  /** The records of a received batch come backwards, some of them only in a later batch. */
  reorder: 'records',
} as const;

export type FaultKind = keyof typeof STAGES;
export type Stage = (typeof STAGES)[FaultKind];

export const FAULT_KINDS = Object.keys(STAGES) as [FaultKind, ...FaultKind[]];

export function stageOf(kind: FaultKind): Stage {
  return STAGES[kind];
}

/** What becomes of a call that is struck. */
export type Ending = 'refuse' | 'cut' | 'hang' | 'kill';

export function endingOf(kind: FaultKind): Ending {
  if (kind.startsWith('cut')) return 'cut';
  if (kind.startsWith('hang')) return 'hang';
  return kind.startsWith('kill') ? 'kill' : 'refuse';
}
