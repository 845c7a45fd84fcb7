import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import { type SocketEvent, speakerOf } from '../edge/frame.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv } from '../shared/env.ts';

const env = readEnv('routesTable');
const routes = createRouteTable(createDocumentClient(), env.routesTable);

/**
 * Removes exactly this connection's session (IM-CONN-5). AWS promises neither the event nor its authorizer context:
 * without either the next delivery finds 410 and removes the route.
 */
export async function handler(event: SocketEvent) {
  const speaker = speakerOf(event);
  if (speaker !== undefined) await routes.disconnect(speaker, systemClock());
  return { statusCode: 200 };
}
