import { messageRequestSchema } from '../../protocol/frames.ts';
import { send } from '../domain/send.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { parseWith } from '../shared/parse.ts';
import { createSenderPorts } from './sender-ports.ts';

const ports = createSenderPorts();

/** `POST /messages`: `sendMessage` without a socket; all of the sender's sessions receive it. */
export const handler = httpRoute(httpOptions(), ({ userId, body }) =>
  send(ports, userId, parseWith(messageRequestSchema, body())),
);
