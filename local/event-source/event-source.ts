import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { localQueueUrl } from '../emulators/queues.ts';
import { THROTTLED } from '../functions/messages.ts';
import type { EventSourceModel, InvokeResult, Invoker } from '../model.ts';
import { messageOf } from '../operator-error.ts';
import { queueArn } from '../stack/identifiers.ts';
import { within } from '../within.ts';
import { failedMessageIds } from './batch-result.ts';
import { snsEvent } from './sns-event.ts';
import { sqsEvent } from './sqs-event.ts';

export interface EventSourceOptions {
  readonly model: EventSourceModel;
  readonly client: SQSClient;
  /** SQS endpoint. */
  readonly endpoint: string;
  readonly invoker: Invoker;
  /** Concurrent batches that the worker pool can run; lowers the mapping's maximum concurrency. */
  readonly maxConcurrentBatches?: number;
  /** Called with one line if the queue can't be read. */
  readonly onWarning?: (message: string) => void;
}

const LONG_POLL_SECONDS = 20;
const RETRY_DELAY_MS = 250;
/** Not documented, so kept short. */
const THROTTLE_PAUSE_MS = 50;
const LONGEST_THROTTLE_PAUSE_MS = 2_000;

/**
 * An SQS event source mapping. Polls the queue, invokes the function with each batch, and deletes what succeeded. It leaves
 * the rest alone: SQS returns it after the visibility timeout, or after the one to which the function has changed it, and
 * eventually moves it to the dead-letter queue.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
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

  /** Stops polling and gives running batches `graceMs` to finish. */
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
      // A larger batch is gathered by a window, which the local runtime does not have.
      MaxNumberOfMessages: Math.min(this.#options.model.batchSize, 10),
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
    const { model } = this.#options;
    const event = model.relaysTopic
      ? snsEvent(messages.map(({ Body = '' }) => Body))
      : sqsEvent(messages, queueArn(model.queueName));
    const result = await this.#invoke(event);
    const messageIds = messages.map((message) => String(message.MessageId));
    const failed = failedMessageIds(result, messageIds, model.reportBatchItemFailures);
    const isFailed = (message: Message) => failed.has(String(message.MessageId));
    try {
      await this.#delete(messages.filter((message) => !isFailed(message)));
    } catch (error) {
      // The messages return and are processed again: SQS delivers at least once.
      this.#options.onWarning?.(`Cannot settle a batch of the queue ${model.queueName}: ${messageOf(error)}`);
    }
  }

  /** Lambda repeats a throttled invocation with backoff until the batch returns to its queue. */
  async #invoke(event: unknown): Promise<InvokeResult> {
    const { model, invoker } = this.#options;
    const { signal } = this.#stopping;
    const deadlineMs = Date.now() + model.visibilitySeconds * 1000;
    for (let pauseMs = THROTTLE_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_THROTTLE_PAUSE_MS)) {
      const result = await invoker.invoke(model.functionId, event);
      const isThrottled = !result.ok && result.errorType === THROTTLED;
      if (!isThrottled || signal.aborted || Date.now() + pauseMs > deadlineMs) return result;
      await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const Entries = messages.map(entryOf);
    await this.#options.client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries }));
  }
}

function entryOf({ ReceiptHandle }: Message, index: number) {
  return { Id: String(index), ReceiptHandle };
}
