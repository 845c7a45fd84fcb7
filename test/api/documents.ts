import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type JsonSchema, mapSchemas, type Schemas } from '../../scripts/api/json-schema.ts';

interface Media {
  readonly 'application/json': { readonly schema: JsonSchema; readonly example?: unknown };
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Media };
  readonly responses: Readonly<Record<string, { readonly content?: Media }>>;
}

interface Document {
  readonly components: { readonly schemas: Schemas };
}

export interface OpenApiDocument extends Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

interface AsyncApiMessage {
  readonly name: string;
  readonly payload: JsonSchema;
  readonly examples?: readonly { readonly payload: unknown }[];
}

export interface AsyncApiDocument {
  readonly components: Document['components'] & {
    readonly messages: Readonly<Record<string, AsyncApiMessage>>;
  };
}

const read = (name: string) => JSON.parse(readFileSync(`docs/api/${name}.json`, 'utf8'));
export const readOpenApi = (): OpenApiDocument => read('openapi');
export const readAsyncApi = (): AsyncApiDocument => read('asyncapi');

/** The operation of a route, such as `GET /push`. */
export function operationOf({ paths }: OpenApiDocument, route: string): OpenApiOperation | undefined {
  const [method = '', path = ''] = route.split(' ');
  return paths[path]?.[method.toLowerCase()];
}

/**
 * Compiles schemas that refer to the document's. A field that the document does not name is an error, too, though clients
 * must ignore it: so the document is complete.
 */
export function validatorsOf({ components }: Document): (schema: JsonSchema) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const schemas = mapSchemas(components.schemas, closed);
  ajv.addSchema({ $id: 'document', components: { schemas } });
  return (schema) => {
    const text = JSON.stringify(mapSchemas({ schema }, closed)['schema']);
    return ajv.compile(JSON.parse(text.replaceAll('"#/components/', '"document#/components/')));
  };
}

function closed(schema: JsonSchema): JsonSchema {
  return schema.properties === undefined ? schema : { ...schema, additionalProperties: false };
}
