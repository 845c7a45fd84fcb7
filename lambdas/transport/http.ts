import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ERROR_CODES } from '../../protocol/codes.ts';
import { USER_ID } from '../../protocol/ids.ts';
import { type CallerRoles, parseRoles } from '../domain/model/roles.ts';
import { errorBody, ForbiddenError, isFault, UnauthorizedError } from '../shared/errors.ts';
import { parseJsonObject } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { isAllowedOrigin } from '../shared/origin.ts';

export type HttpEvent = APIGatewayProxyEventV2WithJWTAuthorizer;

export interface HttpRequest {
  readonly userId: string;
  readonly roles: CallerRoles;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly path: Readonly<Record<string, string | undefined>>;
  /** Parses the body. @throws {BadFrameError} not a JSON object */
  readonly body: () => Record<string, unknown>;
}

export interface HttpOptions {
  readonly userIdClaim: string;
  /** @default - requests have no roles */
  readonly rolesClaim?: string;
  readonly allowedOrigins: readonly string[];
}

export interface HttpAnswer {
  /** The status of a successful response. @default 200 */
  readonly status?: 200 | 201 | 204;
  readonly answer: (request: HttpRequest) => Promise<object | undefined>;
}

/**
 * Returns a handler for requests that passed the JWT authorizer. It finds the answer by route key, and returns its result
 * as JSON, or an error body if it throws (docs/protocol.md, section 6).
 */
export function createHttpHandler(options: HttpOptions, answers: Readonly<Record<string, HttpAnswer>>) {
  return async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    try {
      const route = answers[event.routeKey];
      if (route === undefined) throw new Error(`No answer for the route ${event.routeKey}.`);
      return json(route.status ?? 200, await route.answer(toRequest(options, event)));
    } catch (error) {
      if (isFault(error))
        logger.error('request failed', { routeKey: event.routeKey, error: describe(error) });
      const body = errorBody(error);
      return json(ERROR_CODES[body.code].status, body);
    }
  };
}

function json(statusCode: number, body: object | undefined): APIGatewayProxyStructuredResultV2 {
  if (body === undefined) return { statusCode };
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { statusCode, headers, body: JSON.stringify(body) };
}

function toRequest({ userIdClaim, rolesClaim, allowedOrigins }: HttpOptions, event: HttpEvent): HttpRequest {
  if (!isAllowedOrigin(event.headers['origin'], allowedOrigins))
    throw new ForbiddenError('This origin is not allowed.');
  const { claims } = event.requestContext.authorizer.jwt;
  const userId = claims[userIdClaim];
  if (typeof userId !== 'string' || !USER_ID.test(userId))
    throw new UnauthorizedError('The user id is not valid.');
  return {
    userId,
    roles: { roles: rolesClaim === undefined ? [] : parseRoles(claims[rolesClaim]) },
    query: event.queryStringParameters ?? {},
    path: event.pathParameters ?? {},
    body: () => parseJsonObject(bodyText(event)),
  };
}

function bodyText({ body = '', isBase64Encoded }: HttpEvent): string {
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
}
