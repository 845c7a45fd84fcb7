import { CfnAuthorizer, CfnIntegration } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IConstruct } from 'constructs';

/**
 * Has CloudFormation make the parts of an API one after the other: the integration, the authorizer, each route with its
 * response, and the stage after all of them. Parallel changes of one API are reported to fail with "Unable to complete
 * operation due to concurrent modification".
 */
export function inSequence(api: IConstruct, routes: readonly IConstruct[], stage: IConstruct): void {
  for (const [index, route] of routes.entries()) {
    const before = routes[index - 1];
    // With it goes what stands below the route: its response, and the integration of a second function.
    if (before !== undefined) route.node.addDependency(before);
  }
  const parts = api.node.findAll();
  const integration = parts.find((part) => part instanceof CfnIntegration);
  for (const authorizer of parts.filter((part) => part instanceof CfnAuthorizer)) {
    if (integration !== undefined) authorizer.addResourceDependency(integration);
  }
  stage.node.addDependency(...routes);
}
