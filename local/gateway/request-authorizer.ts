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

const resultSchema = z.object({
  principalId: z.string().optional(),
  policyDocument: policySchema,
  // "You can't set a JSON object or array as a valid value of any key in the context map."
  context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
});

/**
 * Asks a REQUEST authorizer without identity sources about a connection. The error message `Unauthorized` is 401, a
 * Deny 403, any other failure 500.
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
      `Authorizer ${authorizerId} returned neither a policy document nor a context of scalars`,
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
