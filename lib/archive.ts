import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Bucket, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ARCHIVE_PREFIX } from '../lambdas/shared/archive-prefix.ts';
import { ENV } from '../lambdas/shared/env-names.ts';
import { acknowledge, finding } from './acknowledge.ts';
import type { EncryptionProps } from './encryption.ts';
import type { HandlerFunction } from './handler-function.ts';
import { dataBucket, grantKey } from './private-bucket.ts';
import { removalPolicyOf } from './removal-policy.ts';

export interface ArchiveProps extends EncryptionProps {
  /** Whether the bucket is kept when the stack is deleted. */
  readonly retain: boolean;
}

/** Messages that have expired (IM-ARCHIVE), as compressed JSON lines in a bucket. */
export class Archive extends Construct {
  /** Private; takes requests by TLS alone. Change its life cycle here. @example chat.archive?.bucket.addLifecycleRule(rule); */
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: ArchiveProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Messages', {
      ...dataBucket(props),
      // For a month, what somebody deletes or overwrites by mistake can be restored, as with the tables' backups. The functions
      // repeat an object as it is, or without what an erased user wrote.
      versioned: true,
      lifecycleRules: [
        {
          // The earliest that S3 allows. Hardly anybody reads an old message, and it costs half as much there.
          // docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
          transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) }],
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: removalPolicyOf(props),
    });
    acknowledge(
      this.bucket,
      'AwsSolutions-S1',
      'Two functions write it, and log their failures. Only operators read it, and CloudTrail can record each of their reads.',
    );
  }

  /** Allows one of our functions to erase users, and sets its variable with the bucket's name. It can't delete. */
  grantEdit(fn: HandlerFunction): Grant {
    const { bucketArn } = this.bucket;
    const list = { grantee: fn, actions: ['s3:ListBucket'], resourceArns: [bucketArn] };
    return this.#grant(fn, ['s3:GetObject', 's3:PutObject']).combine(Grant.addToPrincipal(list));
  }

  /** Allows one of our functions to write, and sets its variable with the bucket's name. */
  grantWrite(fn: HandlerFunction): Grant {
    return this.#grant(fn, ['s3:PutObject']);
  }

  #grant(fn: HandlerFunction, actions: string[]): Grant {
    fn.addEnvironment(ENV.archiveBucket, this.bucket.bucketName);
    const objects = this.bucket.arnForObjects(`${ARCHIVE_PREFIX}*`);
    if (fn.role)
      acknowledge(
        fn.role,
        finding(fn, 'AwsSolutions-IAM5', `Resource::${objects}`),
        'Each object has a name of its own.',
      );
    for (const action of actions) grantKey(this.bucket, fn, action);
    return Grant.addToPrincipal({ grantee: fn, actions, resourceArns: [objects] });
  }

  /** Allows to list and read all archived messages. @example chat.archive?.grantRead(complianceRole); */
  grantRead(grantee: IGrantable): Grant {
    return this.bucket.grantRead(grantee);
  }
}
