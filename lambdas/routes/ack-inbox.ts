import { ackInboxSchema } from '../../protocol/frames.ts';
import { createConnections } from '../adapters/connections.ts';
import { fillPage, firstEntries, openBatch, pageBytesFor, toInboxPage } from '../domain/inbox.ts';
import { keepLease, requireLiveSession } from '../domain/session.ts';
import { frameRoute } from '../edge/frame.ts';
import { settleAll } from '../shared/settle.ts';
import { createReaderPorts } from './reader-ports.ts';

const ports = createReaderPorts();

/** Removes exactly the entries of the page that was acknowledged, and answers with the next (IM-HELLO-2). */
export const handler = frameRoute(createConnections(), ackInboxSchema, async ({ id, batch }, speaker) => {
  const { userId, deviceId } = speaker;
  const messageIds = openBatch(userId, batch);
  const session = requireLiveSession(await ports.routes.find(userId, deviceId), speaker, ports.clock());
  await settleAll([
    ports.inbox.remove(userId, messageIds),
    keepLease(ports.routes, session, ports.leaseMs, ports.clock()),
  ]);
  const page = await fillPage(ports, userId, await firstEntries(ports, userId), pageBytesFor(session));
  return { type: 'inbox', id, ...toInboxPage(userId, page) };
});
