import {
  ApiGatewayManagementApiClient,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { DeleteCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { documents, type SocketEvent, TableName } from './table.ts';

const gateway = new ApiGatewayManagementApiClient({});

/** Posts to everyone. Like the sample it makes a single Scan, which misses connections beyond 1 MB of rows. */
export async function handler({ body = '{}' }: SocketEvent) {
  const { data }: { data: string } = JSON.parse(body);
  const scan = new ScanCommand({ TableName, ProjectionExpression: 'connectionId' });
  const { Items = [] } = await documents.send(scan);
  await Promise.all(Items.map(({ connectionId }) => post(String(connectionId), data)));
  return { statusCode: 200 };
}

async function post(ConnectionId: string, Data: string): Promise<void> {
  try {
    await gateway.send(new PostToConnectionCommand({ ConnectionId, Data }));
  } catch (error) {
    if (!(error instanceof GoneException)) throw error;
    await documents.send(new DeleteCommand({ TableName, Key: { connectionId: ConnectionId } }));
  }
}
