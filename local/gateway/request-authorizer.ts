import { z } from 'zod';
import type { Invoker } from '../model.ts';
import { connectMethodArn } from '../stack/identifiers.ts';
import { describeFailure, invokeWithin } from './invocation.ts';
import { isAllowed, policySchema } from './policy.ts';
import type { RequestFacts } from './request-facts.ts';
import type { Runtime } from './runtime.ts';
import { type AuthorizerContext, authorizerEvent, type ConnectionFacts } from './websocket-events.ts';

export type Authorization =
  | { readonly status: 'allowed'; readonly context: AuthorizerContext }
  | { readonly status: 401 | 403 | 500 };

/**
 * "You can't set a JSON object or array as a valid value of any key in the context map." AWS says nothing about other
 * characters and empty text, so a function must not rely on either: both are refused here.
 */
const contextValue = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .check(z.regex(/^[\x20-\x7e]+$/));

const resultSchema = z.object({
  principalId: z.string().optional(),
  policyDocument: policySchema,
  context: z.record(z.string(), contextValue).default({}),
});

/**
 * Runs a REQUEST authorizer without identity sources. The error message `Unauthorized` gives 401, a Deny 403, any other
 * failure 500.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
 */
export async function authorizeConnection(
  runtime: Runtime,
  invoker: Invoker,
  authorizerId: string,
  connection: ConnectionFacts,
  request: RequestFacts,
): Promise<Authorization> {
  const { clock, limits, timers } = runtime;
  const methodArn = connectMethodArn(connection.apiId, connection.stage);
  const startedAt = clock.now();
  const event = authorizerEvent(connection, request, methodArn, startedAt);
  const limitMs = limits.webSocketIntegrationMs;
  const invocation = await invokeWithin(invoker, authorizerId, event, limitMs, timers);
  if (invocation.outcome !== 'returned') {
    if (invocation.outcome === 'failed' && invocation.errorMessage === 'Unauthorized') return { status: 401 };
    runtime.log.warn(`Authorizer ${authorizerId} failed: ${describeFailure(invocation)}`);
    return { status: 500 };
  }
  const result = resultSchema.safeParse(invocation.payload);
  if (!result.success) {
    runtime.log.warn(
      `Authorizer ${authorizerId} returned no policy document, or a context that isn't of scalars, in ASCII and not empty`,
    );
    return { status: 500 };
  }
  const { principalId, policyDocument, context } = result.data;
  if (!isAllowed(policyDocument, methodArn)) return { status: 403 };
  const integrationLatency = clock.now() - startedAt;
  return {
    status: 'allowed',
    context: { ...context, ...(principalId !== undefined && { principalId }), integrationLatency },
  };
}
