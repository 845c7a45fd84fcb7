import { createDeskQueue } from '../adapters/desk-queue.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import { lookAfter } from '../domain/desk/desk-queue.ts';
import { type SocketEvent, speakerOf, standingOf } from '../edge/frame.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv, readOptionalEnv } from '../shared/env.ts';

const env = readEnv('routesTable');
const routes = createRouteTable(createDocumentClient(), env.routesTable);
const deskQueueUrl = readOptionalEnv('deskQueueUrl');
const deskQueue = deskQueueUrl === undefined ? undefined : createDeskQueue(deskQueueUrl);

/**
 * Removes exactly this connection's session (IM-CONN-5). AWS promises neither the event nor its authorizer context:
 * without either the next delivery finds 410 and removes the route. The desk looks after its agents (IM-DESK-7).
 */
export async function handler(event: SocketEvent) {
  const speaker = speakerOf(event);
  if (speaker === undefined) return { statusCode: 200 };
  await routes.disconnect(speaker, systemClock());
  if (standingOf(event).roles.includes('agent')) {
    await lookAfter({ deskQueue, clock: systemClock }, speaker.userId);
  }
  return { statusCode: 200 };
}
