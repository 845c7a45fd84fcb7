import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { ContextReader } from './context-reader.ts';
import type { SecurityProps } from './security-props.ts';

/**
 * Reads what a security team asks for: `deletionProtection`, `true` or `false`; `logRetention`, a duration; `kmsKeyArn`,
 * `permissionsBoundaryArn`, and `webAclArn`, texts.
 * @param scope of the resources that ARNs name
 */
export function securityIn(context: ContextReader, scope: Construct): SecurityProps {
  const keyArn = context.arn('kmsKeyArn', 'kms');
  const boundaryArn = context.arn('permissionsBoundaryArn', 'iam');
  return {
    encryptionKey: keyArn === undefined ? undefined : Key.fromKeyArn(scope, 'EncryptionKey', keyArn),
    deletionProtection: context.flag('deletionProtection'),
    logRetention: context.duration('logRetention'),
    permissionsBoundary:
      boundaryArn === undefined
        ? undefined
        : ManagedPolicy.fromManagedPolicyArn(scope, 'PermissionsBoundary', boundaryArn),
    webAclArn: context.text('webAclArn'),
  };
}
