import { POLL_ROUTE, pollSchema } from '../../protocol/http.ts';
import {
  allowedOrigins,
  clock,
  connections,
  duplicateLogin,
  inbox,
  leaseMs,
  messages,
  pause,
  routes,
} from '../composition.ts';
import { poll } from '../domain/sessions/poll.ts';
import { requireEnv, text } from '../shared/env.ts';
import { lazily } from '../shared/lazy.ts';
import { parseWith } from '../shared/parse.ts';
import { createHttpHandler } from '../transport/http.ts';

requireEnv(
  'routesTable',
  'inboxTable',
  'messagesTable',
  'connectionsEndpoint',
  'leaseSeconds',
  'duplicateLogin',
  'userIdClaim',
  'allowedOrigins',
);

const ports = lazily({ routes, inbox, messages, connections, leaseMs, duplicateLogin, clock, pause });

/** `POST /poll`: the inbox of a client that gets no socket (IM-POLL). A waiting poll keeps an instance for itself. */
export const handler = createHttpHandler(
  { userIdClaim: text('userIdClaim'), allowedOrigins: allowedOrigins() },
  {
    [POLL_ROUTE]: {
      answer: ({ userId, body }) => poll(ports, { userId, ...parseWith(pollSchema, body()) }),
    },
  },
);
