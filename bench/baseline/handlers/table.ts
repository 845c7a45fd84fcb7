import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
export const TableName = process.env['CONNECTIONS_TABLE'];

export interface SocketEvent {
  readonly requestContext: { readonly connectionId: string };
  readonly body?: string;
}
