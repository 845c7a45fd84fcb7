import * as z from 'zod/mini';
import { ACTIONS } from '../protocol/actions.ts';
import { attachmentRequestSchema, thumbnailSchema } from '../protocol/attachments.ts';
import { CLOSE_REASONS, ERROR_CODES } from '../protocol/codes.ts';
import {
  addMembersSchema,
  changesQuerySchema,
  conversationsQuerySchema,
  createGroupSchema,
  messagesQuerySchema,
  pollSchema,
  updateGroupSchema,
} from '../protocol/http.ts';
import { CLIENT_ID, DEVICE_ID, SENDER_ID, USER_ID } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import {
  contactSchema,
  profileSchema,
  profilesQuerySchema,
  reportSchema,
  settingsSchema,
} from '../protocol/people.ts';
import { type Field as FrameField, MESSAGES, type Presence } from '../protocol/protobuf-fields.ts';
import { CLOSE_MEANINGS, ERROR_MEANINGS, EXTRA_LIMITS, LIMIT_MEANINGS } from './field-meanings.ts';
import { answerMeaning, messageNamed, requestMeaning } from './meaning.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly pattern?: string;
  readonly default?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Field {
  readonly name: string;
  readonly isRequired: boolean;
  readonly schema: Schema;
}

/** A row for each action: its fields, and the frame that answers it. */
export function frameTable(): string {
  const rows = Object.entries(ACTIONS).map(([action, { request, reply }]) => {
    const fields = fieldsOf(request()).map(({ name, isRequired }) => `\`${name}\`${isRequired ? '' : '?'}`);
    return [
      `\`${action}\``,
      fields.join(' '),
      reply === null ? 'only a refusal is answered' : `\`${reply.type}\``,
    ];
  });
  return table(['action', 'fields (? optional)', 'answer'], rows);
}

export function fieldNames(schema: z.ZodMiniType): string[] {
  return fieldsOf(schema).map(({ name }) => name);
}

/** All tables of docs/protocol.md, by marker name, without the `id` that every frame has. */
export function protocolTables(): ReadonlyMap<string, string> {
  const requests = Object.entries(ACTIONS).map(
    ([action, { request }]) => [`request ${action}`, requestTable(messageNamed(action), request())] as const,
  );
  const isRequest = new Set(MESSAGES['ClientFrame']?.map(([, , type]) => type));
  const frames = Object.entries(MESSAGES)
    .filter(([name]) => !isRequest.has(name) && !['ClientFrame', 'ServerFrame', 'Content'].includes(name))
    .map(([name, fields]) => [`frame ${name}`, serverTable(name, fields)] as const);
  return new Map([
    ['actions', frameTable()],
    ...[...requests, ...frames].filter(([, text]) => text.split('\n').length > 2),
    ['http conversations', requestTable('Conversations', conversationsQuerySchema())],
    ['http history', requestTable('History', messagesQuerySchema())],
    ['http changes', requestTable('Changes', changesQuerySchema())],
    ['http createGroup', requestTable('Group', createGroupSchema())],
    ['http updateGroup', requestTable('Group', updateGroupSchema())],
    ['http addMembers', requestTable('Group', addMembersSchema())],
    ['http profile', requestTable('Profile', profileSchema())],
    ['http profiles', requestTable('Profiles', profilesQuerySchema())],
    ['http settings', requestTable('Settings', settingsSchema())],
    ['http contact', requestTable('Contact', contactSchema())],
    ['http report', requestTable('Report', reportSchema())],
    ['http attachment', requestTable('AttachmentRequest', attachmentRequestSchema())],
    ['http thumbnail', requestTable('ThumbnailRequest', thumbnailSchema())],
    ['http poll', requestTable('Poll', pollSchema())],
    ['limits', limitsTable()],
    ['errors', errorsTable()],
    ['closes', closesTable()],
  ]);
}

function requestTable(message: string, schema: z.ZodMiniType): string {
  const fields = fieldsOf(schema).filter(({ name }) => name !== 'id');
  const names = fields.map(({ name }) => name);
  const rows = fields.map(({ name, isRequired, schema: field }) => {
    const meaning = requestMeaning(message, name, names);
    return [`\`${name}\``, typeOf(field), isRequired ? 'yes' : '', limitsOf(name, field, message), meaning];
  });
  return table(['field', 'type', 'required', 'limits', 'meaning'], rows);
}

const PRESENCE: Readonly<Record<Presence, string>> = {
  one: 'always',
  maybe: 'may be missing',
  null: 'or `null`',
  list: 'always',
  'list?': 'missing if empty',
  case: '',
};

function serverTable(message: string, fields: readonly FrameField[]): string {
  const isReply = message !== 'ErrorFrame' && MESSAGES['ServerFrame']?.some(([, , type]) => type === message);
  const shown = fields.filter(([name]) => !isReply || name !== 'id');
  const rows = shown.map(([name, , type, presence]) => {
    const isList = presence.startsWith('list');
    const meaning = answerMeaning(message, name);
    return [
      `\`${name}\``,
      `${wireType(message, name, type)}${isList ? '[]' : ''}`,
      PRESENCE[presence],
      meaning,
    ];
  });
  return table(['field', 'type', 'there', 'meaning'], rows);
}

