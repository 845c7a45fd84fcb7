import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { sqsClient } from '../../local/emulators/clients.ts';
import { localQueueUrl } from '../../local/emulators/queues.ts';
import type { LocalRuntime } from '../../local/runtime.ts';

const WAITING = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** Tells whether a queue with a consumer still holds anything; the emulator's numbers are exact. */
export class QueueWatch {
  readonly #client: SQSClient;
  readonly #queues: readonly { readonly name: string; readonly url: string }[];
  readonly #ignored = new Set<string>();

  constructor({ stack, endpoints }: Pick<LocalRuntime, 'stack' | 'endpoints'>) {
    this.#client = sqsClient(endpoints.sqs);
    this.#queues = stack.eventSources.map(({ queueName: name }) => ({
      name,
      url: localQueueUrl(endpoints.sqs, name),
    }));
  }

  async hasWork(): Promise<boolean> {
    const watched = this.#queues.filter(
      ({ name }) => ![...this.#ignored].some((part) => name.includes(part)),
    );
    const waiting = await Promise.all(watched.map(({ url }) => this.#waiting(url)));
    return waiting.some((messages) => messages > 0);
  }

  /** @param part of the queue's name: it is being held, and may be full */
  ignore(part: string): void {
    this.#ignored.add(part);
  }

  heed(part: string): void {
    this.#ignored.delete(part);
  }

  close(): void {
    this.#client.destroy();
  }

  async #waiting(url: string): Promise<number> {
    const { Attributes } = await this.#client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...WAITING] }),
    );
    return WAITING.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
  }
}
