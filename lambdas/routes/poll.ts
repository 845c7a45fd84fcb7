import { pollSchema } from '../../protocol/http.ts';
import { createConnections } from '../adapters/connections.ts';
import { poll } from '../domain/poll.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { systemPause } from '../shared/clock.ts';
import { readEnv } from '../shared/env.ts';
import { parseWith } from '../shared/parse.ts';
import { createReaderPorts } from './reader-ports.ts';

const { duplicateLogin } = readEnv('duplicateLogin');
const ports = {
  ...createReaderPorts(),
  connections: createConnections(),
  duplicateLogin: duplicateLogin === 'reject' ? 'reject' : 'replace',
  pause: systemPause,
} as const;

/** `POST /poll`: the inbox of a client that gets no socket (IM-POLL). */
export const handler = httpRoute(httpOptions(), ({ userId, body }) =>
  poll(ports, { userId, ...parseWith(pollSchema, body()) }),
);
