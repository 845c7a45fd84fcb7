import { deskChatsQuerySchema } from '../../protocol/desk.ts';
import { listChats } from '../domain/desk/views.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptionsWithRoles } from '../edge/http-options.ts';
import { parseWith } from '../shared/parse.ts';
import { createChatViewPorts } from './desk-ports.ts';

const ports = createChatViewPorts();

/** `GET /desk/chats`: an agent's own, a supervisor's all (IM-DESK). */
export const handler = httpRoute(httpOptionsWithRoles(), ({ userId, standing, query }) =>
  listChats(ports, userId, standing, parseWith(deskChatsQuerySchema, query)),
);
