import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ERROR_CODES } from '../../protocol/codes.ts';
import type { HttpErrorBody } from '../../protocol/http.ts';
import {
  type AdmissionPorts,
  admitByAccount,
  admitFromMemory,
  budgetOf,
} from '../domain/access/admission.ts';
import type { Budget } from '../domain/model/budget.ts';
import { answerPrice, routePrice } from '../domain/model/prices.ts';
import type { CallerRoles } from '../domain/model/roles.ts';
import type { TokenVerifier } from '../domain/model/token.ts';
import { credentialOf } from '../domain/sessions/credential.ts';
import { BannedError, errorBody, ForbiddenError, isFault } from '../shared/errors.ts';
import { parseJsonObject } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { isAllowedOrigin } from '../shared/origin.ts';
import { noteRefusal } from '../shared/refusal-log.ts';
import { settleAll } from '../shared/settle.ts';

export type HttpEvent = APIGatewayProxyEventV2;

export interface HttpRequest {
  readonly userId: string;
  readonly roles: CallerRoles;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly path: Readonly<Record<string, string | undefined>>;
  /** Parses the body. @throws {BadFrameError} not a JSON object */
  readonly body: () => Record<string, unknown>;
}

export interface HttpOptions extends AdmissionPorts {
  readonly tokens: TokenVerifier;
  readonly allowedOrigins: readonly string[];
}

export interface HttpAnswer {
  /** The status of a successful response. @default 200 */
  readonly status?: 200 | 201 | 202 | 204;
  readonly answer: (request: HttpRequest) => Promise<object | undefined>;
}

/** An answer for each of these routes. */
export type Answers<Route extends string> = { readonly [Name in Route]: HttpAnswer };

/**
 * Returns a handler for requests that nobody has checked yet: one verifier judges tokens for the socket and for HTTP
 * (docs/adr/0022-one-judge-of-tokens.md). It admits the user, finds the answer by route key, and returns its result as
 * JSON, or an error body if it throws (docs/protocol.md, section 6).
 * @param answersFor the routes of this function, for a user with this budget
 */
export function createHttpHandler(
  options: HttpOptions,
  answersFor: (budget: Budget) => Readonly<Record<string, HttpAnswer>>,
) {
  return async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    try {
      const { isUnlimited, ...request } = await toRequest(options, event);
      const requester = { userId: request.userId, isUnlimited };
      const budget = budgetOf(options, requester);
      const route = answersFor(budget)[event.routeKey];
      if (route === undefined) throw new Error(`No answer for the route ${event.routeKey}.`);
      await admitFromMemory(options, requester);
      const admitted = admitByAccount(options, requester);
      // The account is read at the side of a request that only reads, and before one that may write.
      if (!event.routeKey.startsWith('GET ')) await admitted;
      const [, body] = await settleAll([
        admitted,
        route.answer(request),
        budget.charge(routePrice(event.routeKey)),
      ]);
      const answer = json(route.status ?? 200, body);
      await budget.charge(answerPrice(Buffer.byteLength(answer.body ?? '')));
      return answer;
    } catch (error) {
      const body: HttpErrorBody = {
        ...errorBody(error),
        ...(error instanceof BannedError && error.until !== undefined && { until: error.until }),
      };
      if (isFault(error))
        logger.error('request failed', { routeKey: event.routeKey, error: describe(error) });
      else noteRefusal(body.code);
      return json(ERROR_CODES[body.code].status, body);
    }
  };
}

/** A response in JSON that nobody stores. */
export function json(statusCode: number, body: object | undefined): APIGatewayProxyStructuredResultV2 {
  if (body === undefined) return { statusCode };
  const retryAfterMs = 'retryAfterMs' in body ? Number(body.retryAfterMs) : undefined;
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    // RFC 9110 requires it.
    ...(statusCode === 401 && { 'www-authenticate': 'Bearer' }),
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
  };
  return { statusCode, headers, body: JSON.stringify(body) };
}

async function toRequest({ tokens, allowedOrigins }: HttpOptions, event: HttpEvent) {
  // Names are in lower case, and the values of a repeated header are joined by commas (payload format 2.0).
  const { origin, authorization } = event.headers;
  if (!isAllowedOrigin(origin, allowedOrigins)) throw new ForbiddenError('This origin is not allowed.');
  const { userId, roles, name, isUnlimited } = await tokens.verify(credentialOf({ authorization }));
  return {
    userId,
    isUnlimited,
    roles: { roles, name },
    query: event.queryStringParameters ?? {},
    path: event.pathParameters ?? {},
    body: () => parseJsonObject(bodyText(event)),
  };
}

export function bodyText({
  body = '',
  isBase64Encoded,
}: Pick<HttpEvent, 'body' | 'isBase64Encoded'>): string {
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
}
