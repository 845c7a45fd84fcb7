import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AdminTarget, EventSourceRow, UserEventType } from '../domain/model/event.ts';
import { EVENT_ROWS } from '../shared/event-rows.ts';
import type { Item } from './dynamodb.ts';
import { toStored } from './message-table.ts';

/**
 * Reads the new image of a stream's record, of one of the rows that the mappings' filters let through (lib/event-sources.ts).
 * @throws {Error} it is none of them, or broken
 */
export function readStreamRow(image: unknown): EventSourceRow {
  if (image === undefined) throw new Error('The record has no new image.');
  const item = unmarshall(image as Readonly<Record<string, AttributeValue>>);
  const pk = String(item['pk']);
  if (pk.startsWith(EVENT_ROWS.report)) return { kind: 'report', report: reportIn(item) };
  if (pk.startsWith(EVENT_ROWS.event)) return eventIn(pk, item);
  requireTexts(item, 'sk', 'messageId', 'from', 'content');
  requireNumbers(item, 'seq', 'sentAt');
  return { kind: 'message', message: toStored(item) };
}

function eventIn(pk: string, item: Item): EventSourceRow {
  if (item['type'] === 'admin.called') return { kind: 'admin', call: adminCallIn(pk, item) };
  if (item['type'] !== 'group.deleted') return { kind: 'user', event: userEventIn(item) };
  const [at] = requireNumbers(item, 'at');
  return { kind: 'group', event: { conversationId: pk.slice(EVENT_ROWS.event.length), at } };
}

function reportIn(item: Item) {
  const [reporter, conversationId, reason, messageJson] = requireTexts(
    item,
    'reporter',
    'conversationId',
    'reason',
    'message',
  );
  const [seq, at] = requireNumbers(item, 'seq', 'at');
  return { reporter, conversationId, seq, reason, at, messageJson };
}

function userEventIn(item: Item) {
  const [type, userId] = requireTexts(item, 'type', 'userId');
  const [at] = requireNumbers(item, 'at');
  const { until, reason } = item;
  return {
    type: type as UserEventType,
    userId,
    at,
    ...(until !== undefined && { untilMs: Number(until) }),
    ...(reason !== undefined && { reason: String(reason) }),
  };
}

function adminCallIn(pk: string, item: Item) {
  const [action, outcome] = requireTexts(item, 'action', 'outcome');
  const [at] = requireNumbers(item, 'at');
  const { caller, target } = item;
  return {
    requestId: pk.slice(EVENT_ROWS.event.length),
    caller: caller === undefined ? undefined : String(caller),
    action,
    target: target as AdminTarget | undefined,
    outcome,
    at,
  };
}

function requireTexts<const Names extends readonly string[]>(
  item: Item,
  ...names: Names
): { [Index in keyof Names]: string } {
  return names.map((name) => required(item, name, 'string')) as { [Index in keyof Names]: string };
}

function requireNumbers<const Names extends readonly string[]>(
  item: Item,
  ...names: Names
): { [Index in keyof Names]: number } {
  return names.map((name) => required(item, name, 'number')) as { [Index in keyof Names]: number };
}

/** The error names the attribute, and not its value: it may be a message's text. */
function required(item: Item, name: string, type: 'string' | 'number'): unknown {
  const value = item[name];
  if (typeof value !== type) throw new Error(`The row's ${name} is no ${type}.`);
  return value;
}
