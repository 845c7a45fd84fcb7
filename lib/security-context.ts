import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { ContextReader } from './context-reader.ts';
import type { SecurityProps } from './security-props.ts';

/**
 * Reads what a security team asks for: `deletionProtection`, `true` or `false`; `logRetention`, a duration; `permissionsBoundaryArn` and
 * `webAclArn`, texts.
 * @param scope of the resources that ARNs name
 */
export function securityIn(context: ContextReader, scope: Construct): SecurityProps {
  const boundaryArn = context.arn('permissionsBoundaryArn', 'iam');
  return {
    deletionProtection: context.flag('deletionProtection'),
    logRetention: context.duration('logRetention'),
    permissionsBoundary:
      boundaryArn === undefined
        ? undefined
        : ManagedPolicy.fromManagedPolicyArn(scope, 'PermissionsBoundary', boundaryArn),
    webAclArn: context.text('webAclArn'),
  };
}
