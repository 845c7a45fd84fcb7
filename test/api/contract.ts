import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema } from '../../scripts/api/json-schema.ts';
import { ALL_OPERATIONS, errorsOf } from '../../scripts/api/openapi.ts';
import { operationOf, readAsyncApi, readOpenApi, validatorsOf } from './documents.ts';

/** What does not fit the documents of docs/api, and what was seen of them. */
export interface Contract {
  readonly faults: readonly string[];
  /** `operationId status`, such as `sendMessage 200`. */
  readonly answers: ReadonlySet<string>;
  /** Types of frames and events. */
  readonly messages: ReadonlySet<string>;
  /** Checks an HTTP exchange of the API. */
  exchange(method: string, path: string, request: string, status: number, answer: string): void;
  /** Checks a frame or an event by its `type`. */
  message(channel: 'socket' | 'events', payload: { readonly type: string }): void;
}

export function contract(): Contract {
  const faults: string[] = [];
  const answers = new Set<string>();
  const messages = new Set<string>();
  const openApi = readOpenApi();
  const asyncApi = readAsyncApi();
  const [ofHttp, ofMessage] = [cached(validatorsOf(openApi)), cached(validatorsOf(asyncApi))] as const;
  const note = (what: string, validate: ValidateFunction, value: unknown) => {
    if (!validate(value)) faults.push(`${what}: ${JSON.stringify({ value, errors: validate.errors })}`);
  };
  const candidates = (channel: string, type: string) =>
    Object.entries(asyncApi.components.messages).filter(
      ([name, { name: title }]) => title === type && name.endsWith('Event') === (channel === 'events'),
    );
  return {
    faults,
    answers,
    messages,
    exchange(method, path, request, status, answer) {
      const route = routeOf(method, path);
      const operation = operationOf(openApi, route ?? '');
      if (route === undefined || operation === undefined)
        return void faults.push(`${method} ${path} is not in the document.`);
      const what = `${route} ${status}`;
      answers.add(`${operation.operationId} ${status}`);
      const response = operation.responses[String(status)];
      if (response === undefined) return void faults.push(`${what} is not in the document: ${answer}`);
      const schema = response.content?.['application/json'].schema;
      if (schema === undefined) {
        if (answer !== '') faults.push(`${what} has a body: ${answer}`);
      } else note(what, ofHttp(schema), JSON.parse(answer));
      if (status >= 400) return void noteCode(faults, route, what, answer);
      const body = operation.requestBody?.content['application/json'].schema;
      if (body !== undefined && request !== '')
        note(`${what}, its request`, ofHttp(body), JSON.parse(request));
    },
    message(channel, payload) {
      const found = candidates(channel, payload.type);
      messages.add(payload.type);
      if (found.length === 0) return void faults.push(`${payload.type} is not in the document.`);
      const fits = found.some(([, { payload: schema }]) => ofMessage(schema)(payload));
      for (const [name, { payload: schema }] of fits ? [] : found) note(name, ofMessage(schema), payload);
    },
  };
}

function noteCode(faults: string[], route: string, what: string, answer: string): void {
  const { code } = JSON.parse(answer);
  const operation = ALL_OPERATIONS[route];
  const isKnown = code === undefined || (operation !== undefined && errorsOf(operation).includes(code));
  if (!isKnown) faults.push(`${what} has the code ${code}, which the operation does not list.`);
}

function cached(compile: (schema: JsonSchema) => ValidateFunction): (schema: JsonSchema) => ValidateFunction {
  const made = new Map<JsonSchema, ValidateFunction>();
  return (schema) => {
    const validate = made.get(schema) ?? compile(schema);
    made.set(schema, validate);
    return validate;
  };
}

/** The route of a path: the one with the fewest parameters that fits. */
function routeOf(method: string, path: string): string | undefined {
  const routes = Object.keys(ALL_OPERATIONS).filter((route) => {
    const [ownMethod, ownPath = ''] = route.split(' ');
    return ownMethod === method && new RegExp(`^${ownPath.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
  });
  return routes.toSorted((a, b) => a.split('{').length - b.split('{').length)[0];
}

/**
 * Checks every exchange with this API by `fetch`, from now on.
 * @returns a function that ends it
 */
export function watchFetch({ exchange }: Contract, httpUrl: string): () => void {
  const original = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const response = await original(input, init);
    const url = String(input instanceof Request ? input.url : input);
    if (url.startsWith(`${httpUrl}/`)) {
      const { pathname } = new URL(url);
      const request = typeof init?.body === 'string' ? init.body : '';
      exchange(init?.method ?? 'GET', pathname, request, response.status, await response.clone().text());
    }
    return response;
  };
  return () => {
    globalThis.fetch = original;
  };
}
