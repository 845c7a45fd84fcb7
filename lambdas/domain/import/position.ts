import type { LastMessage } from '../model/import.ts';
import type { Place } from './split-lines.ts';

/** The conversation whose lines are being read. */
export interface Current {
  readonly conversationId: string;
  readonly lastSeq: number;
  readonly openHistory: boolean;
  /** As `Taken`. */
  readonly reservedBefore: number;
  readonly isUntouched: boolean;
  readonly head: number;
  readonly hasTail: boolean;
  /** The last seq that a line has named: the next one is higher. */
  readonly seq: number;
  readonly last?: LastMessage | undefined;
  /** In a direct conversation, by user: the highest that is known. */
  readonly lastSeqs: Readonly<Record<string, number>>;
  /** Why no line of it is imported. */
  readonly refused?: string | undefined;
}

/** Where an import stands: what its task saves. */
export interface Position extends Place {
  readonly current?: Current | undefined;
  /** Refused lines that the report has already, and where they are kept. */
  readonly reported: number;
  readonly rest?: string | undefined;
  /** All lines are read. */
  readonly isRead?: boolean;
}

export const START: Position = { offset: 0, line: 0, reported: 0 };

/** A line that was not imported. */
export interface Refusal {
  readonly line: number;
  readonly reason: string;
}
