import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { REGION } from '../stack/identifiers.ts';

/** The emulators require a signature but accept any key. */
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export function dynamoDbClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}

/** @param userAgentAppId identifies the caller to the AWS proxy */
export function sqsClient(endpoint: string, userAgentAppId?: string): SQSClient {
  return new SQSClient({
    endpoint,
    region: REGION,
    credentials: CREDENTIALS,
    ...(userAgentAppId !== undefined && { userAgentAppId }),
  });
}

export function snsClient(endpoint: string): SNSClient {
  return new SNSClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}

/** At an IP address, the SDK names the bucket in the path, as the emulator wants it. */
export function s3Client(endpoint: string): S3Client {
  return new S3Client({ endpoint, region: REGION, credentials: CREDENTIALS });
}
