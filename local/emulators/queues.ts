import {
  CreateQueueCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueModel } from '../model.ts';
import { ACCOUNT_ID } from '../stack/identifiers.ts';

/** A queue's URL at the emulator or at a proxy: the emulator looks only at the name. */
export function localQueueUrl(endpoint: string, queueName: string): string {
  return `${endpoint}/${ACCOUNT_ID}/${queueName}`;
}

/** Creates missing queues and updates the attributes of existing ones. */
export async function createQueues(client: SQSClient, queues: readonly QueueModel[]): Promise<void> {
  await Promise.all(queues.map((queue) => createQueue(client, queue)));
}

async function createQueue(client: SQSClient, { queueName, attributes }: QueueModel): Promise<void> {
  const names = attributes as Partial<Record<QueueAttributeName, string>>;
  try {
    await client.send(new CreateQueueCommand({ QueueName: queueName, Attributes: names }));
    return;
  } catch (error) {
    if (!(error instanceof Error && error.name.endsWith('QueueNameExists'))) throw error;
  }
  const { FifoQueue: _, ...changeable } = names;
  const endpoint = await client.config.endpoint?.();
  const origin = `${endpoint?.protocol}//${endpoint?.hostname}:${endpoint?.port}`;
  await client.send(
    new SetQueueAttributesCommand({ QueueUrl: localQueueUrl(origin, queueName), Attributes: changeable }),
  );
}
