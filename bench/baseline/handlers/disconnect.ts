import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { documents, type SocketEvent, TableName } from './table.ts';

export async function handler({ requestContext: { connectionId } }: SocketEvent) {
  await documents.send(new DeleteCommand({ TableName, Key: { connectionId } }));
  return { statusCode: 200 };
}
