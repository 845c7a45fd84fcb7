import type { Content, SystemContent } from '../../../protocol/content.ts';
import type { Message } from '../../../protocol/frames.ts';
import { parseConversationId } from '../../../protocol/ids.ts';
import type {
  AdminCallEvent,
  AttributedEvent,
  EventData,
  EventSourceRow,
  EventType,
  GroupEvent,
  ImEvent,
  ReportRow,
  UserEvent,
} from '../model/event.ts';
import { type StoredMessage, toMessage } from '../model/message.ts';

/**
 * The events of a row, as it is now (IM-EVENT-2). The same row has the same events, with the same ids: the worker may get a
 * row twice, and a replay reads it again.
 * @throws {Error} the row is broken: no retry helps
 */
export function eventsOf(row: EventSourceRow): readonly AttributedEvent[] {
  switch (row.kind) {
    case 'message':
      return eventsOfMessage(row.message);
    case 'report':
      return [attributed(reported(row.report))];
    case 'user':
      return [attributed(userEvent(row.event))];
    case 'admin':
      return [attributed(adminCalled(row.call))];
    case 'group':
      return [attributed(groupDeleted(row.event))];
  }
}

/** A message that has changed is not new: its creation was an event of its own. */
function eventsOfMessage(message: StoredMessage): readonly AttributedEvent[] {
  return (message.rev ?? 0) > 0 ? [changed(message)] : createdEvents(message);
}

/** All events that led to the message as it is now, but for changes before the last one. For a replay. */
export function allEventsOf(message: StoredMessage): readonly AttributedEvent[] {
  const isChanged = (message.rev ?? 0) > 0;
  return [...createdEvents(message), ...(isChanged ? [changed(message)] : [])];
}

function createdEvents(stored: StoredMessage): readonly AttributedEvent[] {
  const message = toMessage(stored);
  const envelope = envelopeOf(stored, 0, stored.sentAt, stored.from);
  const created: ImEvent = {
    ...envelope,
    type: 'message.created',
    id: `${stored.messageId}-0`,
    data: { message },
  };
  const { content } = message;
  const type = content.type === 'system' ? systemEventType(content.event) : undefined;
  if (content.type !== 'system' || type === undefined) return [attributed(created, content)];
  const { event, users, name } = content;
  const data = { event, ...(users !== undefined && { users }), ...(name !== undefined && { name }) };
  const told: ImEvent = { ...envelope, type, id: `${stored.messageId}-0-${type}`, actor: content.by, data };
  return [attributed(created, content), attributed(told, content)];
}

/** The event that a system message tells. The others, such as a new name, are only messages. */
function systemEventType(event: SystemContent['event']): EventType | undefined {
  switch (event) {
    case 'created':
    case 'joined':
      return 'member.joined';
    case 'left':
    case 'removed':
      return 'member.left';
    case 'opened':
    case 'assigned':
    case 'transferred':
    case 'requeued':
    case 'closed':
      return `desk.${event}`;
    case 'renamed':
    case 'admins':
    case 'pins':
    case 'posting':
    case 'slowMode':
      return undefined;
  }
}

function changed(stored: StoredMessage): AttributedEvent {
  const { rev = 0, change, changedAt = stored.sentAt } = stored;
  const message = toMessage(stored);
  const event: ImEvent = {
    ...envelopeOf(stored, rev, changedAt, change?.by),
    type: 'message.changed',
    id: `${stored.messageId}-${rev}`,
    data: { ...(change !== undefined && { change }), message },
  };
  return attributed(event, message.content);
}

function envelopeOf(
  { conversationId, seq }: StoredMessage,
  rev: number,
  at: number,
  actor: string | undefined,
): Omit<ImEvent, 'id' | 'type' | 'data'> {
  return { version: 1, at, conversationId, seq, rev, ...(actor !== undefined && { actor }) };
}

function reported({ reporter, conversationId, seq, reason, at, messageJson }: ReportRow): ImEvent {
  const message: Message = JSON.parse(messageJson);
  return {
    id: `${message.messageId}-reported-${reporter}`,
    type: 'message.reported',
    version: 1,
    at,
    conversationId,
    seq,
    rev: message.rev,
    actor: reporter,
    data: { reason, message },
  };
}

function userEvent({ type, userId, at, untilMs, reason }: UserEvent): ImEvent {
  return {
    id: [userId, type, at, ...(untilMs === undefined ? [] : [untilMs])].join('-'),
    type,
    version: 1,
    at,
    data: {
      userId,
      ...(untilMs !== undefined && { until: untilMs }),
      ...(reason !== undefined && { reason }),
    },
  };
}

function adminCalled({ requestId, at, caller, action, target, outcome }: AdminCallEvent): ImEvent {
  const conversationId = target?.['conversationId'];
  return {
    id: `${requestId}-admin.called`,
    type: 'admin.called',
    version: 1,
    at,
    ...(typeof conversationId === 'string' && { conversationId }),
    data: { ...(caller !== undefined && { caller }), action, ...(target && { target }), outcome },
  };
}

function groupDeleted({ conversationId, at }: GroupEvent): ImEvent {
  const type = 'group.deleted';
  return { id: `${conversationId}-${type}`, type, version: 1, at, conversationId, data: {} };
}

/** With the attributes of IM-EVENT-4. */
function attributed(event: ImEvent, content?: Content): AttributedEvent {
  const { type, conversationId, actor, data } = event;
  const kind = conversationId === undefined ? undefined : parseConversationId(conversationId)?.kind;
  const all = {
    type,
    conversationId,
    kind,
    actor,
    userId: data.userId ?? targetedUser(data),
    content: content?.type,
    event: content?.type === 'system' ? content.event : undefined,
    change: data.change?.kind,
  };
  const entries = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { event, attributes: Object.fromEntries(entries) };
}

function targetedUser({ target }: EventData): string | undefined {
  const userId = target?.['userId'];
  return typeof userId === 'string' ? userId : undefined;
}
