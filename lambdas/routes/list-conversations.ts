import { conversationsQuerySchema } from '../../protocol/http.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { readConversations } from '../domain/history.ts';
import { httpRoute } from '../edge/http.ts';
import { list, readEnv } from '../shared/env.ts';
import { parseWith } from '../shared/parse.ts';
import { createHistoryPorts } from './history-ports.ts';

const { userIdClaim, allowedOrigins } = readEnv('userIdClaim', 'allowedOrigins');
const ports = createHistoryPorts();

/** `GET /conversations`: the user's conversations with head, last message, and unread (section 6). */
export const handler = httpRoute(
  { userIdClaim, allowedOrigins: list(allowedOrigins) },
  ({ userId, query }) => {
    const { limit, cursor } = parseWith(conversationsQuerySchema, query);
    return readConversations(ports, userId, {
      limit: limit === undefined ? LIMITS.pageDefault : Number(limit),
      cursor,
    });
  },
);
