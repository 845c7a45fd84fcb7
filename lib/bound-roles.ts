import { type IManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Makes the policy the boundary of all roles below these constructs, those that come later, too. */
export function boundRoles(boundary: IManagedPolicy | undefined, scopes: readonly IConstruct[]): void {
  if (boundary !== undefined) for (const scope of scopes) PermissionsBoundary.of(scope).apply(boundary);
}
