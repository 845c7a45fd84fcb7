import { ERROR_CODES, type ErrorCode } from '../../protocol/codes.ts';
import { ERROR_MEANINGS } from '../field-meanings.ts';
import { ADMIN_OPERATIONS } from './admin-operations.ts';
import { schemasOfTypes } from './answer-schemas.ts';
import { EXAMPLES } from './examples.ts';
import { discriminated, type JsonSchema, ref, referredTo, type Schemas } from './json-schema.ts';
import { type Operation, TAGS } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { PATH_PARAMETERS } from './path-parameters.ts';
import { requestSchema } from './request-schemas.ts';

/** Every route, with what the document says of it. */
export const ALL_OPERATIONS: Readonly<Record<string, Operation>> = { ...OPERATIONS, ...ADMIN_OPERATIONS };

/** Any request of a user may get these; one of the operator's, those of the second list. */
const ALWAYS: readonly ErrorCode[] = ['unauthorized', 'forbidden', 'rate_limited', 'internal', 'unavailable'];
const ALWAYS_ADMIN: readonly ErrorCode[] = ['invalid_request', 'forbidden', 'internal', 'unavailable'];

/** The codes that an operation may answer. */
export function errorsOf({ tag, errors = [] }: Operation): readonly ErrorCode[] {
  return [...new Set([...(tag === 'admin' ? ALWAYS_ADMIN : ALWAYS), ...errors])];
}

/** The HTTP API as OpenAPI 3.1. */
export function openApi(): object {
  const parts: Record<string, JsonSchema> = {};
  const bodies = Object.fromEntries(
    Object.values(ALL_OPERATIONS).flatMap(({ body }) =>
      body === undefined ? [] : [[body.name, requestSchema(body.schema(), body.meanings, parts)]],
    ),
  );
  const answers = Object.values(ALL_OPERATIONS).flatMap(({ answer }) => answer ?? []);
  const types = schemasOfTypes([...new Set([...answers, 'HttpErrorBody'])]);
  const paths = pathsOf(parts);
  const schemas = discriminated({ ...bodies, ...parts, ...types, ...OWN_SCHEMAS });
  return {
    openapi: '3.1.1',
    info: {
      title: 'serverless-im: HTTP API',
      version: '1',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: SERVERS,
    security: [{ userToken: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: referredTo(paths, schemas),
      parameters: PATH_PARAMETERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

const DESCRIPTION = [
  'Messages, groups, people, files, and the desk of serverless-im over HTTP. `docs/protocol.md` is the contract; its clauses (such as IM-SEND-2) are cited here.',
  'Times are epoch milliseconds. Ids of conversations have colons: encode them in paths. Receivers ignore fields that they do not know.',
  'An error has the code, and the status, that the operation lists. What API Gateway itself answers, such as 429 above the throttle of a route, has only `message`.',
].join('\n\n');

const SERVERS = [
  {
    url: 'https://{apiId}.execute-api.{region}.amazonaws.com',
    description: 'A deployment: the output `HttpUrl` of the stack',
    variables: {
      apiId: { default: 'abcdefghij', description: 'id of the HTTP API' },
      region: { default: 'us-east-1', description: 'region of the stack' },
    },
  },
  {
    url: 'http://127.0.0.1:{port}',
    description: 'This machine, after `start`',
    variables: { port: { default: '8787', description: 'option `--port`' } },
  },
];

const SECURITY_SCHEMES = {
  userToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of the configured issuer (IM-CONN-1).',
  },
  iam: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description:
      'Signature Version 4, service `execute-api`, of a principal that may `execute-api:Invoke` the route (IM-ADMIN-1).',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
};

const OWN_SCHEMAS: Schemas = {
  GatewayError: {
    type: 'object',
    description: 'An answer of API Gateway itself.',
    properties: { message: { type: 'string' } },
    required: ['message'],
  },
};

function pathsOf(parts: Record<string, JsonSchema>): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const [route, operation] of Object.entries(ALL_OPERATIONS)) {
    const [method = '', path = ''] = route.split(' ');
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = described(path, operation, parts);
  }
  return paths;
}

function described(path: string, operation: Operation, parts: Record<string, JsonSchema>): object {
  const { id, tag, summary, description, body } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    $ref: `#/components/parameters/${name}`,
  }));
  const parameters = [...inPath, ...queryOf(operation, parts)];
  const request = EXAMPLES[id]?.request;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(tag === 'admin' && { security: [{ iam: [] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: body.isOptional !== true, content: json(ref(body.name), request) },
    }),
    responses: responsesOf(operation),
  };
}

function queryOf({ query }: Operation, parts: Record<string, JsonSchema>): object[] {
  if (query === undefined) return [];
  const [schema, meanings] = query;
  const { properties = {}, required = [] } = requestSchema(schema(), meanings, parts);
  return Object.entries(properties).map(([name, { description, ...field }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) && { required: true }),
    description,
    schema: asNumber(field),
  }));
}

/** The schema sees the text of a query; its digits are a number to whoever writes the URL. */
function asNumber({ pattern, ...rest }: JsonSchema): JsonSchema {
  if (typeof pattern !== 'string' || !pattern.startsWith('^[0-9]'))
    return { ...rest, ...(pattern !== undefined && { pattern }) };
  return { ...rest, type: 'integer', minimum: 0 };
}

function responsesOf(operation: Operation): object {
  const { id, status = 200, answer } = operation;
  const success = {
    description: answer === undefined ? 'Done' : 'The answer',
    ...(answer !== undefined && { content: json(ref(answer), EXAMPLES[id]?.answer) }),
  };
  const byStatus = Map.groupBy(errorsOf(operation), (code) => ERROR_CODES[code].status);
  const errors = [...byStatus].toSorted(([a], [b]) => a - b);
  return Object.fromEntries([
    [String(status), success],
    ...errors.map(([code, codes]) => [String(code), errorResponse(code, codes, operation)]),
  ]);
}

function errorResponse(status: number, codes: readonly ErrorCode[], { tag }: Operation): object {
  // The gateway's own: IM-ADMIN-1, and its throttle and faults (section 6).
  const isOfGateway = status === 429 || status >= 500 || (tag === 'admin' && status === 403);
  const error = ref('HttpErrorBody');
  return {
    description: codes.map((code) => `\`${code}\`: ${ERROR_MEANINGS[code]}`).join('; '),
    ...(status === 401 && { headers: { 'WWW-Authenticate': header('`Bearer`') } }),
    ...(status === 429 && { headers: { 'Retry-After': header('`retryAfterMs` in seconds') } }),
    content: json(isOfGateway ? { anyOf: [error, ref('GatewayError')] } : error, errorExample(codes[0])),
  };
}

const header = (description: string) => ({ description, schema: { type: 'string' } });

function errorExample(code: ErrorCode = 'internal'): object {
  const { retryable } = ERROR_CODES[code];
  return { code, message: MESSAGES[code] ?? 'Something went wrong. Try again.', retryable };
}

/** As the server words them. */
const MESSAGES: Partial<Readonly<Record<ErrorCode, string>>> = {
  bad_frame: 'The body is not a JSON object.',
  invalid_request: 'The request is invalid.',
  unauthorized: 'The token is not valid.',
  forbidden: 'Only an admin may do this.',
  not_found: 'There is no such conversation.',
};

function json(schema: JsonSchema, example?: unknown): object {
  return { 'application/json': { schema, ...(example !== undefined && { example }) } };
}
