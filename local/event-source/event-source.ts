import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { localQueueUrl } from '../emulators/queues.ts';
import type { EventSourceModel, Invoker } from '../model.ts';
import { messageOf } from '../operator-error.ts';
import { queueArn } from '../stack/identifiers.ts';
import { within } from '../within.ts';
import { failedMessageIds } from './batch-result.ts';
import { sqsEvent } from './sqs-event.ts';

export interface EventSourceOptions {
  readonly model: EventSourceModel;
  readonly client: SQSClient;
  /** Of the SQS that the queue is in. */
  readonly endpoint: string;
  readonly invoker: Invoker;
  /** Batches at once, if fewer than the mapping's maximum concurrency: what the worker pool can run. */
  readonly maxConcurrentBatches?: number;
  /**
   * Gives failed messages back so soon, for tests. fauxqs with a data folder loses a message that is given back
   * after 0 s, so there the least is 1.
   * @default - after the queue's visibility time-out, as Lambda does
   */
  readonly returnFailedAfterSeconds?: number;
  /** Told in one line if the queue can't be read. */
  readonly onWarning?: (message: string) => void;
}

const LONG_POLL_SECONDS = 20;
const RETRY_DELAY_MS = 250;

/**
 * An SQS event source mapping: polls the queue, hands batches to the function, deletes what succeeded, and leaves the
 * rest to the visibility time-out and, in the end, to the dead-letter queue.
 */
export class EventSource {
  readonly #options: EventSourceOptions;
  readonly #queueUrl: string;
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #polling: Promise<void> | undefined;

  constructor(options: EventSourceOptions) {
    this.#options = options;
    this.#queueUrl = localQueueUrl(options.endpoint, options.model.queueName);
  }

  start(): void {
    this.#polling ??= this.#poll();
  }

  /** Polls no more, and gives the batches under way `graceMs` to end. */
  async stop(graceMs = 0): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await within(graceMs, Promise.all(this.#running));
  }

  async #poll(): Promise<void> {
    const { model, maxConcurrentBatches = Number.POSITIVE_INFINITY } = this.#options;
    const maximum = Math.min(model.maximumConcurrency, maxConcurrentBatches);
    while (!this.#stopping.signal.aborted) {
      while (this.#running.size >= maximum) await Promise.race(this.#running);
      const messages = await this.#receiveBatch();
      if (messages.length === 0) continue;
      const batch = this.#process(messages).finally(() => this.#running.delete(batch));
      this.#running.add(batch);
    }
  }

  async #receiveBatch(): Promise<readonly Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#queueUrl,
      MaxNumberOfMessages: this.#options.model.batchSize,
      WaitTimeSeconds: LONG_POLL_SECONDS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { signal } = this.#stopping;
    try {
      return (await this.#options.client.send(command, { abortSignal: signal })).Messages ?? [];
    } catch (error) {
      if (signal.aborted) return [];
      this.#options.onWarning?.(
        `Cannot read the queue ${this.#options.model.queueName}: ${messageOf(error)}`,
      );
      await delay(RETRY_DELAY_MS, undefined, { signal }).catch(() => {});
      return [];
    }
  }

  async #process(messages: readonly Message[]): Promise<void> {
    const { model, invoker } = this.#options;
    const result = await invoker.invoke(model.functionId, sqsEvent(messages, queueArn(model.queueName)));
    const messageIds = messages.map((message) => String(message.MessageId));
    const failed = failedMessageIds(result, messageIds, model.reportBatchItemFailures);
    const isFailed = (message: Message) => failed.has(String(message.MessageId));
    try {
      await this.#delete(messages.filter((message) => !isFailed(message)));
      await this.#giveBack(messages.filter(isFailed));
    } catch (error) {
      // They come back and are handled again: SQS promises delivery at least once, not once.
      this.#options.onWarning?.(`Cannot settle a batch of the queue ${model.queueName}: ${messageOf(error)}`);
    }
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const Entries = messages.map(entryOf);
    await this.#options.client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries }));
  }

  async #giveBack(messages: readonly Message[]): Promise<void> {
    const seconds = this.#options.returnFailedAfterSeconds;
    if (seconds === undefined || messages.length === 0) return;
    const Entries = messages.map((message, index) => ({
      ...entryOf(message, index),
      VisibilityTimeout: seconds,
    }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#queueUrl, Entries });
    await this.#options.client.send(command);
  }
}

function entryOf({ ReceiptHandle }: Message, index: number) {
  return { Id: String(index), ReceiptHandle };
}
