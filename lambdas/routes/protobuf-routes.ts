import type { Action } from '../../protocol/frames.ts';
import type { SocketEvent, SocketResult } from '../edge/frame.ts';
import { readOptionalEnv } from '../shared/env.ts';
import { handler as ackInbox } from './ack-inbox.ts';
import { createDeskPorts, deskQueues } from './desk-ports.ts';
import { deskAway, deskClose, deskOpen, deskReady, deskTransfer } from './desk-routes.ts';
import { handler as heartbeat } from './heartbeat.ts';
import { handler as hello } from './hello.ts';
import { handler as presence } from './presence.ts';
import { handler as read } from './read.ts';
import { handler as recall } from './recall.ts';
import { handler as renew } from './renew.ts';
import { handler as sendMessage } from './send-message.ts';
import { handler as typing } from './typing.ts';

type Route = (event: SocketEvent) => Promise<SocketResult>;

/** The gateway can't select a route by what Protobuf holds: these are all in one function (IM-PB). */
export const PROTOBUF_ROUTES: ReadonlyMap<unknown, Route> = new Map<Action, Route>([
  ['hello', hello],
  ['ackInbox', ackInbox],
  ['sendMessage', sendMessage],
  ['heartbeat', heartbeat],
  ['renew', renew],
  ['read', read],
  ['recall', recall],
  ['typing', typing],
  ['presence', presence],
  ...deskRoutes(),
]);

/** None in a deployment without a desk. */
function deskRoutes(): [Action, Route][] {
  if (readOptionalEnv('deskTable') === undefined) return [];
  const ports = { ...createDeskPorts(), queues: deskQueues() };
  return [
    ['desk.open', deskOpen(ports)],
    ['desk.close', deskClose(ports)],
    ['desk.ready', deskReady(ports)],
    ['desk.away', deskAway(ports)],
    ['desk.transfer', deskTransfer(ports)],
  ];
}
