/** The part of JSON Schema that the documents of docs/api have. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Schemas;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly maximum?: number;
  readonly [keyword: string]: unknown;
}

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** A schema of `components`. */
export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

export const namedBy = ({ $ref = '' }: JsonSchema): string => $ref.split('/').at(-1) ?? '';

/** Changes a schema and all in it, the innermost first. */
export function mapSchema(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const inner = (one: JsonSchema) => mapSchema(one, change);
  const { properties, definitions, items, additionalProperties, allOf, anyOf, oneOf } = schema;
  return change({
    ...schema,
    ...(properties && { properties: mapSchemas(properties, change) }),
    ...(typeof definitions === 'object' && { definitions: mapSchemas(definitions as Schemas, change) }),
    ...(items && { items: inner(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: inner(additionalProperties) }),
    ...(allOf && { allOf: allOf.map(inner) }),
    ...(anyOf && { anyOf: anyOf.map(inner) }),
    ...(oneOf && { oneOf: oneOf.map(inner) }),
  });
}

export function mapSchemas(schemas: Schemas, change: (schema: JsonSchema) => JsonSchema): Schemas {
  return Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, mapSchema(one, change)]));
}

/** `#/definitions/X`, as both generators write it, is a schema of `components`. */
export function toComponent($ref: string): string {
  return $ref.replace('#/definitions/', '#/components/schemas/');
}

/** One `enum` for the constants of a union. */
export function withEnum(members: readonly JsonSchema[]): JsonSchema {
  const isConstant = (one: JsonSchema) => typeof one.const === 'string' && one.description === undefined;
  const constants = members.filter(isConstant).map(({ const: value }) => value);
  if (constants.length < 2) return { anyOf: members };
  const merged = { type: 'string', enum: constants };
  const others = members.filter((one) => !isConstant(one));
  return others.length === 0 ? merged : { anyOf: [merged, ...others] };
}

/**
 * Unions of objects that a constant tells apart say so, for generators of code: `discriminator`, and no unions in unions.
 */
export function discriminated(schemas: Schemas): Schemas {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const members = membersOf(schema, schemas);
      const propertyName = ['type', 'provider'].find((key) => isConstantIn(members, key, schemas));
      if (members.length < 2 || propertyName === undefined) return [name, schema];
      const { anyOf: _, oneOf: __, ...rest } = schema;
      const mapping = Object.fromEntries(
        members.map((one) => [schemas[one]?.properties?.[propertyName]?.const, ref(one).$ref]),
      );
      return [name, { ...rest, oneOf: members.map(ref), discriminator: { propertyName, mapping } }];
    }),
  );
}

/** Names of the objects in a union; empty if it has something else, too. */
function membersOf({ anyOf, oneOf }: JsonSchema, schemas: Schemas): string[] {
  const names = (anyOf ?? oneOf ?? []).map((member) => {
    const schema = schemas[namedBy(member)] ?? {};
    return schema.properties === undefined ? membersOf(schema, schemas) : [namedBy(member)];
  });
  return names.some((one) => one.length === 0) ? [] : names.flat();
}

function isConstantIn(members: readonly string[], key: string, schemas: Schemas): boolean {
  return members.every((one) => typeof schemas[one]?.properties?.[key]?.const === 'string');
}

/** The schemas that a value refers to, directly or through others, in the order of `schemas`. */
export function referredTo(value: unknown, schemas: Schemas): Schemas {
  const names = new Set<string>();
  const look = (part: unknown) => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      if (names.has(name)) continue;
      if (schemas[name] === undefined) throw new Error(`There is no schema ${name}.`);
      names.add(name);
      look(schemas[name]);
    }
  };
  look(value);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => names.has(name)));
}
