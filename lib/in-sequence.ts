import { CfnAuthorizer, CfnIntegration } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnPermission, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

/**
 * Has CloudFormation make the parts of an API one after the other: the permission to call the function, the integration, the
 * authorizer, each route with its response, and the stage after all of them. Parallel changes of one API are reported to fail
 * with "Unable to complete operation due to concurrent modification"; and a stage that deploys by itself must not call a
 * function before it may.
 */
export function inSequence(
  api: IConstruct,
  fn: LambdaFunction,
  routes: readonly IConstruct[],
  stage: IConstruct,
): void {
  for (const [index, route] of routes.entries()) {
    const before = routes[index - 1];
    // With it goes what stands below the route: its response, and the integration of a second function.
    if (before !== undefined) route.node.addDependency(before);
    // A function's integration stands below its first route; the permission does too, or below the function.
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
