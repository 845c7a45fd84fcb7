import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import type { EncryptionProps } from './encryption.ts';
import type { HandlerFunction } from './handler-function.ts';
import type { Storage, Store } from './storage.ts';
import { WorkQueue } from './work-queue.ts';

export interface DeskProps extends EncryptionProps {
  /** The construct that holds the desk's table. */
  readonly storage: Storage;
  /** Timeout of the function that matches chats and agents. */
  readonly consumerTimeoutSeconds: number;
  /** Names of the support queues. The first is the default. */
  readonly queueNames: readonly string[];
}

/** The customer-service desk: a table of queues and agents, and a queue of events. Its chats are conversations. */
export class Desk extends Construct {
  /** Queues and agents. lambdas/adapters/desk-table.ts describes keys and access patterns. */
  readonly store: Store;
  /** Desk events: queues to match, and agents to check. */
  readonly queue: WorkQueue;
  readonly #queueNames: readonly string[];

  constructor(scope: Construct, id: string, props: DeskProps) {
    super(scope, id);
    const { storage, queueNames, ...work } = props;
    this.store = storage.addStore('Desk', ENV.deskTable);
    this.queue = new WorkQueue(this, 'Events', { ...work, urlVariable: ENV.deskQueueUrl });
    this.#queueNames = queueNames;
  }

  /** Sets the function's variable with the names of the support queues. */
  addQueueNames(fn: HandlerFunction): void {
    fn.addEnvironment(ENV.deskQueues, this.#queueNames.join(','));
  }
}
