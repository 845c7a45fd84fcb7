export type Invariant =
  | 'IM-INV-1'
  | 'IM-INV-2'
  | 'IM-INV-3'
  | 'IM-INV-4'
  | 'IM-INV-5'
  | 'IM-INV-6'
  | 'IM-INV-7'
  | 'IM-FAULT-15'
  | 'IM-EDIT'
  | 'IM-REACT'
  | 'IM-PIN'
  | 'IM-CHANGE-4'
  | 'IM-DESK';

export type ViolationKind =
  /** Acked, queued, or seen, and not in history. */
  | 'lost'
  /** One send became two messages. */
  | 'duplicated'
  /** Nobody sent it. */
  | 'phantom'
  /** Sent, but with other content. */
  | 'altered'
  | 'refused-but-visible'
  /** Two messages have one seq, or one message has two. */
  | 'ambiguous'
  | 'reordered'
  /** A read that began after an ack lacks the acked message. */
  | 'stale'
  /** A synced device lacks it. */
  | 'unseen'
  /** A connection that was always open never got it (IM-PUSH-2). */
  | 'stranded'
  /** An SDK lists a conversation that its user is not in, or lacks one. */
  | 'wrong-list'
  /** An SDK gave up, or does not come to rest. */
  | 'stuck'
  | 'visible-to-non-member'
  | 'sent-by-non-member'
  /** A read that began after a recall's `ok` shows the content. */
  | 'unredacted'
  /** Recalled without permission. */
  | 'recalled-by-other'
  /** Edited by another user than its sender. */
  | 'edited-by-other'
  /** History or a read that began after an edit was done has a content from before it. */
  | 'edit-undone'
  /** A reaction is counted that nobody made, or one that was made is not. */
  | 'wrong-count'
  /** A message is pinned that nobody pinned, or one that was pinned last is not. */
  | 'wrong-pin'
  /** A view at the end shows a message as it was before a change. */
  | 'outdated'
  /** A support chat's story has two agents at once, or none where its state names one. */
  | 'two-agents'
  /** A customer has two open support chats in one queue. */
  | 'two-chats'
  | 'rated-twice'
  | 'cursor-went-back'
  | 'wrong-unread';

export interface Violation {
  readonly invariant: Invariant;
  readonly kind: ViolationKind;
  readonly text: string;
  /** Log indexes of the evidence. */
  readonly events: readonly number[];
}
