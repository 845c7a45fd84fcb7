/**
 * Replaces `@aws-sdk/client-lambda` in the handlers' bundles of a deployment that invokes no function of the operator's: the
 * client's schemas of all operations are 70 KB that would be read at each cold start.
 *
 * Exports the names that `lambdas/adapters/invoker.ts` imports, which nothing uses without the variables of a hook.
 */
export class LambdaClient {
  constructor() {
    throw new Error('The Lambda client is left out of the bundles: see lib/bundling/no-lambda-client.ts');
  }
}

export class InvokeCommand {}
