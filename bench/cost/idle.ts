import { IDLE_POLLERS } from '../../lib/work-queue.ts';
import type { PriceFile } from './prices.ts';
import { billOf, totalOf, type Usage } from './usage.ts';

/** A CloudFormation template, as far as the bill of an idle stack needs it. */
export interface BilledTemplate {
  readonly Resources: Readonly<Record<string, BilledResource>>;
}

export interface BilledResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const MONTH_SECONDS = 30 * 24 * 3600;

/** Types that AWS bills by requests, time, or stored bytes only, or not at all: an idle, empty stack pays nothing for them. */
const FREE_WHILE_IDLE: ReadonlySet<string> = new Set([
  'AWS::ApiGateway::Account',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::RouteResponse',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CDK::Metadata',
  'AWS::CloudFront::Distribution',
  'AWS::CloudFront::Function',
  'AWS::CloudFront::OriginAccessControl',
  'AWS::CloudFront::ResponseHeadersPolicy',
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::Cognito::UserPoolDomain',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::Function',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  // Its metric costs 0.30 dollars only in a month that has such lines.
  'AWS::Logs::MetricFilter',
  'AWS::Route53::RecordSet',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'Custom::CDKBucketDeployment',
  'Custom::S3AutoDeleteObjects',
]);

/** The usage of a month without any request. @throws {Error} naming the resources whose idle price is not known */
export function idleUsage({ Resources }: BilledTemplate, { assumptions }: PriceFile): Usage {
  const resources = Object.values(Resources);
  const unknown = resources.filter((one) => !isKnown(one)).map(({ Type }) => Type);
  if (unknown.length > 0)
    throw new Error(`What do these cost while idle? ${[...new Set(unknown)].join(', ')}`);
  const pollers = ofType(resources, 'AWS::Lambda::EventSourceMapping').reduce(
    (sum, { ScalingConfig }) =>
      sum + IDLE_POLLERS[ScalingConfig === undefined ? 'without' : 'withMaxConcurrency'],
    0,
  );
  const dashboards = ofType(resources, 'AWS::CloudWatch::Dashboard').length;
  return {
    ...(dashboards > 0 && { dashboard: dashboards }),
    sqsRequest: (pollers * MONTH_SECONDS) / assumptions.pollSeconds.value,
    alarmMetric: ofType(resources, 'AWS::CloudWatch::Alarm').reduce((sum, one) => sum + metricsOf(one), 0),
  };
}

/** Dollars a month of an idle stack: at list price, and in an account that uses AWS's free tier for nothing else. */
export function idleDollars(template: BilledTemplate, prices: PriceFile) {
  const usage = idleUsage(template, prices);
  const beyondFree = Object.fromEntries(
    billOf(usage, prices).map(({ name, amount }) => [
      name,
      Math.max(0, amount - (prices.freeTier[name]?.amount ?? 0)),
    ]),
  );
  return {
    usage,
    list: totalOf(billOf(usage, prices)),
    withFreeTier: totalOf(billOf(beyondFree, prices)),
  };
}

type Properties = Readonly<Record<string, unknown>>;

function ofType(resources: readonly BilledResource[], type: string): readonly Properties[] {
  return resources.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties);
}

function isKnown({ Type, Properties = {} }: BilledResource): boolean {
  switch (Type) {
    // Stored bytes and their backup are billed by size. Provisioned units would be billed by the hour.
    case 'AWS::DynamoDB::Table':
      return Properties['BillingMode'] === 'PAY_PER_REQUEST' && isKeyKnown(Properties);
    // Provisioned pollers are billed by the hour.
    case 'AWS::Lambda::EventSourceMapping':
      return !('ProvisionedPollerConfig' in Properties);
    case 'AWS::CloudWatch::Alarm':
      return metricsOf(Properties) > 0;
    case 'AWS::CloudWatch::Dashboard':
      return true;
    default:
      return FREE_WHILE_IDLE.has(Type);
  }
}

/** A key of the operator's is billed by itself, and asked only when there are requests. */
function isKeyKnown({ SSESpecification: key }: Properties): boolean {
  return key === undefined || (typeof key === 'object' && key !== null && 'KMSMasterKeyId' in key);
}

/** CloudWatch bills each metric of an alarm, expressions not. */
function metricsOf({ MetricName, Metrics = [] }: Properties): number {
  if (MetricName !== undefined) return 1;
  return (Metrics as readonly { readonly MetricStat?: unknown }[]).filter(
    ({ MetricStat }) => MetricStat !== undefined,
  ).length;
}
