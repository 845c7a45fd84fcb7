import { createHash } from 'node:crypto';
import type { Identity, TemplateResource } from './template.ts';

/** The stack's apparent account and region; the emulators' ARNs contain the same region. */
export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';

export function pseudoParameters(stackName: string): Readonly<Record<string, string>> {
  return {
    'AWS::AccountId': ACCOUNT_ID,
    'AWS::Partition': 'aws',
    'AWS::Region': REGION,
    'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${stackName}/local`,
    'AWS::StackName': stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
}

/** The longest name of a queue, which is the shortest limit of those that have one. */
const MAX_NAME = 80;

/**
 * A name as CloudFormation generates it, but the same on each start, so that tables and queues are found again.
 * @param ending that the name must have: `.fifo`
 */
export function physicalName(stackName: string, logicalId: string, ending = ''): string {
  const name = `${stackName}-${logicalId}`;
  if (name.length + ending.length <= MAX_NAME) return name + ending;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${name.slice(0, MAX_NAME - ending.length - digest.length - 1)}-${digest}${ending}`;
}

/** An API id as API Gateway generates it, ten characters, but the same on each start. */
export function apiId(stackName: string, logicalId: string): string {
  const digest = createHash('sha256').update(`${stackName}/${logicalId}`).digest('hex');
  return BigInt(`0x${digest.slice(0, 24)}`)
    .toString(36)
    .padStart(10, '0')
    .slice(-10);
}

export function functionArn(functionName: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${functionName}`;
}

export function queueArn(queueName: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${queueName}`;
}

export function tableArn(tableName: string): string {
  return `arn:aws:dynamodb:${REGION}:${ACCOUNT_ID}:table/${tableName}`;
}

/** A stream's label is the time of its creation; the local one is the same on each start. */
export function streamArn(tableName: string): string {
  return `${tableArn(tableName)}/stream/2026-01-01T00:00:00.000`;
}

export function topicArn(topicName: string): string {
  return `arn:aws:sns:${REGION}:${ACCOUNT_ID}:${topicName}`;
}

/** @param name a path, whose first slash is the one of the ARN, or a plain name */
export function parameterArn(name: string): string {
  return `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:parameter/${name.replace(/^\//, '')}`;
}

/** A bucket's ARN names neither region nor account. */
export function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}

/** @param given the template's name. Otherwise as CloudFormation makes it, lower-case, of at most 63 characters, but always the same */
export function bucketName(stackName: string, logicalId: string, given: unknown): string {
  if (typeof given === 'string') return given;
  const digest = createHash('sha256').update(logicalId).digest('hex').slice(0, 12);
  return `${physicalName(stackName, logicalId).toLowerCase().slice(0, 50)}-${digest}`;
}

/** ARN that a `$connect` authorizer must allow. */
export function connectMethodArn(apiId: string, stage: string): string {
  return `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${apiId}/${stage}/$connect`;
}

/** ARN of a request to an HTTP API. @param path from the stage on: `/admin/users` */
export function requestArn(apiId: string, stage: string, method: string, path: string): string {
  return `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${apiId}/${stage}/${method}${path}`;
}

/** ARN of a `@connections` request: `POST` posts, `GET` reads the status, `DELETE` closes. */
export function connectionsArn(apiId: string, stage: string, method: string, connectionId: string): string {
  return `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${apiId}/${stage}/${method}/@connections/${connectionId}`;
}

/** Queue URL on AWS; the runtime replaces its host by the emulator's. */
function queueUrl(queueName: string): string {
  return `https://sqs.${REGION}.amazonaws.com/${ACCOUNT_ID}/${queueName}`;
}

interface IdentityInput {
  readonly stackName: string;
  readonly logicalId: string;
  readonly resource: TemplateResource;
  /** A property that is a text: one that overrides the generated name. */
  readonly name: (property: string) => string | undefined;
}

function tableIdentity({ name }: IdentityInput, fallback: string): Identity {
  const tableName = name('TableName') ?? fallback;
  return { ref: tableName, attributes: { Arn: tableArn(tableName), StreamArn: streamArn(tableName) } };
}

/** Versions and aliases run the same code on one machine, so they are the function itself. */
function versionIdentity({ name }: IdentityInput): Identity {
  const given = name('FunctionName') ?? '';
  const arn = given.startsWith('arn:') ? given : functionArn(given);
  return { ref: arn, attributes: { FunctionArn: arn, Version: '1' } };
}

function fifoEnding({ resource }: IdentityInput, property: string): string {
  return String(resource.Properties?.[property] ?? 'false') === 'true' ? '.fifo' : '';
}

const IDENTITIES: Readonly<Record<string, (input: IdentityInput, fallbackName: string) => Identity>> = {
  'AWS::Lambda::Function': ({ name }, fallback) => {
    const functionName = name('FunctionName') ?? fallback;
    return { ref: functionName, attributes: { Arn: functionArn(functionName) } };
  },
  'AWS::Lambda::Version': versionIdentity,
  'AWS::Lambda::Alias': versionIdentity,
  'AWS::DynamoDB::Table': tableIdentity,
  'AWS::DynamoDB::GlobalTable': tableIdentity,
  'AWS::SSM::Parameter': ({ name }, fallback) => {
    const parameter = name('Name') ?? fallback;
    return { ref: parameter, attributes: { Type: name('Type') ?? 'String', Value: name('Value') ?? '' } };
  },
  'AWS::IAM::Role': ({ name }, fallback) => {
    const role = name('RoleName') ?? fallback;
    return {
      ref: role,
      attributes: { Arn: `arn:aws:iam::${ACCOUNT_ID}:role/${role}`, RoleId: 'AROALOCALLOCALLOCAL00' },
    };
  },
  'AWS::IAM::ManagedPolicy': ({ name }, fallback) => {
    const arn = `arn:aws:iam::${ACCOUNT_ID}:policy/${name('ManagedPolicyName') ?? fallback}`;
    return { ref: arn, attributes: { PolicyArn: arn } };
  },
  'AWS::SNS::Topic': (input) => {
    const { stackName, logicalId, name } = input;
    const topicName = name('TopicName') ?? physicalName(stackName, logicalId, fifoEnding(input, 'FifoTopic'));
    const arn = topicArn(topicName);
    return { ref: arn, attributes: { TopicArn: arn, TopicName: topicName } };
  },
  'AWS::S3::Bucket': ({ stackName, logicalId, name }) => {
    const bucket = bucketName(stackName, logicalId, name('BucketName'));
    const domain = `${bucket}.s3.amazonaws.com`;
    return {
      ref: bucket,
      attributes: {
        Arn: bucketArn(bucket),
        DomainName: domain,
        RegionalDomainName: domain.replace('.s3.', `.s3.${REGION}.`),
      },
    };
  },
  'AWS::SQS::Queue': (input) => {
    const { stackName, logicalId, name } = input;
    const queueName = name('QueueName') ?? physicalName(stackName, logicalId, fifoEnding(input, 'FifoQueue'));
    return {
      ref: queueUrl(queueName),
      attributes: { Arn: queueArn(queueName), QueueName: queueName, QueueUrl: queueUrl(queueName) },
    };
  },
  'AWS::ApiGatewayV2::Api': ({ stackName, logicalId, name }) => {
    const id = apiId(stackName, logicalId);
    const scheme = name('ProtocolType') === 'WEBSOCKET' ? 'wss' : 'https';
    const endpoint = `${scheme}://${id}.execute-api.${REGION}.amazonaws.com`;
    return { ref: id, attributes: { ApiEndpoint: endpoint, ApiId: id } };
  },
  'AWS::ApiGatewayV2::DomainName': ({ name }, fallback) => ({
    ref: name('DomainName') ?? fallback,
    attributes: {
      RegionalDomainName: `d-${fallback}.execute-api.${REGION}.amazonaws.com`,
      RegionalHostedZoneId: 'Z0',
    },
  }),
  'AWS::ApiGatewayV2::Stage': ({ name }, fallback) => ({
    ref: name('StageName') ?? fallback,
    attributes: {},
  }),
};

/** Plausible values for types that this runtime does not run, such as a role or a log group. */
export function identityOf(input: IdentityInput): Identity {
  const fallback = physicalName(input.stackName, input.logicalId);
  const known = IDENTITIES[input.resource.Type];
  if (known) return known(input, fallback);
  const service = input.resource.Type.split('::')[1]?.toLowerCase() ?? 'local';
  return { ref: fallback, attributes: { Arn: `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${fallback}` } };
}
