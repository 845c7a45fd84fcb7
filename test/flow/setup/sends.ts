import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { sqsClient } from '../../../local/emulators/clients.ts';
import type { Json } from './json.ts';
import { IGNORED_GATEWAY_FRAME, type TestSocket } from './socket.ts';
import type { Stack } from './stack.ts';

export const textContent = (text: string) => ({ type: 'text', text });

/** A frame that sends a text. @default clientMsgId: the text */
export const sending = (to: string, text: string, clientMsgId = text) => ({
  action: 'sendMessage',
  clientMsgId,
  to,
  content: textContent(text),
});

/**
 * Sends as a client does (IM-FRAME-6): repeats the same frame as long as its outcome is unknown. Returns the first
 * definite answer.
 */
export async function sendUntilKnown(socket: TestSocket, to: string, text: string): Promise<Json> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const answer = await Promise.race([
      socket.request(sending(to, text)),
      socket.gatewayFrame().then(() => IGNORED_GATEWAY_FRAME),
    ]);
    if (answer !== IGNORED_GATEWAY_FRAME && answer.retryable !== true) return answer;
  }
  throw new Error(`No definite answer for ${text}.`);
}

/** Puts an event into the service queue: a text as it is. */
export async function sendServiceEvent(
  { endpoints, outputs }: Pick<Stack, 'endpoints' | 'outputs'>,
  event: unknown,
): Promise<void> {
  const sqs = sqsClient(endpoints.sqs);
  const MessageBody = typeof event === 'string' ? event : JSON.stringify(event);
  await sqs.send(new SendMessageCommand({ QueueUrl: outputs['ServiceQueueUrl'], MessageBody }));
  sqs.destroy();
}

/** All messages of two users' conversation, as either reads them. */
export async function historyOf(stack: Stack, reader: string, peer: string): Promise<Json[]> {
  const conversationId = `dm:${[reader, peer].sort().join(':')}`;
  const { status, body } = await stack.http(
    reader,
    `/conversations/${encodeURIComponent(conversationId)}/messages`,
  );
  expect(status).toBe(200);
  return body.messages;
}

/** Drains the inbox of a session that has said hello, as a client does; returns what was in it. */
export async function drain(socket: TestSocket): Promise<Json[]> {
  const messages: Json[] = [];
  let page = (await socket.request({ action: 'hello' })).inbox;
  while (page.batch !== null) {
    messages.push(...page.messages);
    page = await socket.request({ action: 'ackInbox', batch: page.batch });
  }
  return messages;
}
