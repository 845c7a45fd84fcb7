import { type ServiceEvent, serviceEventSchema } from '../../protocol/service.ts';
import type { JsonSchema, Schemas } from './json-schema.ts';
import { requestSchema } from './request-schemas.ts';

interface EventFacts {
  readonly summary: string;
  /** Fields of `data`. */
  readonly has: readonly string[];
  readonly mayHave?: readonly string[];
  /** Fields beside `data` that are always there. */
  readonly about: readonly string[];
}

const OF_MESSAGE = ['conversationId', 'seq', 'rev'];
const ofDesk = (summary: string): EventFacts => ({
  summary,
  has: ['event'],
  mayHave: ['users', 'name'],
  about: OF_MESSAGE,
});

/** The events of the topic (IM-EVENT-2). */
export const EVENTS: Readonly<Record<string, EventFacts>> = {
  'message.created': {
    summary: 'A message is stored, a system message too',
    has: ['message'],
    about: OF_MESSAGE,
  },
  'message.changed': {
    summary: 'A message was edited, recalled, erased, reacted to, pinned, or unpinned',
    has: ['message'],
    mayHave: ['change'],
    about: OF_MESSAGE,
  },
  'member.joined': {
    summary: 'Users are members of a group now',
    has: ['event', 'users'],
    mayHave: ['name'],
    about: OF_MESSAGE,
  },
  'member.left': { summary: 'Users are members no more', has: ['event', 'users'], about: OF_MESSAGE },
  'desk.opened': ofDesk('A customer opened a support chat'),
  'desk.assigned': ofDesk('A support chat got its agent'),
  'desk.transferred': ofDesk('A support chat got another agent'),
  'desk.requeued': ofDesk('A support chat went back to the head of its queue'),
  'desk.closed': ofDesk('A support chat was closed'),
  'message.reported': {
    summary: 'A user reports a message (IM-REPORT-1)',
    has: ['reason', 'message'],
    about: OF_MESSAGE,
  },
  'user.banned': {
    summary: 'The operator bans a user (IM-BAN-1)',
    has: ['userId'],
    mayHave: ['until', 'reason'],
    about: [],
  },
  'user.unbanned': { summary: 'The operator lifts a ban', has: ['userId'], about: [] },
  'user.erased': {
    summary: 'An erasure of the user is done: erase your copies (IM-ERASE-4)',
    has: ['userId'],
    about: [],
  },
  'group.deleted': {
    summary: 'The operator has deleted a group (IM-ADMIN-4)',
    has: [],
    about: ['conversationId'],
  },
  'admin.called': {
    summary: 'A request of the admin API has ended (IM-ADMIN-2)',
    has: ['action', 'outcome'],
    mayHave: ['caller', 'target'],
    about: [],
  },
};

/** The payload of an event of this type. @param types with `ImEvent` and `EventData` */
export function eventPayload(
  type: string,
  { has, mayHave = [], about }: EventFacts,
  types: Schemas,
): JsonSchema {
  const { properties = {}, required = [] } = types['ImEvent'] ?? {};
  const fields = types['EventData']?.properties ?? {};
  const { type: _, data: __, ...envelope } = properties;
  const data = Object.fromEntries([...has, ...mayHave].map((name) => [name, fields[name] ?? {}]));
  return {
    type: 'object',
    properties: {
      type: { type: 'string', const: type },
      ...envelope,
      data: { type: 'object', properties: data, required: has },
    },
    required: [...new Set([...required, ...about])],
  };
}

const SERVICE_SUMMARIES: Readonly<Record<ServiceEvent['type'], string>> = {
  'message.send': 'Sends a message as any user, or as `system`, with all guarantees of a client’s',
  'message.edit': 'Edits a message as its sender, at any time',
  'message.recall': 'Recalls a message as its sender or a group admin, at any time',
  'user.banned': 'Bans a user, and replaces a ban',
  'user.unbanned': 'Lifts a ban',
};

/** Keys of the meanings in scripts/field-meanings.ts, in the order of the schema. */
const MEANINGS_OF: Readonly<Record<ServiceEvent['type'], string>> = {
  'message.send': 'AdminMessage',
  'message.edit': 'Edit',
  'message.recall': 'Recall',
  'user.banned': 'Ban',
  'user.unbanned': 'Ban',
};

export interface ServiceMessage {
  readonly type: ServiceEvent['type'];
  readonly summary: string;
  readonly payload: JsonSchema;
}

/** The events of the service queue (docs/protocol.md, section 8). @throws {Error} if the schema has others */
export function serviceMessages(parts: Record<string, JsonSchema>): readonly ServiceMessage[] {
  const types = Object.keys(MEANINGS_OF) as readonly ServiceEvent['type'][];
  const { options } = serviceEventSchema().def;
  return types.map((type, index) => {
    const option = options[index];
    const payload = option && requestSchema(option, MEANINGS_OF[type], parts);
    if (payload?.properties?.['type']?.const !== type || options.length !== types.length)
      throw new Error(`The service queue's event ${index} is not ${type}: correct scripts/api/events.ts.`);
    return { type, summary: SERVICE_SUMMARIES[type], payload };
  });
}
