import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { documents, type SocketEvent, TableName } from './table.ts';

export async function handler({ requestContext: { connectionId } }: SocketEvent) {
  await documents.send(new PutCommand({ TableName, Item: { connectionId } }));
  return { statusCode: 200 };
}