function wireType(message: string, name: string, type: string): string {
  if (message === 'CustomContent' && name === 'data') return 'any JSON';
  return { int64: 'integer', bool: 'boolean' }[type] ?? type;
}

function typeOf({ type, items, anyOf, allOf }: Schema): string {
  if (items) return `${typeOf(items)}[]`;
  const kinds = anyOf?.map(typeOf) ?? allOf?.map(typeOf);
  return type ?? kinds?.join(' or ') ?? 'Content';
}

const PATTERNS: Readonly<Record<string, string>> = {
  [CLIENT_ID.source]: '1 to 64 of `A-Z a-z 0-9 _ -`',
  [USER_ID.source]: 'a user id',
  [SENDER_ID.source]: 'a user id',
  [DEVICE_ID.source]: '1 to 64 of `A-Z a-z 0-9 _ . -`',
  '^[0-9]{1,15}$': 'a whole number',
};

function limitsOf(name: string, schema: Schema, message = ''): string {
  const extra = EXTRA_LIMITS[`${message}.${name}`] ?? EXTRA_LIMITS[name];
  if (extra !== undefined) return extra;
  const { pattern, items, anyOf = [], minimum, maximum } = schema;
  const parts = [
    pattern === undefined ? '' : (PATTERNS[pattern] ?? `\`${pattern}\``),
    range(schema.minLength, schema.maxLength, 'characters'),
    range(schema.minItems, schema.maxItems, 'entries'),
    range(minimum, maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum, ''),
    ...(items ? [`each ${limitsOf('', items)}`] : []),
    ...anyOf.map((one) => limitsOf('', one)),
    schema.default === undefined ? '' : `default \`${JSON.stringify(schema.default)}\``,
  ];
  return parts.filter(Boolean).join(', ');
}

function range(low: number | undefined, high: number | undefined, unit: string): string {
  if (low === undefined && high === undefined) return '';
  const text =
    high === undefined
      ? `at least ${low}`
      : low === undefined
        ? `at most ${grouped(high)}`
        : `${low} to ${grouped(high)}`;
  return `${text} ${unit}`.trim();
}

function limitsTable(): string {
  const rows = Object.entries(LIMITS).map(([name, value]) => [
    `\`${name}\``,
    amount(name, value),
    LIMIT_MEANINGS[name as keyof typeof LIMITS],
  ]);
  return table(['limit', 'value', 'of'], rows);
}

function amount(name: string, value: number): string {
  if (name.endsWith('Bytes')) return `${grouped(value)} bytes`;
  if (name.endsWith('Chars')) return `${value} characters`;
  const seconds = name.endsWith('Ms') ? value / 1000 : name.endsWith('Seconds') ? value : undefined;
  if (seconds === undefined) return grouped(value);
  if (seconds > 86_400) return `${seconds / 86_400} d`;
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${seconds / 60} min` : `${seconds / 3600} h`;
}

function errorsTable(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => [
    `\`${code}\``,
    String(status),
    retryable ? 'yes' : '',
    ERROR_MEANINGS[code as keyof typeof ERROR_CODES],
  ]);
  return table(['code', 'HTTP status', 'retryable', 'meaning'], rows);
}

function closesTable(): string {
  const rows = Object.entries(CLOSE_REASONS).map(([code, { reconnect }]) => [
    `\`${code}\``,
    String(reconnect),
    CLOSE_MEANINGS[code as keyof typeof CLOSE_REASONS],
  ]);
  return table(['code', '`reconnect`', 'meaning'], rows);
}

function fieldsOf(schema: z.ZodMiniType): Field[] {
  const fieldsIn = ({ properties = {}, required = [], allOf = [] }: Schema): Field[] => [
    ...Object.entries(properties).map(([name, field]) => ({
      name,
      isRequired: required.includes(name),
      schema: field,
    })),
    ...allOf.flatMap(fieldsIn),
  ];
  return fieldsIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema);
}

const grouped = (value: number) => value.toLocaleString('en-US');

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/**
 * Fills each `<!-- table NAME -->` … `<!-- /table -->` of the page.
 * @throws {Error} if the page names an unknown table
 */
export function withTables(page: string, tables = protocolTables()): string {
  return page.replaceAll(/<!-- table (.+?) -->\n.*?<!-- \/table -->/gs, (_, name: string) => {
    const text = tables.get(name);
    if (text === undefined) throw new Error(`There is no table ${name}: ${[...tables.keys()].join(', ')}`);
    return `<!-- table ${name} -->\n${text}\n<!-- /table -->`;
  });
}

/** @returns names of the tables for which the page has no marker */
export function missingTables(page: string): string[] {
  return [...protocolTables().keys()].filter((name) => !page.includes(`<!-- table ${name} -->`));
}
