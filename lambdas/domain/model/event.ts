import type { Message, MessageChange } from '../../../protocol/frames.ts';
import type { StoredMessage } from './message.ts';

/** What an event tells (docs/protocol.md, section 18). */
export type EventType =
  | 'message.created'
  | 'message.changed'
  | 'member.joined'
  | 'member.left'
  | `desk.${string}`
  | 'message.reported'
  | 'admin.called'
  | 'group.deleted'
  | UserEventType;

/** Events of a user, which have a row of their own. */
export type UserEventType = 'user.banned' | 'user.unbanned' | 'user.erased';

/** An event, as subscribers get it (IM-EVENT-2). */
export interface ImEvent {
  /** The same for a repeat of the event, so that a subscriber can tell it. */
  readonly id: string;
  readonly type: EventType;
  readonly version: 1;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly conversationId?: string;
  readonly seq?: number;
  /** The changes of the message before and with this event; 0: it is new. */
  readonly rev?: number;
  /** The user who did it. Missing if the operator did. */
  readonly actor?: string;
  readonly data: EventData;
}

export interface EventData {
  readonly message?: Message;
  /** Missing if the message was last changed before the deployment had events. */
  readonly change?: MessageChange;
  /** Of a system message. */
  readonly event?: string;
  readonly users?: readonly string[];
  readonly name?: string;
  readonly userId?: string;
  readonly until?: number;
  readonly reason?: string;
  /** Of a call of the admin API: the principal's ARN. */
  readonly caller?: string;
  /** Its route. */
  readonly action?: string;
  readonly target?: AdminTarget;
  /** `done`, or an error code. */
  readonly outcome?: string;
}

/** A row of a table that becomes events. */
export type EventSourceRow =
  | { readonly kind: 'message'; readonly message: StoredMessage }
  | { readonly kind: 'report'; readonly report: ReportRow }
  | { readonly kind: 'user'; readonly event: UserEvent }
  | { readonly kind: 'admin'; readonly call: AdminCallEvent }
  | { readonly kind: 'group'; readonly event: GroupEvent };

/** A report, as it is stored (IM-REPORT-1). */
export interface ReportRow {
  readonly reporter: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly reason: string;
  readonly at: number;
  /** JSON of the message as clients see it, at the time of the report. */
  readonly messageJson: string;
}

/** Something that happened to a user. */
export interface UserEvent {
  readonly type: UserEventType;
  readonly userId: string;
  readonly at: number;
  readonly untilMs?: number | undefined;
  readonly reason?: string | undefined;
}

/** Ids that a call of the admin API is about. Never content, nor a reason. */
export type AdminTarget = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** A call of the admin API, as the audit has it (IM-ADMIN-2). */
export interface AdminCallEvent {
  /** The gateway's id of the request. */
  readonly requestId: string;
  /** Missing if the request had no IAM principal, and was refused. */
  readonly caller: string | undefined;
  readonly action: string;
  /** Missing if the request was not understood. */
  readonly target: AdminTarget | undefined;
  readonly outcome: string;
  /** When the gateway got it. */
  readonly at: number;
}

/** A group was deleted. */
export interface GroupEvent {
  readonly conversationId: string;
  readonly at: number;
}

/** Rows for groups that are gone. */
export interface GroupEventWriter {
  /** Idempotent. */
  put(event: GroupEvent): Promise<void>;
}

/** Rows for calls of the admin API. */
export interface AdminCallWriter {
  /** Idempotent. */
  put(call: AdminCallEvent): Promise<void>;
}

/** Rows for what has no other row. */
export interface UserEventWriter {
  /** Idempotent. */
  put(event: UserEvent): Promise<void>;
}

/** `refused`: no retry helps. */
export type PublishOutcome = 'published' | 'failed' | 'refused';

/** The topic of events. */
export interface EventPublisher {
  /** Publishes each event, with attributes that filter policies can use. @returns the outcome of each, in the same order */
  publish(events: readonly AttributedEvent[]): Promise<readonly PublishOutcome[]>;
}

export interface AttributedEvent {
  readonly event: ImEvent;
  /** Texts that are not empty: at most ten, as SQS takes them (IM-EVENT-4). */
  readonly attributes: Readonly<Record<string, string>>;
}
