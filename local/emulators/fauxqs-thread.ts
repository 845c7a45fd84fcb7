/**
 * Runs fauxqs in its own thread, because its synchronous SQLite writes would block the gateway. fauxqs has no option to
 * listen only on the loopback interface, so `listen` is patched; nothing else listens in this thread.
 */
import { existsSync } from 'node:fs';
import { Server } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { returnAbandonedReceives } from './abandoned-receives.ts';
import type { SqsRequest } from './fauxqs.ts';

const { dataDirectory } = workerData as { readonly dataDirectory?: string };
const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(this: Server, ...args: unknown[]) {
  const [first, ...rest] = args;
  const options = typeof first === 'object' && first !== null ? { ...first, host: '127.0.0.1' } : first;
  return Reflect.apply(listen, this, [options, ...rest]);
};

// fauxqs takes the time only from `Date.now`: for delays, visibility time-outs, and its own polls for them.
const now = Date.now;
let aheadMs = 0;
Date.now = () => now() + aheadMs;

keepReturnedMessages();
if (dataDirectory !== undefined) returnMessagesInFlight(join(dataDirectory, 'fauxqs.db'));
const { startFauxqs } = await import('fauxqs');
const server = await startFauxqs({
  port: 0,
  logger: false,
  ...(dataDirectory === undefined ? {} : { dataDir: dataDirectory }),
});
returnAbandonedReceives(`http://127.0.0.1:${server.port}`);
parentPort?.postMessage({ port: server.port });
parentPort?.on('message', (request: SqsRequest) => {
  if (request === 'stop') void server.stop().then(() => parentPort?.close());
  else aheadMs += request.advanceMs;
});

/**
 * Makes messages in flight visible again: their receivers died with the last runtime. Otherwise they would seem lost
 * until their visibility timeout ends. Receive counts stay.
 */
function returnMessagesInFlight(file: string): void {
  if (!existsSync(file)) return;
  const database = new DatabaseSync(file);
  try {
    const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'sqs_messages'").get();
    if (table) database.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
  } finally {
    database.close();
  }
}

/**
 * fauxqs with a database loses a message whose visibility time-out is set to 0: it writes NULL as the message's receive count,
 * where the table takes none, and has forgotten the message by then.
 */
function keepReturnedMessages(): void {
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function prepareKeeping(this: DatabaseSync, sql, ...rest) {
    const kept = sql.replace(
      /\b(approximate_receive_count|approximate_first_receive_timestamp) = \?/g,
      '$1 = coalesce(?, $1)',
    );
    return Reflect.apply(prepare, this, [kept, ...rest]);
  };
}
