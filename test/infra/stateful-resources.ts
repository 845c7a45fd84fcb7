import type { Template } from 'aws-cdk-lib/assertions';

type Properties = Readonly<Record<string, unknown>>;

interface KeyPart {
  readonly AttributeName: string;
}

/**
 * The types that hold data or whose address others know, with those of their properties that can't be changed in place:
 * CloudFormation replaces the resource, DynamoDB refuses, or what is stored is not found any more.
 */
const FIXED: Readonly<Record<string, (properties: Properties) => unknown>> = {
  'AWS::DynamoDB::Table': tableFacts,
  'AWS::SQS::Queue': pick('QueueName', 'FifoQueue'),
  'AWS::SNS::Topic': pick('TopicName', 'FifoTopic'),
  'AWS::S3::Bucket': pick('BucketName'),
  'AWS::SSM::Parameter': pick('Name'),
  'AWS::Logs::LogGroup': pick('LogGroupName'),
  'AWS::Cognito::UserPool': pick(
    'UserPoolName',
    'UsernameAttributes',
    'AliasAttributes',
    'UsernameConfiguration',
    'Schema',
  ),
  'AWS::Cognito::UserPoolClient': pick('GenerateSecret'),
  'AWS::Cognito::UserPoolDomain': pick('Domain'),
  'AWS::CloudFront::Distribution': pick(),
  // Their ids are in the URLs that clients know, and so are the names of their stages.
  'AWS::ApiGatewayV2::Api': pick('ProtocolType'),
  'AWS::ApiGatewayV2::Stage': pick('StageName'),
  // Others invoke them by name.
  'AWS::Lambda::Function': pick('FunctionName'),
  // Of streams: another reader begins at another record.
  'AWS::Lambda::EventSourceMapping': (properties) =>
    'StartingPosition' in properties ? pick('StartingPosition')(properties) : undefined,
};

/** Logical ids in order, each with its type and what is fixed of it. */
export function statefulIn(template: Template): Map<string, string> {
  const { Resources: resources } = template.toJSON() as {
    Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: Properties }>>;
  };
  return new Map(
    Object.entries(resources)
      .flatMap(([logicalId, { Type: type, Properties: properties = {} }]): [string, string][] => {
        const facts = FIXED[type]?.(properties);
        return facts === undefined ? [] : [[logicalId, `${type} ${JSON.stringify(facts)}`]];
      })
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

function pick(...names: readonly string[]) {
  return (properties: Properties) =>
    Object.fromEntries(names.filter((name) => name in properties).map((name) => [name, properties[name]]));
}

function tableFacts(properties: Properties): object {
  const types = new Map(
    (properties['AttributeDefinitions'] as readonly { AttributeName: string; AttributeType: string }[]).map(
      ({ AttributeName, AttributeType }) => [AttributeName, AttributeType],
    ),
  );
  const keyOf = (schema: unknown) =>
    (schema as readonly KeyPart[]).map(({ AttributeName: name }) => `${name}:${types.get(name)}`).join();
  const indexes = ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes'].flatMap(
    (kind) => (properties[kind] as readonly Properties[] | undefined) ?? [],
  );
  const { AttributeName: ttl } = (properties['TimeToLiveSpecification'] ?? {}) as Partial<KeyPart>;
  const { StreamViewType: stream } = (properties['StreamSpecification'] ?? {}) as Properties;
  return {
    ...pick('TableName')(properties),
    key: keyOf(properties['KeySchema']),
    ...(indexes.length > 0 && {
      indexes: Object.fromEntries(
        indexes.map(({ IndexName, KeySchema, Projection }) => [
          IndexName,
          `${keyOf(KeySchema)} ${(Projection as Properties)['ProjectionType']}`,
        ]),
      ),
    }),
    ...(ttl !== undefined && { ttl }),
    ...(stream !== undefined && { stream }),
  };
}
