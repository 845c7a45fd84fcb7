import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readBody } from '../gateway/request-body.ts';
import { closeServer, listenOn } from '../listening.ts';
import type { FunctionModel, InvokeResult, Invoker } from '../model.ts';
import { ACCOUNT_ID, functionArn, REGION } from '../stack/identifiers.ts';
import { THROTTLED } from './messages.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_BYTES = { RequestResponse: 6_291_456, Event: 1_048_576 };
type InvocationType = keyof typeof MAX_BYTES;

const LIST_PATH = /^\/2015-03-31\/functions\/?$/;
const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
/** A name, an ARN, or a part of one; the qualifier is a version or an alias. */
const FUNCTION = new RegExp(
  `^(?:(?:arn:aws:lambda:${REGION}:)?(?:${ACCOUNT_ID}:)?function:)?([\\w-]+)(?::([\\w$-]+))?$`,
);

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Served {
  /** Logical ids by name. */
  readonly functions: ReadonlyMap<string, string>;
  readonly invoker: Invoker;
}

export interface InvokeApiOptions {
  /** Receives one line for an asynchronous invocation that failed. */
  readonly warn: (message: string) => void;
}

/**
 * Lambda's Invoke for the functions of the stack, on a port of its own, and a list of their names. A signature is required
 * but not verified, as by the emulators. An `Event` runs once: Lambda's two repeats are not modelled.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export class InvokeApi {
  readonly #server = createServer((request, response) => void this.#handle(request, response));
  readonly #warn: (message: string) => void;
  #served: Served | undefined;

  constructor({ warn }: InvokeApiOptions) {
    this.#warn = warn;
  }

  /** Resolves with the endpoint. */
  async listen(): Promise<string> {
    return `http://127.0.0.1:${await listenOn(this.#server, 0)}`;
  }

  /** Until then every function is unknown. */
  serve(functions: readonly Pick<FunctionModel, 'name' | 'logicalId'>[], invoker: Invoker): void {
    this.#served = { functions: new Map(functions.map(({ name, logicalId }) => [name, logicalId])), invoker };
  }

  async close(): Promise<void> {
    await closeServer(this.#server);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, headers, body = '' } = await this.#reply(request);
      response.writeHead(status, {
        'content-type': 'application/json',
        'x-amzn-RequestId': randomUUID(),
        ...headers,
      });
      response.end(body);
    } catch {
      // The caller has disconnected.
      request.destroy();
    }
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const type = String(request.headers['x-amz-invocation-type'] ?? 'RequestResponse');
    const body = await readBody(request, MAX_BYTES[type as InvocationType] ?? MAX_BYTES.RequestResponse);
    const isSigned = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') === true;
    if (!isSigned) return refusal(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    if (request.method === 'GET' && LIST_PATH.test(pathname)) return this.#list();
    const [, encodedName] = INVOKE_PATH.exec(pathname) ?? [];
    if (encodedName === undefined || request.method !== 'POST')
      return refusal(404, 'UnknownOperationException', 'Only Invoke and ListFunctions run on this machine.');
    if (body === 'too-large')
      return refusal(413, 'RequestTooLargeException', 'Request must be smaller than the limit of Invoke.');
    return this.#invoke(decodeURIComponent(encodedName), searchParams.get('Qualifier'), type, body);
  }

  #list(): Reply {
    const names = [...(this.#served?.functions.keys() ?? [])];
    const Functions = names.map((name) => ({ FunctionName: name, FunctionArn: functionArn(name) }));
    return { status: 200, body: JSON.stringify({ Functions }) };
  }

  async #invoke(name: string, qualifier: string | null, type: string, body: Buffer): Promise<Reply> {
    const [, functionName = '', suffix] = FUNCTION.exec(name) ?? [];
    const version = qualifier ?? suffix ?? '$LATEST';
    const functionId = version === '$LATEST' ? this.#served?.functions.get(functionName) : undefined;
    if (this.#served === undefined || functionId === undefined) {
      const arn = functionArn(functionName || name) + (version === '$LATEST' ? '' : `:${version}`);
      return refusal(404, 'ResourceNotFoundException', `Function not found: ${arn}`);
    }
    const event = parse(body);
    if (event === undefined)
      return refusal(400, 'InvalidRequestContentException', 'Could not parse request body into json.');
    const { invoker } = this.#served;
    if (type === 'DryRun') return { status: 204 };
    if (type === 'Event') {
      void invoker.invoke(functionId, event.value).then((result) => {
        if (!result.ok) this.#warn(`${functionId}: an asynchronous invocation failed: ${result.errorType}`);
      });
      return { status: 202 };
    }
    return replyOf(await invoker.invoke(functionId, event.value));
  }
}

function replyOf(result: InvokeResult): Reply {
  const version = { 'X-Amz-Executed-Version': '$LATEST' };
  if (!result.ok) {
    const { errorType, errorMessage } = result;
    if (errorType === THROTTLED) return refusal(429, THROTTLED, errorMessage, { 'Retry-After': '1' });
    return failed(errorType, errorMessage);
  }
  const body = JSON.stringify(result.payload ?? null);
  if (Buffer.byteLength(body) > MAX_BYTES.RequestResponse)
    return failed(
      'Function.ResponseSizeTooLarge',
      `Response payload size exceeded maximum allowed payload size (${MAX_BYTES.RequestResponse} bytes).`,
    );
  return { status: 200, headers: version, body };

  function failed(errorType: string, errorMessage: string): Reply {
    const body = JSON.stringify({ errorType, errorMessage });
    return { status: 200, headers: { ...version, 'X-Amz-Function-Error': 'Unhandled' }, body };
  }
}

function refusal(
  status: number,
  errorType: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const body = JSON.stringify({ Type: 'User', Message: message, message });
  return { status, headers: { 'x-amzn-ErrorType': errorType, ...headers }, body };
}

/** An empty body is the event `{}`. */
function parse(body: Buffer): { readonly value: unknown } | undefined {
  if (body.length === 0) return { value: {} };
  try {
    return { value: JSON.parse(body.toString()) };
  } catch {
    return undefined;
  }
}
