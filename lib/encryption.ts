import { Stack, Token } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/** What a deployment is encrypted with. */
export interface EncryptionProps {
  /** A key of the operator's. If `undefined`, AWS's own keys, which cost nothing. */
  readonly encryptionKey: IKey | undefined;
}

/**
 * Actions on a key that the callers of a service need. Each function gets those of the services that it calls.
 *
 * docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html,
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html, and
 * docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export const KEY_ACTIONS = {
  readTable: ['kms:Decrypt', 'kms:DescribeKey'],
  /** All that DynamoDB lists, but the one by which a table is made. */
  writeTable: [
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
  ],
  /** Also a part of an upload. */
  write: ['kms:Decrypt', 'kms:GenerateDataKey'],
  read: ['kms:Decrypt'],
} as const;

/**
 * Lets CloudWatch Logs use the key for the log groups of this stack. Does nothing for a key of another app: its policy must
 * say so (docs/security.md).
 * docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function letLogsUse(key: IKey, scope: Construct): void {
  const { partition, region, account, stackName, urlSuffix } = Stack.of(scope);
  // CloudFormation's names begin with the stack's.
  const names = Token.isUnresolved(stackName) ? '*' : `${stackName}-*`;
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.${urlSuffix}`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:${names}`,
        },
      },
    }),
  );
}
