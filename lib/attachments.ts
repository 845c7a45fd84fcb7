import { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Bucket, HttpMethods, type LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { PENDING_PREFIX, SENT_PREFIX } from '../lambdas/shared/attachment-keys.ts';
import { ENV } from '../lambdas/shared/env-names.ts';
import { acknowledge } from './acknowledge.ts';
import type { AttachmentOptions } from './attachment-props.ts';
import type { EncryptionProps } from './encryption.ts';
import type { HandlerFunction } from './handler-function.ts';
import { dataBucket, grantObjects } from './private-bucket.ts';
import { removalPolicyOf } from './removal-policy.ts';

export interface AttachmentsProps extends AttachmentOptions, EncryptionProps {
  /** Whether the bucket is kept when the stack is deleted. */
  readonly retain: boolean;
  /** Web origins whose pages upload and download, or `['*']`. If empty, there are no CORS headers. */
  readonly allowedOrigins: readonly string[];
  /** How long messages are kept; 0: forever. */
  readonly historyTtlSeconds: number;
  /** Whether messages that expire are archived: then their files are kept as the archive is. */
  readonly archive: boolean;
}

const DAY_SECONDS = 86_400;

/** The files of messages (IM-FILE), in a private bucket: links that end are the only way in and out. */
export class Attachments extends Construct {
  /** Private; takes requests by TLS alone. Add life cycle rules here. @example chat.attachments?.bucket.addLifecycleRule(rule); */
  readonly bucket: Bucket;
  readonly #props: AttachmentsProps;

  constructor(scope: Construct, id: string, props: AttachmentsProps) {
    super(scope, id);
    this.#props = props;
    this.bucket = new Bucket(this, 'Bucket', {
      ...dataBucket(props),
      // Without versions: what is deleted, is gone.
      lifecycleRules: lifecycleOf(props),
      ...corsOf(props.allowedOrigins),
      removalPolicy: removalPolicyOf(props),
    });
    acknowledge(
      this.bucket,
      'AwsSolutions-S1',
      'All access is by links of our functions, whose requests are logged. CloudTrail can record each read.',
    );
  }

  /** What a page that uploads and shows files has to know. */
  get pageOptions() {
    const { attachmentMaxBytes: maxBytes, attachmentTypes: types } = this.#props;
    return { origin: `https://${this.bucket.bucketRegionalDomainName}`, maxBytes, types };
  }

  /** Allows to sign forms for uploads: a form may do what its signer may. */
  grantUpload(fn: HandlerFunction): void {
    this.#name(fn);
    fn.addEnvironment(ENV.attachmentMaxBytes, String(this.#props.attachmentMaxBytes));
    fn.addEnvironment(ENV.attachmentTypes, this.#props.attachmentTypes.join(','));
    this.#grant(fn, 's3:PutObject', PENDING_PREFIX);
  }

  /** Allows to copy what was uploaded into a message, and to delete both again. */
  grantSend(fn: HandlerFunction): void {
    this.#name(fn);
    this.#grant(fn, 's3:GetObject', PENDING_PREFIX);
    this.#grant(fn, 's3:DeleteObject', PENDING_PREFIX);
    this.#grant(fn, 's3:PutObject', SENT_PREFIX);
    this.#grant(fn, 's3:DeleteObject', SENT_PREFIX);
    if (this.#props.attachmentScan) fn.addEnvironment(ENV.attachmentScan, 'true');
  }

  /** Allows to sign links to files of messages. */
  grantLink(fn: HandlerFunction): void {
    this.#name(fn);
    this.#grant(fn, 's3:GetObject', SENT_PREFIX);
  }

  /** Allows to find and delete all files of a user, and those of a group's messages. */
  grantErase(fn: HandlerFunction): void {
    this.#name(fn);
    this.#grant(fn, 's3:DeleteObject', PENDING_PREFIX);
    this.#grant(fn, 's3:DeleteObject', SENT_PREFIX);
    const { bucketArn } = this.bucket;
    Grant.addToPrincipal({ grantee: fn, actions: ['s3:ListBucket'], resourceArns: [bucketArn] });
  }

  #name(fn: HandlerFunction): void {
    fn.addEnvironment(ENV.attachmentBucket, this.bucket.bucketName);
  }

  #grant(fn: HandlerFunction, action: string, prefix: string): void {
    grantObjects(this.bucket, fn, action, prefix);
  }
}

/** S3 counts whole days, from midnight to midnight (UTC): an object is gone within the day after its last. */
function lifecycleOf({ historyTtlSeconds, archive }: AttachmentsProps): LifecycleRule[] {
  const pending = { prefix: PENDING_PREFIX, expiration: Duration.days(1) };
  if (historyTtlSeconds === 0 || archive) return [pending];
  // One day more: a file must not end before its message.
  const days = Math.ceil(historyTtlSeconds / DAY_SECONDS) + 1;
  return [pending, { prefix: SENT_PREFIX, expiration: Duration.days(days) }];
}

function corsOf(allowedOrigins: readonly string[]) {
  if (allowedOrigins.length === 0) return {};
  return {
    cors: [
      {
        allowedOrigins: [...allowedOrigins],
        allowedMethods: [HttpMethods.POST, HttpMethods.GET, HttpMethods.HEAD],
        allowedHeaders: ['*'],
        exposedHeaders: ['ETag', 'Content-Length', 'Content-Range'],
        maxAge: 3_600,
      },
    ],
  };
}
