/** `POST /orders {"item": "tea"}`: takes an order of the user whose token it has, and confirms it in the chat. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

interface Request {
  readonly body?: string;
  readonly requestContext: {
    readonly authorizer: { readonly jwt: { readonly claims: { readonly sub: string } } };
  };
}

const sqs = new SQSClient();

export async function handler({ body = '{}', requestContext }: Request) {
  const { item } = JSON.parse(body) as { readonly item?: string };
  if (item === undefined) return { statusCode: 400, body: JSON.stringify({ message: 'item is missing' }) };
  const orderId = randomUUID();
  const confirmation = {
    type: 'message.send',
    from: 'shop',
    to: requestContext.authorizer.jwt.claims.sub,
    clientMsgId: orderId,
    content: { type: 'text', text: `Your ${item} is on its way.` },
  };
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: process.env['SERVICE_QUEUE_URL'],
      MessageBody: JSON.stringify(confirmation),
    }),
  );
  return { statusCode: 201, body: JSON.stringify({ orderId }) };
}
