import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { REGION } from '../stack/identifiers.ts';

/** The emulators ask for a signature but not whose. */
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export function dynamoDbClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}

/** @param userAgentAppId by which an AWS proxy knows who calls */
export function sqsClient(endpoint: string, userAgentAppId?: string): SQSClient {
  return new SQSClient({
    endpoint,
    region: REGION,
    credentials: CREDENTIALS,
    ...(userAgentAppId !== undefined && { userAgentAppId }),
  });
}
