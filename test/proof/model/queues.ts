import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { AwsProxy } from '../../../local/aws-proxy/index.ts';
import { sqsClient } from '../../../local/emulators/clients.ts';
import { localQueueUrl } from '../../../local/emulators/queues.ts';
import type { LocalRuntime } from '../../../local/runtime.ts';

const NAMES = ['Offline', 'FanOut', 'Service', 'Desk', 'Task'] as const;
type QueueName = (typeof NAMES)[number];
/** In a stack with notifications: without an output. */
const NOTIFICATIONS = 'NotificationsMessagesQueue';

const POLL_MS = 20;
/** The queues' time of each poll, while no record is ready and no function runs: minutes pass within seconds. */
const POLL_SECONDS = 5;
/** While nothing is in flight, which would come again: a sweep of the desk, and half of an agent's grace. */
const SWEEP_SECONDS = 60;
/** A throttled post waits for up to 64 s at its fifth try, and a dead letter starts again. */
const DRAIN_MS = 75_000;

/** Numbers of records: visible, in flight, and delayed ones together, and each of the last two. */
interface Waiting {
  readonly all: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** The stack's queues, as an operator sees them, without the AWS proxy. */
export class Queues {
  readonly #client: SQSClient;
  readonly #runtime: LocalRuntime;
  readonly #proxy: AwsProxy;

  constructor(runtime: LocalRuntime, proxy: AwsProxy) {
    this.#client = sqsClient(runtime.endpoints.sqs);
    this.#runtime = runtime;
    this.#proxy = proxy;
  }

  /** Puts an event into the service queue, as the account's other services do. */
  async sendEvent(event: object): Promise<void> {
    await this.#send(this.#url('Service'), JSON.stringify(event));
  }

  /** Resolves with the number of dead letters that were redriven, when nothing waits and nothing runs. */
  async drain(): Promise<number> {
    const deadline = Date.now() + DRAIN_MS;
    let redriven = 0;
    for (;;) {
      await this.#proxy.untilIdle();
      const waiting = await this.#waiting();
      if (waiting.all === 0) {
        const moved = await this.#redrive();
        if (moved === 0) return redriven;
        redriven += moved;
      } else if (waiting.all === waiting.inFlight + waiting.delayed)
        this.#runtime.advanceQueues(waiting.inFlight > 0 ? POLL_SECONDS : SWEEP_SECONDS);
      if (Date.now() > deadline) throw new Error(`The queues do not drain: ${JSON.stringify(waiting)}`);
      await delay(POLL_MS);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  /** Of all queues together. */
  async #waiting(): Promise<Waiting> {
    const urls = [...NAMES.map((name) => this.#url(name)), ...this.#notifications()];
    const counts = await Promise.all(urls.map((url) => this.#count(url)));
    const sum = (of: keyof Waiting) => counts.reduce((total, count) => total + count[of], 0);
    return { all: sum('all'), inFlight: sum('inFlight'), delayed: sum('delayed') };
  }

  /** Redrives, as docs/operations.md describes. */
  async #redrive(): Promise<number> {
    const moved = await Promise.all(
      NAMES.map((name) => this.#move(this.#url(name, 'DeadLetter'), this.#url(name))),
    );
    return moved.reduce((sum, one) => sum + one, 0);
  }

  async #move(from: string, to: string): Promise<number> {
    let moved = 0;
    while ((await this.#count(from)).all > 0) {
      const { Messages = [] } = await this.#client.send(
        new ReceiveMessageCommand({ QueueUrl: from, MaxNumberOfMessages: 10 }),
      );
      for (const { Body = '', ReceiptHandle } of Messages) {
        await this.#send(to, Body);
        await this.#client.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }));
        moved += 1;
      }
    }
    return moved;
  }

  async #send(url: string, body: string): Promise<void> {
    await this.#client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
  }

  async #count(url: string): Promise<Waiting> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    const { ApproximateNumberOfMessagesNotVisible: inFlight, ApproximateNumberOfMessagesDelayed: delayed } =
      Attributes;
    const all = Object.entries(Attributes)
      .filter(([name]) => name.startsWith('ApproximateNumberOfMessages'))
      .reduce((sum, [, count]) => sum + Number(count), 0);
    return { all, inFlight: Number(inFlight), delayed: Number(delayed) };
  }

  #notifications(): readonly string[] {
    const { stack, endpoints } = this.#runtime;
    return stack.queues
      .filter(({ logicalId }) => logicalId.includes(NOTIFICATIONS))
      .map(({ queueName }) => localQueueUrl(endpoints.sqs, queueName));
  }

  #url(name: QueueName, kind: '' | 'DeadLetter' = ''): string {
    const url = this.#runtime.outputs[`${name}${kind}QueueUrl`];
    if (url === undefined) throw new Error(`The stack has no output for the queue ${name}${kind}.`);
    return url;
  }
}
