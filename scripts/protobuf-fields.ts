/**
 * Generates `protocol/protobuf-fields.ts` from `protocol/im.proto`, the source of truth: `npm run protobuf`. A test fails if the
 * output is out of date (test/unit/protocol/protobuf.test.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import protobuf from 'protobufjs';

const PROTO = new URL('../protocol/im.proto', import.meta.url);
const OUTPUT = new URL('../protocol/protobuf-fields.ts', import.meta.url);

/** `.proto` can't express that these fields are null in JSON when unset. */
const NULLABLE = new Set([
  'InboxPage.batch',
  'InboxFrame.batch',
  'UserPresence.lastSeenAt',
  'ErrorFrame.id',
  'DeskChat.agent',
  'Live.content',
  'LivePush.content',
]);
/** `.proto` can't express that these lists are omitted in JSON when empty. */
const OPTIONAL_LISTS = new Set([
  'Presence.userIds',
  'ErrorFrame.issues',
  'SystemContent.users',
  'SendMessage.mentions',
  'Edit.mentions',
  'Message.mentions',
  'Message.reactions',
  'Reaction.users',
]);

export function fieldsModule(proto: string): string {
  const { root } = protobuf.parse(proto);
  root.resolveAll();
  const messages = root.lookup('im.v1') as protobuf.Namespace;
  const lines = messages.nestedArray.flatMap((type) => {
    if (!(type instanceof protobuf.Type)) throw new Error(`${type.name}: only messages are supported.`);
    const fields = type.fieldsArray.map((field) => `    ${JSON.stringify(rowOf(type, field))},`);
    return [`  ${type.name}: [`, ...fields, '  ],'];
  });
  return `${HEAD}\n${lines.join('\n')}\n};\n`;
}

function rowOf(type: protobuf.Type, field: protobuf.Field): [string, number, string, string] {
  const name = field.options?.['json_name'] ?? field.name;
  const known =
    ['string', 'bool', 'int64'].includes(field.type) || field.resolvedType instanceof protobuf.Type;
  if (!known) throw new Error(`${type.name}.${name}: ${field.type} is not supported.`);
  return [name, field.id, field.type, presenceOf(`${type.name}.${name}`, field)];
}

function presenceOf(path: string, field: protobuf.Field): string {
  if (field.repeated) return OPTIONAL_LISTS.has(path) ? 'list?' : 'list';
  if (NULLABLE.has(path)) return 'null';
  if (field.options?.['proto3_optional'] === true) return 'maybe';
  return field.partOf === null ? 'one' : 'case';
}

const HEAD = `// Made of im.proto by \`npm run protobuf\`; don't edit.

/**
 * Presence of a field: \`one\` is always set, \`maybe\` is optional, \`null\` is null in JSON when unset, \`list?\` is omitted in
 * JSON when empty, and \`case\` is the oneof case that \`action\` or \`type\` selects in JSON.
 */
export type Presence = 'one' | 'maybe' | 'null' | 'list' | 'list?' | 'case';
/** JSON name, field number, type (\`string\`, \`bool\`, \`int64\`, or a message), presence. */
export type Field = readonly [name: string, number: number, type: string, presence: Presence];

export const MESSAGES: Readonly<Record<string, readonly Field[]>> = {`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(OUTPUT, fieldsModule(readFileSync(PROTO, 'utf8')));
}
