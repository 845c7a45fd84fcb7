import { EVENT_ROWS } from '../lambdas/shared/event-rows.ts';
import type { StreamSource } from './function-spec.ts';

const EXISTS = [{ exists: true }];

const IS_MESSAGE = { seq: { N: EXISTS } };

/**
 * The records that become events (IM-EVENT). A message has a seq; claims, reactions, and entries that expire have none, or no
 * new image. That a message was imported is no event, its later changes are (IM-IMPORT-6). Rows of events and reports are
 * written once.
 */
export const EVENT_SOURCES = [
  {
    table: 'messages',
    filters: [
      {
        eventName: ['INSERT'],
        dynamodb: { NewImage: { ...IS_MESSAGE, imported: { BOOL: [{ exists: false }] } } },
      },
      { eventName: ['MODIFY'], dynamodb: { NewImage: IS_MESSAGE } },
    ],
  },
  {
    table: 'conversations',
    filters: Object.values(EVENT_ROWS).map((prefix) => ({
      eventName: ['INSERT'],
      dynamodb: { Keys: { pk: { S: [{ prefix }] } } },
    })),
  },
] as const satisfies readonly StreamSource[];
