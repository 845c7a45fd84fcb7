import { CfnAuthorizer, CfnIntegration } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnPermission, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

/**
 * Makes CloudFormation create the parts of an API one after another: the permission to call the function, the
 * integration, the authorizer, each route with its response, and then the stage. Parallel changes of one API are reported
 * to fail with "Unable to complete operation due to concurrent modification". And a stage with automatic deployment must
 * not go live before it may call its function.
 */
export function inSequence(
  api: IConstruct,
  fn: LambdaFunction,
  routes: readonly IConstruct[],
  stage: IConstruct,
): void {
  for (const [index, route] of routes.entries()) {
    const before = routes[index - 1];
    // Includes the constructs below the route: its response, and the integration of a second function.
    if (before !== undefined) route.node.addDependency(before);
    // A function's integration is below its first route. The permission is there, too, or below the function.
    for (const integration of below(route, CfnIntegration)) {
      const permissions = below(route, CfnPermission);
      const own = permissions.length > 0 ? permissions : below(fn, CfnPermission);
      for (const permission of own) integration.addResourceDependency(permission);
    }
  }
  const [first] = below(api, CfnIntegration);
  for (const authorizer of below(api, CfnAuthorizer)) if (first) authorizer.addResourceDependency(first);
  stage.node.addDependency(...routes);
}

function below<Part>(scope: IConstruct, type: abstract new (...args: never[]) => Part): Part[] {
  return scope.node.findAll().flatMap((part) => (part instanceof type ? [part] : []));
}
