import type { Invoker, RequestAuthorizerModel } from '../model.ts';
import { describeFailure, invokeWithin, isRecord } from './invocation.ts';
import { evaluatePolicy } from './policy.ts';
import type { RequestFacts } from './request-facts.ts';
import type { Runtime } from './runtime.ts';
import { type AuthorizerContext, authorizerEvent, type ConnectionFacts } from './websocket-events.ts';

export type Authorization =
  | { readonly status: 'allowed'; readonly context: AuthorizerContext }
  | { readonly status: 401 | 403 | 500 };

/**
 * Asks a REQUEST authorizer about a connection. All identity sources must be there and not empty, or it is 401
 * without invoking; the error message `Unauthorized` is 401, a Deny 403, any other failure 500.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
 */
export async function authorizeConnection(
  runtime: Runtime,
  invoker: Invoker,
  authorizer: RequestAuthorizerModel,
  connection: ConnectionFacts,
  request: RequestFacts,
): Promise<Authorization> {
  if (!authorizer.identitySource.every((source) => hasIdentity(source, request))) return { status: 401 };
  const { region, accountId, clock, limits, timers } = runtime;
  const methodArn = `arn:aws:execute-api:${region}:${accountId}:${connection.apiId}/${connection.stage}/$connect`;
  const startedAt = clock.now();
  const event = authorizerEvent(connection, request, methodArn, startedAt);
  const limitMs = limits.webSocketIntegrationMs;
  const invocation = await invokeWithin(invoker, authorizer.functionId, event, limitMs, timers);
  if (invocation.outcome !== 'returned') {
    if (invocation.outcome === 'failed' && invocation.errorMessage === 'Unauthorized') return { status: 401 };
    runtime.log.warn(`Authorizer ${authorizer.functionId} failed: ${describeFailure(invocation)}`);
    return { status: 500 };
  }
  const latencyMs = clock.now() - startedAt;
  return judge(runtime, authorizer, invocation.payload, methodArn, latencyMs);
}

function judge(
  runtime: Runtime,
  authorizer: RequestAuthorizerModel,
  payload: unknown,
  methodArn: string,
  latencyMs: number,
): Authorization {
  const result = parseResult(payload);
  const verdict = result === undefined ? 'malformed' : evaluatePolicy(result.policyDocument, methodArn);
  if (result === undefined || verdict === 'malformed') {
    runtime.log.warn(
      `Authorizer ${authorizer.functionId} returned neither a policy document nor a context of scalars`,
    );
    return { status: 500 };
  }
  if (verdict === 'deny') return { status: 403 };
  return { status: 'allowed', context: { ...result.context, integrationLatency: latencyMs } };
}

function parseResult(payload: unknown) {
  if (!isRecord(payload)) return undefined;
  const { principalId, policyDocument, context = {} } = payload;
  if (principalId !== undefined && typeof principalId !== 'string') return undefined;
  if (!isRecord(context)) return undefined;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(context)) {
    // "You can't set a JSON object or array as a valid value of any key in the context map."
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return undefined;
    values[name] = String(value);
  }
  return { policyDocument, context: principalId === undefined ? values : { ...values, principalId } };
}

function hasIdentity(source: string, request: RequestFacts): boolean {
  const [, location, name = ''] = /^route\.request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (location === 'querystring') {
    return (new URLSearchParams(request.rawQueryString).get(name) ?? '') !== '';
  }
  // Anything else (stage variables, context) is not in the model: nothing can be there.
  const isSent = ([header, value]: readonly [string, string]) =>
    header.toLowerCase() === name.toLowerCase() && value !== '';
  return location === 'header' && request.headers.some(isSent);
}
