import { Stack } from 'aws-cdk-lib';
import {
  WebSocketIntegrationType,
  WebSocketRouteIntegration,
  type WebSocketRouteIntegrationConfig,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';

/**
 * One integration and one permission for all routes of a WebSocket API. CDK's own class adds a permission per route, and
 * thirty of them come close to the limit of 20 KB for a function's policy
 * (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
export class WebSocketFunctionIntegration extends WebSocketRouteIntegration {
  readonly #fn: LambdaFunction;

  constructor(id: string, fn: LambdaFunction, apiId: string) {
    super(id);
    this.#fn = fn;
    fn.addPermission('WebSocketApi', {
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(fn).formatArn({ service: 'execute-api', resource: apiId, resourceName: '*' }),
    });
  }

  override bind(): WebSocketRouteIntegrationConfig {
    const uri = Stack.of(this.#fn).formatArn({
      service: 'apigateway',
      account: 'lambda',
      resource: 'path/2015-03-31/functions',
      resourceName: `${this.#fn.functionArn}/invocations`,
    });
    return { type: WebSocketIntegrationType.AWS_PROXY, uri };
  }
}
