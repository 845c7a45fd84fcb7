import type { PushPayload } from '../../protocol/notifications.ts';
import type { Effect, SeenMessage } from './seen-message.ts';

/** The operator's requests about a user, and what came of them; in the variant of the model with the platform's options. */

/** The operator bans a user, or lifts the ban. */
export interface Banned {
  readonly type: 'ban';
  readonly user: string;
  readonly change: 'ban' | 'lift';
  /** The log index of the request. */
  readonly begun: number;
  readonly outcome: Effect;
}

/** All queues are empty, and the agent is still banned: the open chats that the agent has, as a supervisor reads them. */
export interface Load {
  readonly type: 'load';
  readonly user: string;
  /** The log index of the request. */
  readonly begun: number;
  readonly chats: readonly string[];
}

/** The operator starts an erasure. */
export interface ErasureStarted {
  readonly type: 'erase';
  readonly user: string;
  readonly begun: number;
  readonly outcome: Effect;
}

/** All erasures of the user have ended. */
export interface Erased {
  readonly type: 'erased';
  readonly user: string;
  /** Rows and objects that still have something that the user wrote. */
  readonly left: readonly string[];
}

/** All queues are empty, and this task of the operator's has not ended. */
export interface Endless {
  readonly type: 'endless';
  readonly user: string;
  readonly kind: string;
  readonly step?: string;
}

/** The operator starts the deletion of a group. */
export interface DeletionStarted {
  readonly type: 'delete';
  readonly conversationId: string;
  /** The log index of the request. */
  readonly begun: number;
  readonly outcome: Effect;
}

/** How far the deletion of a group is. */
export interface DeletionSeen {
  readonly type: 'deleting';
  readonly conversationId: string;
  /** The step to be done next, or `done`. */
  readonly step: string;
}

/** All deletions of the group have ended. */
export interface GroupDeleted {
  readonly type: 'deleted';
  readonly conversationId: string;
  /** Rows and objects that are still there. */
  readonly left: readonly string[];
}

/** An export of a user has ended. */
export interface Exported {
  readonly type: 'exported';
  readonly user: string;
  /** The log index of the request that started it. */
  readonly begun: number;
  /** Lines of the export by kind. */
  readonly lines: Readonly<Record<string, number>>;
  /** The user in its first line. */
  readonly of: string;
  readonly messages: readonly SeenMessage[];
}

/** An event of the platform, as a subscriber gets it. */
export interface ToldEvent {
  readonly id: string;
  readonly type: string;
  readonly conversationId?: string;
  readonly seq?: number;
  readonly rev?: number;
  readonly data: {
    readonly userId?: string;
    readonly message?: SeenMessage;
    readonly change?: unknown;
  };
}

/** All events of this run that a subscriber has got when everything works again, each as often as it came. */
export interface Told {
  readonly type: 'told';
  readonly events: readonly ToldEvent[];
}

/** The operator has published a conversation's events again. */
export interface Replayed {
  readonly type: 'replayed';
  readonly conversationId: string;
  readonly fromSeq: number;
  readonly begun: number;
  readonly outcome: Effect;
  /** What came of it, if all else was at rest. */
  readonly events?: readonly ToldEvent[];
}

/** A user has uploaded a file for a message in this conversation. */
export interface Uploaded {
  readonly type: 'uploaded';
  readonly user: string;
  readonly conversationId: string;
  readonly attachmentId: string;
  readonly name: string;
  readonly size: number;
  readonly mime: string;
  readonly bytes: string;
}

/** The scanner tells its result of a file: it is lost, it is kept, or nobody knows. */
export interface ScanTold {
  readonly type: 'scan';
  readonly attachmentId: string;
  readonly begun: number;
  readonly outcome: 'lost' | 'kept' | 'unknown';
}

export interface GivenFile {
  readonly attachmentId: string;
  readonly url: string;
  /** What the link gave; missing if it gave nothing. */
  readonly bytes?: string;
}

/** A user asked for the links to a message's files, and opened each. */
export interface FilesOpened {
  readonly type: 'files';
  readonly user: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly begun: number;
  readonly outcome: Effect;
  readonly files: readonly GivenFile[];
}

/** The operator removes one file of a message. */
export interface FileRemoval {
  readonly type: 'removal';
  readonly conversationId: string;
  readonly seq: number;
  readonly attachmentId: string;
  readonly begun: number;
  readonly outcome: Effect;
}

/** At the end, a link that was given before. */
export interface Reopened {
  readonly type: 'reopened';
  readonly conversationId: string;
  readonly seq: number;
  readonly attachmentId: string;
  readonly begun: number;
  readonly isOpen: boolean;
}

/** A user's browser shows a notification. */
export interface Notified {
  readonly type: 'notified';
  readonly user: string;
  readonly payload: PushPayload;
}

/** No fault strikes, the user is away, and somebody else has sent this message. */
export interface Due {
  readonly type: 'due';
  readonly user: string;
  readonly messageId: string;
}

/** What is in the archive once all has expired. */
export interface Archived {
  readonly type: 'archived';
  readonly messages: readonly SeenMessage[];
}

export type PlatformEvent =
  | Uploaded
  | ScanTold
  | FilesOpened
  | FileRemoval
  | Reopened
  | Notified
  | Due
  | Archived
  | Banned
  | Load
  | ErasureStarted
  | Erased
  | DeletionStarted
  | DeletionSeen
  | GroupDeleted
  | Endless
  | Exported
  | Told
  | Replayed;
