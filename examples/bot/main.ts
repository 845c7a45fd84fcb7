/**
 * `npm run example:bot`: a bot that answers each direct message. It can be killed and restarted at any time: it
 * receives the messages sent in the meantime, and answers each message once, because it derives an answer's id from the
 * question's seq.
 */
import { type ChatMessage, createClient } from '@serverless-im/client';
import { serverFor } from '../server.ts';

const im = createClient({ ...(await serverFor('echo-bot')), deviceId: 'the-bot' });

im.on('message', (message) => {
  if (!message.mine && message.from !== undefined) answer(message, message.from);
});
im.on('connection', ({ current, error }) => console.error(`connection: ${current}`, error?.code ?? ''));
await im.connect();
console.log('ready');

function answer({ conversationId, content, seq }: ChatMessage, from: string): void {
  if (!conversationId?.startsWith('dm:') || content.type !== 'text' || seq === undefined) return;
  const conversation = im.direct(from);
  conversation.send({ type: 'text', text: `You said: ${content.text}` }, { clientMsgId: `answer-${seq}` });
  conversation.markRead(seq);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => im.close());
