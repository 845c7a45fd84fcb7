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
  | 'IM-PRESENCE'
  | 'IM-CHANGE-4'
  | 'IM-DESK'
  | 'IM-BAN'
  | 'IM-BLOCK'
  | 'IM-ADMIN-4'
  | 'IM-BUDGET'
  | 'IM-SETTINGS'
  | 'IM-ERASE'
  | 'IM-ARCHIVE'
  | 'IM-EVENT'
  | 'IM-FILE'
  | 'IM-HOOK'
  | 'IM-NOTIFY';

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
  /** A banned or erased user got an ack, a page, or a support chat. */
  | 'banned-but-served'
  /** A blocked user wrote to, or learned of, the user who had blocked them. */
  | 'blocked-but-served'
  /** Without a block by the other user, or a repeat of what was acked. */
  | 'wrongly-refused'
  /** A task of the operator's does not end. */
  | 'endless'
  | 'not-erased'
  /** Written to, read, or told of otherwise than a deletion allows, or something is left. */
  | 'wrongly-deleted'
  /** An export lacks a message of its user, or has another's. */
  | 'wrong-export'
  /** What the hook rejects was stored, or seen. */
  | 'unasked'
  /** Other bytes than were uploaded, none for a member, or some for who may not have them. */
  | 'wrong-file'
  /** Of what the user may not see, has read, or in other words; or not at all, though nothing was in the way. */
  | 'wrongly-notified'
  /** Not in the archive once it has expired, or otherwise than it was. */
  | 'wrong-archive'
  /** No event tells of it. */
  | 'untold'
  | 'wrong-setting'
  /** More strangers than a user may meet, one who was refused, none who was not, or a refusal before the limit. */
  | 'wrongly-met'
  /** Told that a user is there, or types, who may not know; or not told that one is there. */
  | 'wrong-presence'
  | 'cursor-went-back'
  | 'wrong-unread';

export interface Violation {
  readonly invariant: Invariant;
  readonly kind: ViolationKind;
  readonly text: string;
  /** Log indexes of the evidence. */
  readonly events: readonly number[];
}
