import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

export interface Forwarding {
  readonly queues: SQSClient;
  readonly queueUrl: string;
  readonly webhookUrl: string;
  readonly signal: AbortSignal;
}

const LONGEST_WAIT_SECONDS = 900;

/**
 * Posts events from the queue, ten at once, until the signal aborts. Deletes only what the server has taken; the rest comes
 * back after longer and longer waits. For a server that is down for days, give the queue a dead-letter queue.
 */
export async function forwardEvents(forwarding: Forwarding): Promise<void> {
  const { queues, queueUrl: QueueUrl, signal } = forwarding;
  const receive = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 20,
    VisibilityTimeout: 60,
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
  });
  let isRead = true;
  while (!signal.aborted) {
    try {
      const { Messages = [] } = await queues.send(receive, { abortSignal: signal });
      isRead = true;
      await Promise.all(Messages.map((message) => forward(forwarding, message)));
    } catch (error) {
      if (signal.aborted) return;
      if (isRead)
        console.error(
          `The queue can't be read, and is tried again. If the local stack was restarted, restart this, too: ${error}`,
        );
      isRead = false;
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}

async function forward(
  { queues, queueUrl: QueueUrl, webhookUrl }: Forwarding,
  message: Message,
): Promise<void> {
  const { Body = '', ReceiptHandle, Attributes } = message;
  const isTaken = await post(webhookUrl, Body);
  if (isTaken) return void (await queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })));
  const VisibilityTimeout = Math.min(2 ** Number(Attributes?.ApproximateReceiveCount), LONGEST_WAIT_SECONDS);
  await queues.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
}

/** Whether the server has answered with 2xx. */
async function post(url: string, body: string): Promise<boolean> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
