import * as z from 'zod/mini';
import { thumbnailSchema } from '../../protocol/attachments.ts';
import { contentSchema, liveContentSchema } from '../../protocol/content.ts';
import { pushRegistrationSchema } from '../../protocol/notifications.ts';
import { EXTRA_LIMITS } from '../field-meanings.ts';
import { requestMeaning } from '../meaning.ts';
import { type JsonSchema, mapSchema, type Schemas, toComponent } from './json-schema.ts';

/** Parts of requests that have a name of their own. */
const named = z.registry<{ id: string }>();
named.add(contentSchema(), { id: 'SentContent' });
named.add(liveContentSchema(), { id: 'PlainContent' });
named.add(thumbnailSchema(), { id: 'ThumbnailRequest' });
nameOptions(contentSchema(), ['TextContent', 'CustomContent', 'SentFiles']);
nameOptions(pushRegistrationSchema(), ['WebPushRegistration', 'ApnsRegistration', 'FcmRegistration']);

function nameOptions(union: z.ZodMiniDiscriminatedUnion, names: readonly string[]): void {
  for (const [index, option] of union.def.options.entries()) {
    named.add(option, { id: names[index] ?? `Option${index}` });
  }
}

/**
 * The schema of what a client sends, with the meaning of each field. Adds the parts that have a name of their own.
 * @param message key of the meanings in scripts/field-meanings.ts
 */
export function requestSchema(
  schema: z.ZodMiniType,
  message: string,
  parts: Record<string, JsonSchema>,
): JsonSchema {
  const options = { io: 'input', unrepresentable: 'any', target: 'draft-7', metadata: named } as const;
  const { definitions, ...own } = mapSchema(z.toJSONSchema(schema, options) as JsonSchema, normalized);
  for (const [name, part] of Object.entries((definitions ?? {}) as Schemas)) {
    parts[name] ??= described(part, name);
  }
  return described(own, message);
}

function described(schema: JsonSchema, message: string): JsonSchema {
  if (schema.properties === undefined && schema.allOf === undefined) return schema;
  const { properties = {}, ...rest } = flat(schema);
  const names = Object.keys(properties);
  const fields = Object.entries(properties).map(([name, field]) => {
    if ('const' in field) return [name, field];
    return [name, { ...field, description: describe(message, name, names) }];
  });
  return { ...rest, properties: Object.fromEntries(fields) };
}

/** Merges the parts of an intersection: generators of code make better types of one object. */
function flat({ allOf, ...own }: JsonSchema): JsonSchema {
  const parts = [own, ...(allOf ?? []).map(flat)];
  return {
    type: 'object',
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: [...new Set(parts.flatMap(({ required = [] }) => required))],
  };
}

function describe(message: string, name: string, names: readonly string[]): string {
  if (name === 'id') return 'chosen by the client; the reply repeats it';
  const meaning = requestMeaning(message, name, names);
  const limits = EXTRA_LIMITS[`${message}.${name}`] ?? EXTRA_LIMITS[name];
  return limits === undefined ? meaning : `${meaning}; ${limits}`;
}

/** Unknown fields are dropped, so none is refused (IM-FRAME-1). */
function normalized(schema: JsonSchema): JsonSchema {
  const { $schema, id, $ref, allOf, maximum, additionalProperties, ...rest } = schema;
  const [only, ...others] = allOf ?? [];
  return {
    ...($ref !== undefined && { $ref: toComponent($ref) }),
    ...rest,
    // zod's way to describe a reference.
    ...(only?.$ref !== undefined && others.length === 0 ? only : allOf && { allOf }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
    ...(typeof additionalProperties === 'object' && { additionalProperties }),
  };
}
