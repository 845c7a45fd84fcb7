import {
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { sqsClient } from '../../local/emulators/clients.ts';
import { localQueueUrl } from '../../local/emulators/queues.ts';
import type { LocalRuntime } from '../../local/runtime.ts';

/** Messages that are visible or being processed by a function. */
const DUE = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
const ALL = [...DUE, 'ApproximateNumberOfMessagesDelayed'] as const;

/** Checks whether queues with a consumer still hold messages. The emulator's numbers are exact. */
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

  /** @param part of a queue's name. @default - all queues but the ignored ones */
  async hasWork(part?: string): Promise<boolean> {
    const watched = this.#queues.filter(({ name }) =>
      part === undefined ? ![...this.#ignored].some((one) => name.includes(one)) : name.includes(part),
    );
    const waiting = await Promise.all(watched.map(({ url }) => this.#count(url, ALL)));
    return waiting.some((messages) => messages > 0);
  }

  /** Whether it holds messages that are not delayed. @param part of the queue's name */
  async isDue(part: string): Promise<boolean> {
    return (await this.#count(this.#urlOf(part), DUE)) > 0;
  }

  /** Drops all messages of this queue, delayed ones included. @param part of its name */
  async drop(part: string): Promise<void> {
    await this.#client.send(new PurgeQueueCommand({ QueueUrl: this.#urlOf(part) }));
  }

  /** @param part of the queue's name */
  async put(part: string, event: object): Promise<void> {
    const body = JSON.stringify(event);
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.#urlOf(part), MessageBody: body }));
  }

  /** Use it for a paused queue that may be full. @param part of its name */
  ignore(part: string): void {
    this.#ignored.add(part);
  }

  heed(part: string): void {
    this.#ignored.delete(part);
  }

  close(): void {
    this.#client.destroy();
  }

  #urlOf(part: string): string {
    const found = this.#queues.find(({ name }) => name.includes(part));
    if (found === undefined) throw new Error(`No function consumes a queue ${part}.`);
    return found.url;
  }

  async #count(url: string, names: typeof ALL | typeof DUE): Promise<number> {
    const { Attributes } = await this.#client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }),
    );
    return names.reduce<number>((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
  }
}
