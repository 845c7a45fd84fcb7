import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ERROR_CODES } from '../../protocol/codes.ts';
import type { AdminCallEvent, AdminCallWriter, AdminTarget } from '../domain/model/event.ts';
import { errorBody, ForbiddenError, isFault } from '../shared/errors.ts';
import { parseJsonObject } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { bodyText, json } from './http.ts';

type IamContext = { readonly authorizer?: { readonly iam?: { readonly userArn?: string } } };
export type AdminEvent = Omit<APIGatewayProxyEventV2, 'requestContext'> & {
  readonly requestContext: Pick<APIGatewayProxyEventV2['requestContext'], 'timeEpoch' | 'requestId'> &
    IamContext;
};

export interface AdminRequest {
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** When the gateway got it: of two requests the later one counts, whichever instance serves it. */
  readonly atMs: number;
  /** Parses the body. @throws {BadFrameError} not a JSON object */
  readonly body: () => Record<string, unknown>;
  /** The same, and empty if there is no body. */
  readonly optionalBody: () => Record<string, unknown>;
}

/** A call that was understood. */
export interface AdminCall {
  /** Ids, for the audit. Never content, nor a reason. */
  readonly target: AdminTarget;
  /** Of a successful answer. @default 200, and 204 if it has no body */
  readonly status?: 201 | 202;
  readonly run: () => Promise<object | undefined>;
}

/** Parses a request, without any effect. @throws {InvalidRequestError} */
export type AdminAnswer = (request: AdminRequest) => AdminCall;

/**
 * Returns a handler for requests that API Gateway has authorized by IAM (IM-ADMIN-1). Writes one line for each of them: the
 * caller, what it asked for, and how that ended (IM-ADMIN-2).
 * @param calls for an event of each request. @default - no events in this deployment
 */
export function createAdminHandler(
  answers: Readonly<Record<string, AdminAnswer>>,
  calls?: AdminCallWriter | undefined,
) {
  return async (event: AdminEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    const { requestId, authorizer, timeEpoch } = event.requestContext;
    const audit = { caller: authorizer?.iam?.userArn, action: event.routeKey, requestId };
    let target: AdminTarget | undefined;
    const note = async (outcome: string) => {
      logger.info('admin call', { ...audit, target, outcome });
      if (calls !== undefined) await tell(calls, { ...audit, target, outcome, at: timeEpoch });
    };
    try {
      // A route without IAM would be a mistake of the stack's: then nobody may do anything.
      if (audit.caller === undefined) throw new ForbiddenError('The request has no IAM principal.');
      const answer = answers[event.routeKey];
      if (answer === undefined) throw new Error(`No answer for the route ${event.routeKey}.`);
      const call = answer(toRequest(event));
      ({ target } = call);
      const body = await call.run();
      await note('done');
      return json(call.status ?? (body === undefined ? 204 : 200), body);
    } catch (error) {
      const body = errorBody(error);
      await note(body.code);
      if (isFault(error))
        logger.error('request failed', { routeKey: event.routeKey, error: describe(error) });
      return json(ERROR_CODES[body.code].status, body);
    }
  };
}

/** Never fails: the call is done, or refused, whatever becomes of its event. */
async function tell(calls: AdminCallWriter, call: AdminCallEvent): Promise<void> {
  try {
    await calls.put(call);
  } catch (error) {
    const { action, requestId } = call;
    logger.error('admin event failed', { action, requestId, error: describe(error) });
  }
}

function toRequest(event: AdminEvent): AdminRequest {
  const body = () => parseJsonObject(bodyText(event));
  return {
    path: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    atMs: event.requestContext.timeEpoch,
    body,
    optionalBody: () => (bodyText(event) === '' ? {} : body()),
  };
}
