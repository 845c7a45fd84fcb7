import type { IncomingMessage, ServerResponse } from 'node:http';
import { THROTTLED } from '../functions/messages.ts';
import type { HttpApiModel, HttpRouteModel, Invoker } from '../model.ts';
import { requestArn } from '../stack/identifiers.ts';
import { preflightHeaders, withCorsHeaders } from './cors.ts';
import { type AuthorizerContext, httpEvent } from './http-event.ts';
import { gatewayReply, type HttpReply, parseHttpResult } from './http-response.ts';
import { HttpRouteTable, type RouteMatch } from './http-route-table.ts';
import { callerOf, type IamCaller } from './iam-authorizer.ts';
import { describeFailure, invokeWithin } from './invocation.ts';
import { JwtAuthorizer } from './jwt-authorizer.ts';
import { readBody } from './request-body.ts';
import { type RequestFacts, readRequestFacts } from './request-facts.ts';
import { newGatewayId } from './request-id.ts';
import type { Runtime } from './runtime.ts';
import { StageThrottle } from './throttle.ts';

/** One HTTP API. Handles preflight, route, authorizer, function, and response. */
export class HttpApi {
  readonly stage: string;
  readonly #runtime: Runtime;
  readonly #invoker: Invoker;
  readonly #callers: readonly IamCaller[];
  readonly #model: HttpApiModel;
  readonly #routes: HttpRouteTable;
  readonly #throttle: StageThrottle;
  readonly #authorizers: ReadonlyMap<HttpRouteModel, JwtAuthorizer>;

  /** @param callers functions that may sign requests */
  constructor(runtime: Runtime, invoker: Invoker, model: HttpApiModel, callers: readonly IamCaller[] = []) {
    this.stage = model.stage;
    this.#runtime = runtime;
    this.#invoker = invoker;
    this.#callers = callers;
    this.#model = model;
    this.#routes = new HttpRouteTable(model.routes);
    this.#throttle = new StageThrottle(model, runtime.account);
    this.#authorizers = makeAuthorizers(model, runtime);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = newGatewayId();
    const { cors } = this.#model;
    const isPreflight = cors !== undefined && request.method === 'OPTIONS';
    const reply = isPreflight
      ? { status: 204, headers: preflightHeaders(cors, request.headers), body: Buffer.alloc(0) }
      : await this.#reply(request, requestId);
    const headers =
      cors === undefined || isPreflight
        ? reply.headers
        : withCorsHeaders(cors, request.headers, reply.headers);
    write(response, { ...reply, headers: { ...headers, 'apigw-requestid': requestId } });
  }

  async #reply(request: IncomingMessage, requestId: string): Promise<HttpReply> {
    const facts = readRequestFacts(request, this.#runtime.clock.now());
    const path = decodePath(facts.encodedPath);
    const match =
      path === undefined ? undefined : this.#routes.match(request.method ?? 'GET', this.#withoutStage(path));
    if (!this.#throttle.admitsRequest(match?.routeKey)) return gatewayReply(429, 'Too Many Requests');
    if (path === undefined) return gatewayReply(400, 'Bad Request');
    if (match === undefined) return gatewayReply(404, 'Not Found');
    const verdict = await this.#authorizers.get(match.route)?.authorize(facts);
    if (verdict?.ok === false) {
      return gatewayReply(401, 'Unauthorized', { 'www-authenticate': verdict.wwwAuthenticate });
    }
    const body = await readBody(request, this.#runtime.limits.httpBodyBytes);
    if (body === 'too-large') return gatewayReply(413, 'Request Entity Too Large');
    const authorizer = match.route.requiresIam
      ? await this.#iamCaller(facts, request.method ?? 'GET', path, body)
      : verdict && { jwt: verdict.identity };
    // aws/aws-cdk#21182: 403 whatever is missing, the signature or the permission.
    if (authorizer === 'refused') return gatewayReply(403, 'Forbidden');
    const nowMs = this.#runtime.clock.now();
    const api = this.#model;
    return this.#invoke(
      match,
      httpEvent({ request, facts, api, path, match, body, authorizer, requestId, nowMs }),
    );
  }

  async #iamCaller(
    facts: RequestFacts,
    method: string,
    path: string,
    body: Buffer,
  ): Promise<AuthorizerContext | 'refused'> {
    const { apiId, stage } = this.#model;
    const resource = requestArn(apiId, stage, method, this.#withoutStage(path));
    const nowMs = this.#runtime.clock.now();
    const iam = await callerOf(facts, { method, resource, body, callers: this.#callers, nowMs });
    return iam === undefined ? 'refused' : { iam };
  }

  async #invoke({ route, routeKey }: RouteMatch, event: unknown): Promise<HttpReply> {
    const { limits, timers, log } = this.#runtime;
    const limitMs = limits.httpIntegrationMs;
    const invocation = await invokeWithin(this.#invoker, route.functionId, event, limitMs, timers);
    if (invocation.outcome === 'returned') {
      const reply = parseHttpResult(invocation.payload);
      if (reply !== undefined) return reply;
      log.warn(`${routeKey} (${route.functionId}) returned a malformed response`);
      return gatewayReply(500, 'Internal Server Error');
    }
    log.warn(`${routeKey} (${route.functionId}) failed: ${describeFailure(invocation)}`);
    // Exceeding the API's limit gives 503 (anomalyco/sst#2232); the function's own timeout is a function error.
    // So, by the reports of operators, does a function that Lambda doesn't run because too many run already.
    if (invocation.outcome === 'timed-out' || invocation.errorType === THROTTLED)
      return gatewayReply(503, 'Service Unavailable');
    return gatewayReply(500, 'Internal Server Error');
  }

  #withoutStage(path: string): string {
    return this.stage === '$default' ? path : path.slice(this.stage.length + 1) || '/';
  }
}

/** Routes with the same issuer and audience share the key cache. */
function makeAuthorizers(model: HttpApiModel, runtime: Runtime): Map<HttpRouteModel, JwtAuthorizer> {
  const shared = new Map<string, JwtAuthorizer>();
  const authorizers = new Map<HttpRouteModel, JwtAuthorizer>();
  for (const route of model.routes) {
    if (route.authorizer === undefined) continue;
    const key = JSON.stringify(route.authorizer);
    const authorizer = shared.get(key) ?? new JwtAuthorizer(route.authorizer, runtime);
    shared.set(key, authorizer);
    authorizers.set(route, authorizer);
  }
  return authorizers;
}

function decodePath(encodedPath: string): string | undefined {
  try {
    return decodeURIComponent(encodedPath);
  } catch {
    return undefined;
  }
}

function write(response: ServerResponse, { status, headers, body }: HttpReply): void {
  // The gateway sets the length: a wrong one from the function would break the connection.
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...others } = headers;
  const hasBody = status !== 204 && status !== 304;
  if (hasBody) response.setHeader('content-length', body.length);
  response.writeHead(status, others).end(hasBody ? body : undefined);
}
