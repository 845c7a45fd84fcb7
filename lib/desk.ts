import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import type { HandlerFunction } from './handler-function.ts';
import type { Storage, Store } from './storage.ts';
import { WorkQueue } from './work-queue.ts';

export interface DeskProps {
  /** Where its table stands. */
  readonly storage: Storage;
  /** Time-out of the function that matches chats and agents. */
  readonly consumerTimeoutSeconds: number;
  /** The first is the default. */
  readonly queueNames: readonly string[];
}

/**
 * The customer-service desk: who waits, who serves, and the events that bring them together. Its chats are
 * conversations.
 */
export class Desk extends Construct {
  /** Key layout and access patterns: lambdas/adapters/desk-table.ts. */
  readonly store: Store;
  readonly queue: WorkQueue;
  readonly #queueNames: readonly string[];

  constructor(scope: Construct, id: string, { storage, consumerTimeoutSeconds, queueNames }: DeskProps) {
    super(scope, id);
    this.store = storage.addStore('Desk', ENV.deskTable);
    this.queue = new WorkQueue(this, 'Events', { consumerTimeoutSeconds, urlVariable: ENV.deskQueueUrl });
    this.#queueNames = queueNames;
  }

  /** Tells a function what queues there are. */
  nameQueues(fn: HandlerFunction): void {
    fn.addEnvironment(ENV.deskQueues, this.#queueNames.join(','));
  }
}
