/**
 * Makes `protocol/protobuf-fields.ts` of `protocol/im.proto`, the one source of truth: `npm run protobuf`. A test says when it
 * has to be run (test/unit/protocol/protobuf.test.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import protobuf from 'protobufjs';

const PROTO = new URL('../protocol/im.proto', import.meta.url);
const OUTPUT = new URL('../protocol/protobuf-fields.ts', import.meta.url);

/** What `.proto` can't say: these are null in JSON where they are missing, … */
const NULLABLE = new Set([
  'InboxPage.batch',
  'InboxFrame.batch',
  'UserPresence.lastSeenAt',
  'ErrorFrame.id',
  'DeskChat.agent',
]);
/** … and these lists are missing in JSON where they are empty. */
const OPTIONAL_LISTS = new Set(['Presence.userIds', 'ErrorFrame.issues', 'SystemContent.users']);

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
 * How a field is there: always (\`one\`), or not (\`maybe\`; in JSON \`null\`), as a list (\`list?\`: missing in JSON if empty), or
 * as the one of a message's cases that \`action\` or \`type\` names in JSON.
 */
export type Presence = 'one' | 'maybe' | 'null' | 'list' | 'list?' | 'case';
/** Its name in JSON, its number, its type (\`string\`, \`bool\`, \`int64\`, or a message), its presence. */
export type Field = readonly [name: string, number: number, type: string, presence: Presence];

export const MESSAGES: Readonly<Record<string, readonly Field[]>> = {`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(OUTPUT, fieldsModule(readFileSync(PROTO, 'utf8')));
}
