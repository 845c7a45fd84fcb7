import { type Duration, Token } from 'aws-cdk-lib';
import type { IManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** What a security team asks for (docs/security.md). Without an option the deployment has nothing of it. */
export interface SecurityProps {
  /**
   * A KMS key of your own, symmetric and in the same region, for tables, queues, buckets, the topic, logs, and variables of functions.
   * The policy of a key of this app lets CloudWatch Logs use it; that of another must (docs/security.md). What its requests cost: there.
   * @default - AWS's own keys, which encrypt the same and cost nothing
   * @example new Key(this, 'ChatKey', { enableKeyRotation: true })
   */
  readonly encryptionKey?: IKey | undefined;
  /**
   * Whether the tables and the made user pool refuse to be deleted, by anyone and whatever `retain` says, until a deployment
   * has switched it off. In our own app the stack, too.
   * @default false
   * @example true
   */
  readonly deletionProtection?: boolean | undefined;
  /**
   * How long logs are kept. The log of the admin API, which says who did what, is never kept for less than 400 days.
   * @default Duration.days(30)
   * @throws {InvalidOptionsError} not a time that CloudWatch Logs has: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 days, ...
   * @example Duration.days(90)
   */
  readonly logRetention?: Duration | undefined;
  /**
   * A policy that no role of the construct can go beyond, whatever its own policies say. Also for the roles of CDK's own functions
   * that fill the web page's bucket, which other constructs of the stack may use, too.
   * @default - none
   * @example ManagedPolicy.fromManagedPolicyName(this, 'Boundary', 'developers')
   */
  readonly permissionsBoundary?: IManagedPolicy | undefined;
  /**
   * ARN of a web ACL of AWS WAF that judges requests for the web page: of scope `CLOUDFRONT`, so in us-east-1. The APIs can't have
   * one (docs/security.md).
   * @default - none
   * @throws {InvalidOptionsError} not such an ARN, or without `webPage`
   * @example 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/chat/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111'
   */
  readonly webAclArn?: string | undefined;
}

/** Valid `SecurityProps`, with all defaults. */
export interface SecurityOptions {
  /** If `undefined`, AWS's own. */
  readonly encryptionKey: IKey | undefined;
  readonly deletionProtection: boolean;
  readonly logRetention: RetentionDays;
  /** If `undefined`, roles have none. */
  readonly permissionsBoundary: IManagedPolicy | undefined;
  /** If `undefined`, the web page has none. */
  readonly webAclArn: string | undefined;
}

/** A yearly review sees its whole year (docs/adr/0049-an-admin-api-behind-iam.md). */
export const LEAST_AUDIT_RETENTION: number = RetentionDays.THIRTEEN_MONTHS;

const RETENTIONS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);
const WEB_ACL = /^arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/[\w-]+\/[\w-]+$/;

/** Fills in the defaults. */
export function securityOptions(props: SecurityProps): SecurityOptions {
  return {
    encryptionKey: props.encryptionKey,
    deletionProtection: props.deletionProtection ?? false,
    logRetention: props.logRetention?.toDays({ integral: false }) ?? RetentionDays.ONE_MONTH,
    permissionsBoundary: props.permissionsBoundary,
    webAclArn: props.webAclArn,
  };
}

export function securityFaults({
  logRetention,
  webAclArn,
  webPage,
}: SecurityOptions & { readonly webPage: object | undefined }): string[] {
  const faults: string[] = [];
  if (!RETENTIONS.includes(logRetention))
    faults.push(`logRetention must be a time that CloudWatch Logs has: ${RETENTIONS.join(', ')} days`);
  if (webAclArn === undefined) return faults;
  if (webPage === undefined) faults.push('webAclArn needs webPage');
  if (!Token.isUnresolved(webAclArn) && !WEB_ACL.test(webAclArn))
    faults.push(`webAclArn must be that of a web ACL of scope CLOUDFRONT, in us-east-1, not "${webAclArn}"`);
  return faults;
}
