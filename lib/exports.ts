import { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { EXPORT_DAYS, EXPORT_PREFIX, IMPORT_PREFIX, REST_PREFIX } from '../lambdas/shared/export-keys.ts';
import { acknowledge } from './acknowledge.ts';
import type { EncryptionProps } from './encryption.ts';
import type { HandlerFunction } from './handler-function.ts';
import { dataBucket, grantObjects } from './private-bucket.ts';
import { removalPolicyOf } from './removal-policy.ts';

export interface ExportsProps extends EncryptionProps {
  /** Whether the bucket is kept when the stack is deleted. */
  readonly retain: boolean;
}

/** The exports of users' data (IM-ERASE-3) and what is imported (IM-IMPORT-1), a file each. Empty, and without a price, while nobody asks for one. */
export class Exports extends Construct {
  /** Private; takes requests by TLS alone. */
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: ExportsProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...dataBucket(props),
      lifecycleRules: [
        {
          // All that we have of a user: nobody should find it by chance a year later. Without versions, so it is gone then.
          expiration: Duration.days(EXPORT_DAYS),
          // An upload whose worker has died is gone on with within minutes. One that nobody completes costs as an object does.
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: removalPolicyOf(props),
    });
    acknowledge(
      this.bucket,
      'AwsSolutions-S1',
      'One function writes it, and the audit says who asked for which file. CloudTrail can record each read.',
    );
  }

  /** Allows the worker of tasks to upload files in parts, to keep lines between two pages, and to delete both. */
  grantWrite(fn: HandlerFunction): void {
    fn.addEnvironment(ENV.exportBucket, this.bucket.bucketName);
    this.#grant(fn, 's3:PutObject', EXPORT_PREFIX);
    this.#grant(fn, 's3:PutObject', REST_PREFIX);
    this.#grant(fn, 's3:GetObject', REST_PREFIX);
    // An erasure deletes what was exported of the user.
    this.#grant(fn, 's3:DeleteObject', EXPORT_PREFIX);
    this.#grant(fn, 's3:DeleteObject', REST_PREFIX);
    // What is imported is deleted then.
    this.#grant(fn, 's3:GetObject', IMPORT_PREFIX);
    this.#grant(fn, 's3:DeleteObject', IMPORT_PREFIX);
    const { bucketArn } = this.bucket;
    Grant.addToPrincipal({ grantee: fn, actions: ['s3:ListBucket'], resourceArns: [bucketArn] });
  }

  /** Allows to read files, and to upload what is imported, for links and forms: they may do what their signer may. */
  grantLink(fn: HandlerFunction): void {
    fn.addEnvironment(ENV.exportBucket, this.bucket.bucketName);
    this.#grant(fn, 's3:GetObject', EXPORT_PREFIX);
    this.#grant(fn, 's3:PutObject', IMPORT_PREFIX);
  }

  #grant(fn: HandlerFunction, action: string, prefix: string): void {
    grantObjects(this.bucket, fn, action, prefix);
  }
}
