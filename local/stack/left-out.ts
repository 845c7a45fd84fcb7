import type { ResolvedApp } from './resources.ts';
import { type Resource, reader } from './template.ts';

/** Ignored without a warning: they do not affect behaviour here. Policies are read with their functions. */
const IGNORED_TYPES =
  /^AWS::(IAM|Logs|CloudWatch)::|^AWS::(Lambda::(Permission|Version|Alias|LayerVersion)|SQS::QueuePolicy|SNS::TopicPolicy|S3::BucketPolicy|Route53::RecordSet|CDK::Metadata|ApiGateway::Account|ApiGatewayV2::Deployment|CloudFormation::Stack)$/;
/** They tidy up when a stack is deleted, or set how long logs are kept. */
const IGNORED_CUSTOM = /^Custom::(S3AutoDeleteObjects|LogRetention)$/;

const isCustom = (type: string) =>
  type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';

/** The functions that serve custom resources: only a deployment runs them. */
export function customResourceFunctions(app: ResolvedApp): ReadonlySet<string> {
  const types = app.unread().flatMap(({ type }) => (isCustom(type) ? [type] : []));
  return new Set(app.ofType(...types).flatMap((each) => reader(each).optionalText('ServiceToken') ?? []));
}

/** Up to this number of resources of a service have a line each. */
const FEW = 2;

/**
 * A line for each resource of a type that doesn't run here, or one for all of a service.
 * @param customTypes of the custom resources, which have been read
 */
export function leftOutWarnings(unread: readonly Pick<Resource, 'logicalId' | 'type'>[]): readonly string[] {
  const leftOut = unread.filter(({ type }) => !IGNORED_TYPES.test(type) && !IGNORED_CUSTOM.test(type));
  const services = Map.groupBy(leftOut, ({ type }) =>
    type
      .split('::')
      .slice(0, isCustom(type) ? 1 : 2)
      .join('::'),
  );
  return [...services].flatMap(([service, resources]) => {
    if (resources.length <= FEW)
      return resources.map(
        ({ logicalId, type }) => `${logicalId} (${type}) can't run on one machine and is left out.`,
      );
    const kinds = [...new Set(resources.map(({ type }) => type.split('::').at(-1)))];
    return [
      `${resources.length} resources of ${service} (${kinds.join(', ')}) can't run on one machine and are left out.`,
    ];
  });
}
