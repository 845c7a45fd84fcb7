/**
 * `npm run example:webhook`: gets the chat's events into a queue of its own, and posts each to a small HTTP server, which prints it.
 * Needs `npm start -- -c events=true`, or EVENTS_TOPIC_ARN of a deployment (output `EventsTopicArn`) and credentials for the AWS
 * SDK. With WEBHOOK_URL it posts to your server. It can be killed and restarted at any time: what no server has taken stays in
 * the queue. A local stack that was started again is at another port: start this again, too.
 */
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { findTopic } from './find-topic.ts';
import { forwardEvents } from './forward.ts';
import { startReceiver } from './receiver.ts';
import { subscribe } from './subscribe.ts';

/** Only these: SNS filters the others out, and bills no delivery for them (docs/protocol.md, IM-EVENT-4). */
const FILTER_POLICY = {
  type: [
    ...['message.created', 'message.changed', 'member.joined', 'member.left', 'group.deleted'],
    // Erase your copies at `user.erased` (IM-ERASE-4). `admin.called` is for a system that watches operators.
    ...['user.banned', 'user.unbanned', 'user.erased', 'admin.called'],
  ],
};

if (process.argv.length > 2) {
  console.error('This example takes no arguments: it looks at WEBHOOK_URL and EVENTS_TOPIC_ARN.');
  process.exit(2);
}
const { topicArn, sns, sqs } = await findTopic();
// The queue emulator of `npm start` names itself by a host that only resolves inside it.
const queues = new SQSClient({ ...sqs, useQueueUrlAsEndpoint: false });
const topics = new SNSClient(sns);
const queueUrl = await subscribe({
  queues,
  topics,
  topicArn,
  queueName: 'im-webhook-example',
  policy: FILTER_POLICY,
});
const webhookUrl = process.env['WEBHOOK_URL'] ?? (await startReceiver(console.log));
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
console.log(`ready: posting to ${webhookUrl}`);
await forwardEvents({ queues, queueUrl, webhookUrl, signal: stopping.signal });
process.exit();
