import { conversationsQuerySchema } from '../../protocol/http.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { readConversations } from '../domain/history.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { parseWith } from '../shared/parse.ts';
import { createHistoryPorts } from './history-ports.ts';

const ports = createHistoryPorts();

/** `GET /conversations`: the user's conversations with head, last message, and unread (section 6). */
export const handler = httpRoute(httpOptions(), ({ userId, query }) => {
  const { limit, cursor, changedSince } = parseWith(conversationsQuerySchema, query);
  return readConversations(ports, userId, {
    limit: limit === undefined ? LIMITS.pageDefault : Number(limit),
    cursor,
    changedSinceMs: changedSince === undefined ? undefined : Number(changedSince),
  });
});
