export type Invariant =
  | 'IM-INV-1'
  | 'IM-INV-2'
  | 'IM-INV-3'
  | 'IM-INV-4'
  | 'IM-INV-5'
  | 'IM-INV-6'
  | 'IM-FAULT-15';

export type ViolationKind =
  /** Acked, queued, or seen, and not in history. */
  | 'lost'
  /** One send, two messages. */
  | 'duplicated'
  /** Nobody sent it. */
  | 'phantom'
  /** Sent, but not so. */
  | 'altered'
  | 'refused-but-visible'
  /** One place, two messages; or one message, two places. */
  | 'ambiguous'
  | 'reordered'
  /** A read that began after an ack, without what was acked. */
  | 'stale'
  /** A device that has synced lacks it. */
  | 'unseen'
  /** A connection that was open all the time never got it (IM-PUSH-2). */
  | 'stranded'
  | 'visible-to-non-member'
  | 'sent-by-non-member'
  /** A read that began after a recall's `ok`, and shows what was said. */
  | 'unredacted'
  /** Recalled by one who had no right to. */
  | 'recalled-by-other'
  | 'cursor-went-back'
  | 'wrong-unread';

export interface Violation {
  readonly invariant: Invariant;
  readonly kind: ViolationKind;
  readonly text: string;
  /** Places in the log that show it. */
  readonly events: readonly number[];
}
