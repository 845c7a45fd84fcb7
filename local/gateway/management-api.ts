import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../aws-proxy/upstream.ts';
import type { Connection } from './connection.ts';
import type { Peers } from './peers.ts';
import { readBody } from './request-body.ts';
import { newGatewayId } from './request-id.ts';
import type { Runtime } from './runtime.ts';
import type { WebSocketGateway } from './websocket-gateway.ts';

interface Reply {
  readonly status: number;
  /** Selects the exception class in the SDK. */
  readonly errorType?: string;
  readonly body?: unknown;
}

const MISSING_SIGNATURE = refusal(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
const FORBIDDEN = refusal(403, 'ForbiddenException', 'Forbidden');
const GONE = refusal(410, 'GoneException', 'Gone');
const TOO_LARGE = refusal(413, 'PayloadTooLargeException', 'Payload Too Large');
const OVER_LIMIT = refusal(429, 'LimitExceededException', 'Too Many Requests');

/** Ids of another form are no connection's, and get 400 (github.com localstack/localstack#4694). */
const CONNECTION_ID = /^[\w-]{15}=$/;

const MANAGEMENT_PATH = /^\/([^/]+)\/(?:@|%40)connections\/([^/]+)$/i;

/**
 * The `@connections` API of a stage: POST, GET, DELETE on `/{stage}/@connections/{connectionId}`. A signature is
 * required but not verified.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 *
 * A post of more than one frame gets 413. The page of quotas says that a message above 32 KB "must be split into multiple
 * frames", and that "this applies to @connections commands"; users report that posts of up to 128 KB arrive. The strict
 * reading is safe: what fits here arrives under either.
 */
export class ManagementApi {
  readonly #runtime: Runtime;
  readonly #gateway: WebSocketGateway;
  readonly #peers: Peers | undefined;

  /** @param peers answer for the connections of other nodes */
  constructor(runtime: Runtime, gateway: WebSocketGateway, peers?: Peers) {
    this.#runtime = runtime;
    this.#gateway = gateway;
    this.#peers = peers;
  }

  /** Returns false if the request is not for this API. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const [path = ''] = (request.url ?? '').split('?');
    const [, encodedStage, encodedId] = MANAGEMENT_PATH.exec(path) ?? [];
    if (encodedStage === undefined || encodedId === undefined) return false;
    const body = await readBody(request, this.#runtime.limits.frameBytes);
    const peer = this.#peers?.ownerOf(decode(encodedId));
    if (peer !== undefined && body !== 'too-large') {
      const answer = await peer.forward(request, body);
      if (answer === 'gone') write(response, GONE);
      else pass(response, answer);
      return true;
    }
    // No await from here on, so that messages are sent in the order in which the posts arrived.
    write(response, this.#reply(request, decode(encodedStage), decode(encodedId), body));
    return true;
  }

  #reply(request: IncomingMessage, stage: string, connectionId: string, body: Buffer | 'too-large'): Reply {
    const isSigned = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') === true;
    if (!isSigned) return MISSING_SIGNATURE;
    if (!this.#gateway.hasStage(stage)) return FORBIDDEN;
    if (!this.#runtime.account.admitsCallback()) return OVER_LIMIT;
    if (body === 'too-large') return TOO_LARGE;
    if (!CONNECTION_ID.test(connectionId))
      return refusal(400, 'BadRequestException', `Invalid connectionId: ${connectionId}`);
    const connection = this.#gateway.find(stage, connectionId);
    // A connection that is not open yet counts as gone: AWS answers 410 to a post from within $connect.
    if (connection === undefined) return GONE;
    if (request.method === 'POST') return this.#post(body, connection);
    if (request.method === 'GET') return { status: 200, body: describe(connection) };
    if (request.method !== 'DELETE') return MISSING_SIGNATURE;
    connection.close(1000, '');
    return { status: 204 };
  }

  #post(body: Buffer, connection: Connection): Reply {
    if (connection.bufferedBytes > this.#runtime.limits.clientBufferBytes) return OVER_LIMIT;
    connection.send(body.toString());
    return { status: 200 };
  }
}

/** Dates are ISO 8601, as in the SDK's model. */
function describe({ facts, lastActiveAt }: Connection) {
  return {
    connectedAt: new Date(facts.connectedAt).toISOString(),
    identity: { sourceIp: facts.sourceIp, userAgent: facts.userAgent ?? '' },
    lastActiveAt: new Date(lastActiveAt).toISOString(),
  };
}

function refusal(status: number, errorType: string, message: string): Reply {
  return { status, errorType, body: { message } };
}

function write(response: ServerResponse, { status, errorType, body }: Reply): void {
  response.setHeader('x-amzn-RequestId', newGatewayId());
  if (errorType !== undefined) response.setHeader('x-amzn-ErrorType', errorType);
  if (body !== undefined) response.setHeader('Content-Type', 'application/json');
  response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body));
}

/** The answer of another node, as it is. */
function pass(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, [...headers, 'content-length', String(body.length)]).end(body);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
