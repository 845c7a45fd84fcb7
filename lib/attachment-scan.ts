import { Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { CfnMalwareProtectionPlan } from 'aws-cdk-lib/aws-guardduty';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { PENDING_PREFIX } from '../lambdas/shared/attachment-keys.ts';
import { acknowledge, finding } from './acknowledge.ts';
import { KEY_ACTIONS } from './encryption.ts';

export interface AttachmentScanProps {
  readonly bucket: Bucket;
  /** Gets the results. */
  readonly fn: IFunction;
}

const SERVICE = 'malware-protection-plan.guardduty.amazonaws.com';

/**
 * GuardDuty's malware scan of what users upload (IM-FILE-9). Needs no detector: the plan works by itself.
 * docs.aws.amazon.com/guardduty/latest/ug/gdu-malware-protection-s3.html
 */
export class AttachmentScan extends Construct {
  constructor(scope: Construct, id: string, { bucket, fn }: AttachmentScanProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal(SERVICE),
      description: 'GuardDuty scans the uploads of users',
    });
    for (const statement of this.#statements(bucket)) role.addToPolicy(statement);
    bucket.encryptionKey?.grant(role, ...KEY_ACTIONS.write);
    const plan = new CfnMalwareProtectionPlan(this, 'Plan', {
      role: role.roleArn,
      // Only what is uploaded: a message's copies are of what was scanned.
      protectedResource: {
        s3Bucket: { bucketName: bucket.bucketName, objectPrefixes: [PENDING_PREFIX] },
      },
    });
    // It proves its permissions when it is made.
    plan.node.addDependency(role);
    new Rule(this, 'Results', {
      description: 'Results of malware scans of uploads',
      eventPattern: {
        source: ['aws.guardduty'],
        detailType: ['GuardDuty Malware Protection Object Scan Result'],
        detail: { s3ObjectDetails: { bucketName: [bucket.bucketName] } },
      },
      targets: [new LambdaFunction(fn)],
    });
    for (const resource of [this.#ruleArn, bucket.arnForObjects(`${PENDING_PREFIX}*`)])
      acknowledge(
        role,
        finding(this, 'AwsSolutions-IAM5', `Resource::${resource}`),
        'GuardDuty names its own rule, and each upload has a name of its own.',
      );
  }

  get #ruleArn(): string {
    const resourceName = 'DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*';
    return Stack.of(this).formatArn({ service: 'events', resource: 'rule', resourceName });
  }

  /** docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html, without tags */
  #statements(bucket: Bucket): readonly PolicyStatement[] {
    const rule = this.#ruleArn;
    return [
      new PolicyStatement({
        actions: ['events:PutRule', 'events:DeleteRule', 'events:PutTargets', 'events:RemoveTargets'],
        resources: [rule],
        conditions: { StringLike: { 'events:ManagedBy': SERVICE } },
      }),
      new PolicyStatement({
        actions: ['events:DescribeRule', 'events:ListTargetsByRule'],
        resources: [rule],
      }),
      new PolicyStatement({
        actions: ['s3:PutBucketNotification', 's3:GetBucketNotification', 's3:ListBucket'],
        resources: [bucket.bucketArn],
      }),
      new PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects('malware-protection-resource-validation-object')],
      }),
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [bucket.arnForObjects(`${PENDING_PREFIX}*`)],
      }),
    ];
  }
}
