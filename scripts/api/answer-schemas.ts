import { createGenerator } from 'ts-json-schema-generator';
import { MESSAGES } from '../../protocol/protobuf-fields.ts';
import { answerMeaning } from '../meaning.ts';
import { type JsonSchema, mapSchemas, type Schemas, toComponent, withEnum } from './json-schema.ts';

const SOURCES = '{protocol/*.ts,lambdas/domain/model/event.ts}';

/** Reading the sources takes some seconds. */
let made: ReturnType<typeof createGenerator> | undefined;

function generator() {
  made ??= createGenerator({
    path: SOURCES,
    tsconfig: 'tsconfig.json',
    jsDoc: 'extended',
    // `tsc` checks them.
    skipTypeCheck: true,
    // Receivers ignore unknown fields (IM-FRAME-1).
    additionalProperties: true,
    sortProps: false,
  });
  return made;
}

/**
 * The schemas of exported types, and of those that they use, with their docstrings. So what the server sends has one
 * source: the types that its code returns.
 * @throws {Error} if a type does not exist, or can't be a JSON schema
 */
export function schemasOfTypes(names: readonly string[]): Schemas {
  const found = names.map((name) => generator().createSchema(name).definitions ?? {});
  const schemas = mapSchemas(Object.assign({}, ...found) as Schemas, normalized);
  return Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, described(name, one)]));
}

/** Every number on the wire is whole, which TypeScript does not tell. A `@default` here is for readers of the code. */
function normalized({ $ref, type, anyOf, not, default: _, ...rest }: JsonSchema): JsonSchema {
  const members = anyOf?.filter((one) => Object.keys(one).length > 0);
  return {
    ...($ref !== undefined && { $ref: toComponent($ref) }),
    ...(type !== undefined && { type: wholeNumbers(type) }),
    ...rest,
    ...(members && withEnum(members)),
  };
}

function wholeNumbers(type: NonNullable<JsonSchema['type']>): NonNullable<JsonSchema['type']> {
  const whole = (one: string) => (one === 'number' ? 'integer' : one);
  return typeof type === 'string' ? whole(type) : type.map(whole);
}

/** What has no docstring has words in the tables of docs/protocol.md, if it is a frame or a part of one. */
function described(message: string, schema: JsonSchema): JsonSchema {
  if (MESSAGES[message] === undefined || schema.properties === undefined) return schema;
  const properties = Object.entries(schema.properties).map(([name, field]) => {
    const isKnown = field.description !== undefined || name === 'type' || name === 'id';
    return [name, isKnown ? field : { ...field, description: answerMeaning(message, name) }];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}
