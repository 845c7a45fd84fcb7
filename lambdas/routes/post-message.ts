import { messageRequestSchema } from '../../protocol/frames.ts';
import { send } from '../domain/send.ts';
import { httpRoute } from '../edge/http.ts';
import { list, readEnv } from '../shared/env.ts';
import { parseWith } from '../shared/parse.ts';
import { createSenderPorts } from './sender-ports.ts';

const { userIdClaim, allowedOrigins } = readEnv('userIdClaim', 'allowedOrigins');
const ports = createSenderPorts();

/** `POST /messages`: `sendMessage` without a socket; all of the sender's sessions receive it. */
export const handler = httpRoute({ userIdClaim, allowedOrigins: list(allowedOrigins) }, ({ userId, body }) =>
  send(ports, userId, parseWith(messageRequestSchema, body())),
);
