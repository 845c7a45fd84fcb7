import { createHash } from 'node:crypto';
import type { TemplateResource } from './template.ts';

/** Where the stack seems to be: no account, and the region whose name the emulators' ARNs carry. */
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

/** What `Ref` and `Fn::GetAtt` of a resource give, as AWS documents them by type. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The name that CloudFormation would make up, but the same on each start: tables and queues are found again. */
export function physicalName(stackName: string, logicalId: string): string {
  return `${stackName}-${logicalId}`;
}

/** An API id as API Gateway makes them, ten characters, but the same on each start. */
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

/** Of what a `$connect` authorizer is asked to allow. */
export function connectMethodArn(apiId: string, stage: string): string {
  return `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${apiId}/${stage}/$connect`;
}

/** Of a request to one of the API's connections: `POST` to post, `GET` to look, `DELETE` to close. */
export function connectionsArn(apiId: string, stage: string, method: string, connectionId: string): string {
  return `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${apiId}/${stage}/${method}/@connections/${connectionId}`;
}

/** AWS's own queue URL; the runtime rewrites its host to the emulator's. */
function queueUrl(queueName: string): string {
  return `https://sqs.${REGION}.amazonaws.com/${ACCOUNT_ID}/${queueName}`;
}

interface IdentityInput {
  readonly stackName: string;
  readonly logicalId: string;
  readonly resource: TemplateResource;
  /** A resolved property that may override the made-up name. */
  readonly name: (property: string) => string | undefined;
}

const IDENTITIES: Readonly<Record<string, (input: IdentityInput, fallbackName: string) => Identity>> = {
  'AWS::Lambda::Function': ({ name }, fallback) => {
    const functionName = name('FunctionName') ?? fallback;
    return { ref: functionName, attributes: { Arn: functionArn(functionName) } };
  },
  'AWS::DynamoDB::Table': ({ name }, fallback) => {
    const tableName = name('TableName') ?? fallback;
    return { ref: tableName, attributes: { Arn: tableArn(tableName) } };
  },
  'AWS::SQS::Queue': ({ name }, fallback) => {
    const queueName = name('QueueName') ?? fallback;
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
  'AWS::ApiGatewayV2::Stage': ({ name }, fallback) => ({
    ref: name('StageName') ?? fallback,
    attributes: {},
  }),
};

/** Of a type that isn't run here (a role, a log group), a name and an ARN that at least look like one. */
export function identityOf(input: IdentityInput): Identity {
  const fallback = physicalName(input.stackName, input.logicalId);
  const known = IDENTITIES[input.resource.Type];
  if (known) return known(input, fallback);
  const service = input.resource.Type.split('::')[1]?.toLowerCase() ?? 'local';
  return { ref: fallback, attributes: { Arn: `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${fallback}` } };
}
