import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import { snsClient, sqsClient } from '../../../local/emulators/clients.ts';
import { localQueueUrl } from '../../../local/emulators/queues.ts';
import { ACCOUNT_ID, REGION } from '../../../local/stack/identifiers.ts';
import { PATIENCE_MS } from '../../setup/patience.ts';
import type { Json } from './json.ts';
import type { Stack } from './stack.ts';

/** A queue that is subscribed to the stack's topic of events. */
export interface Subscriber {
  /** All that have come so far, repeats too. */
  all(): Promise<readonly Json[]>;
  /** Waits until such an event is there. */
  event(fits: (event: Json) => boolean): Promise<Json>;
  /** Waits until all of these are there. */
  ids(...ids: readonly string[]): Promise<void>;
  stop(): void;
}

/** @param policy a filter policy. @default - all events */
export async function subscribeTo(stack: Stack, policy?: object): Promise<Subscriber> {
  const name = crypto.randomUUID();
  const [sqs, sns] = [sqsClient(stack.endpoints.sqs), snsClient(stack.endpoints.sns)];
  await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const QueueUrl = localQueueUrl(stack.endpoints.sqs, name);
  await sns.send(
    new SubscribeCommand({
      TopicArn: stack.outputs['EventsTopicArn'],
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}`,
      Attributes: {
        RawMessageDelivery: 'true',
        ...(policy !== undefined && { FilterPolicy: JSON.stringify(policy) }),
      },
    }),
  );
  const events: Json[] = [];
  const all = async () => {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return events;
      events.push(...Messages.map(({ Body = '' }) => JSON.parse(Body)));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  };
  const eventually = <Found>(look: (events: readonly Json[]) => Found | undefined): Promise<Found> =>
    vi.waitFor(
      async () => {
        const found = look(await all());
        if (found === undefined)
          throw new Error(`Not among ${JSON.stringify(events.map(({ id, type }) => `${type} ${id}`))}`);
        return found;
      },
      { timeout: PATIENCE_MS, interval: 30 },
    );
  return {
    all,
    event: (fits) => eventually((events) => events.find(fits)),
    ids: async (...ids) => {
      await eventually((events) => {
        const there = new Set(events.map(({ id }) => id));
        return ids.every((id) => there.has(id)) || undefined;
      });
    },
    stop() {
      sqs.destroy();
      sns.destroy();
    },
  };
}

/** How often each event came. */
export function countsOf(events: readonly Json[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { id } of events) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
