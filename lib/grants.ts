import type { HandlerFunction } from './handler-function.ts';
import type { Grantors } from './handler-spec.ts';

/* What handlers of a kind have in common, by exact action. */

/** hello and ackInbox read one page, remove another, and send an ended session away. */
export function grantInboxPages(fn: HandlerFunction, { storage, gateway }: Grantors): void {
  storage.routes.grant(fn, 'GetItem', 'UpdateItem');
  storage.inbox.grant(fn, 'Query', 'BatchWriteItem');
  storage.messages.grant(fn, 'BatchGetItem');
  gateway.grantConnections(fn, 'POST', 'DELETE');
}

/** Sending by socket, by HTTP, and by service event is the same but for whose session is looked at. */
export function grantSending(fn: HandlerFunction, to: Grantors): void {
  to.storage.conversations.grant(fn, 'GetItem', 'Query', 'UpdateItem', 'PutItem');
  to.storage.messages.grant(fn, 'PutItem', 'BatchGetItem');
  // An agent who isn't there is noticed by who writes to him (IM-DESK-7).
  to.desk?.queue.grantSend(fn);
  grantHandingOut(fn, to);
}

/** A change of a support chat is a message too, stored in one transaction with all that the desk says of the chat. */
export function grantDeskChange(fn: HandlerFunction, { storage, desk, queue, gateway }: Grantors): void {
  storage.conversations.grant(fn, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem');
  storage.messages.grant(fn, 'PutItem');
  desk?.store.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem');
  desk?.queue.grantSend(fn);
  queue.grantSend(fn);
  gateway.grantConnections(fn, 'POST', 'DELETE');
}

/** A change of a group is a message, stored with the members' rows in one transaction and handed out to all. */
export function grantGroupChange(fn: HandlerFunction, to: Grantors): void {
  to.storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
  to.storage.conversations.grant(
    fn,
    'GetItem',
    'BatchGetItem',
    'Query',
    'UpdateItem',
    'PutItem',
    'DeleteItem',
  );
  to.storage.messages.grant(fn, 'PutItem');
  grantHandingOut(fn, to);
}

export function grantHandingOut(fn: HandlerFunction, { queue, fanOut, gateway }: Grantors): void {
  queue.grantSend(fn);
  fanOut.grantSend(fn);
  gateway.grantConnections(fn, 'POST', 'DELETE');
}

/** What is told to a few and kept by nobody. */
export function grantTelling(fn: HandlerFunction, { storage, gateway }: Grantors): void {
  storage.conversations.grant(fn, 'GetItem', 'Query');
  gateway.grantConnections(fn, 'POST', 'DELETE');
}
