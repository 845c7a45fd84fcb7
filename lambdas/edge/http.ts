import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ERROR_CODES } from '../../protocol/codes.ts';
import { USER_ID } from '../../protocol/ids.ts';
import { parseRoles, type Standing } from '../domain/role.ts';
import { errorBody, ForbiddenError, isFault, UnauthorizedError } from '../shared/errors.ts';
import { parseJsonObject } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { isAllowedOrigin } from '../shared/origin.ts';

export type HttpEvent = APIGatewayProxyEventV2WithJWTAuthorizer;

export interface HttpRequest {
  readonly userId: string;
  readonly standing: Standing;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly path: Readonly<Record<string, string | undefined>>;
  /** Parsed when it is asked for. @throws {BadFrameError} not a JSON object */
  readonly body: () => Record<string, unknown>;
}

export interface HttpOptions {
  readonly userIdClaim: string;
  /** Of routes where roles mean something. */
  readonly rolesClaim?: string;
  readonly allowedOrigins: readonly string[];
}

/** One request behind the JWT authorizer: its answer as JSON, with the status of success, and every failure as an error body (section 6). */
export function httpRoute(
  options: HttpOptions,
  answer: (request: HttpRequest) => Promise<object | undefined>,
  success: 200 | 201 | 204 = 200,
): (event: HttpEvent) => Promise<APIGatewayProxyStructuredResultV2> {
  return async (event) => {
    try {
      return json(success, await answer(toRequest(options, event)));
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
    standing: { roles: rolesClaim === undefined ? [] : parseRoles(claims[rolesClaim]) },
    query: event.queryStringParameters ?? {},
    path: event.pathParameters ?? {},
    body: () => parseJsonObject(bodyText(event)),
  };
}

function bodyText({ body = '', isBase64Encoded }: HttpEvent): string {
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
}
