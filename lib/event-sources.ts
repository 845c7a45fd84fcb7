import { EVENT_ROWS } from '../lambdas/shared/event-rows.ts';
import type { StreamSource } from './function-spec.ts';

const EXISTS = [{ exists: true }];

/**
 * The records that become events (IM-EVENT). A message has a seq; claims, reactions, and entries that expire have none, or no
 * new image. Rows of events and reports are written once.
 */
export const EVENT_SOURCES = [
  {
    table: 'messages',
    filters: [{ eventName: ['INSERT', 'MODIFY'], dynamodb: { NewImage: { seq: { N: EXISTS } } } }],
  },
  {
    table: 'conversations',
    filters: Object.values(EVENT_ROWS).map((prefix) => ({
      eventName: ['INSERT'],
      dynamodb: { Keys: { pk: { S: [{ prefix }] } } },
    })),
  },
] as const satisfies readonly StreamSource[];
