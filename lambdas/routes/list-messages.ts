import { messagesQuerySchema } from '../../protocol/http.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { readHistory } from '../domain/history.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptionsWithRoles } from '../edge/http-options.ts';
import { parseWith } from '../shared/parse.ts';
import { createHistoryPorts } from './history-ports.ts';

const ports = createHistoryPorts();

/** `GET /conversations/{conversationId}/messages`: a page of the record (section 6). */
export const handler = httpRoute(httpOptionsWithRoles(), ({ userId, standing, query, path }) => {
  const { limit, after, before } = parseWith(messagesQuerySchema, query);
  const range = {
    limit: limit === undefined ? LIMITS.pageDefault : Number(limit),
    ...(after !== undefined && { after: Number(after) }),
    ...(before !== undefined && { before: Number(before) }),
  };
  return readHistory(ports, userId, path['conversationId'] ?? '', range, standing);
});
