import type { IConstruct } from 'constructs';

/**
 * Has CloudFormation make the routes of an API one after the other, and its stage after all of them: parallel changes of one
 * API are reported to fail with "Unable to complete operation due to concurrent modification". A route's children, such as
 * its response, go with it.
 */
export function inSequence(routes: readonly IConstruct[], stage: IConstruct): void {
  for (const [index, route] of routes.entries()) {
    const before = routes[index - 1];
    if (before !== undefined) route.node.addDependency(before);
  }
  stage.node.addDependency(...routes);
}
