import { POLL_ROUTE, pollSchema } from '../../protocol/http.ts';
import * as of from '../composition.ts';
import { withBudget } from '../domain/access/budget.ts';
import { poll } from '../domain/sessions/poll.ts';
import { lazily } from '../shared/lazily.ts';
import { parseWith } from '../shared/parse.ts';
import { createHttpHandler } from '../transport/http.ts';

const ports = lazily({
  routes: of.routes,
  inbox: of.inbox,
  messages: of.messages,
  connections: of.connections,
  leaseMs: of.leaseMs,
  duplicateLogin: of.duplicateLogin,
  maxDevices: of.maxDevices,
  clock: of.clock,
  pause: of.pause,
});
const options = lazily({
  tokens: of.tokens,
  allowedOrigins: of.allowedOrigins,
  accounts: of.accounts,
  meter: of.meter,
  clock: of.clock,
});

/** `POST /poll`: for clients that can't open a socket (IM-POLL). A waiting poll occupies a whole instance. */
export const handler = createHttpHandler(options, (budget) => ({
  [POLL_ROUTE]: {
    answer: ({ userId, body }) =>
      poll(withBudget(ports, budget), { userId, ...parseWith(pollSchema, body()) }),
  },
}));
