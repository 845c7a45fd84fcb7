/**
 * `npm run example:node -- alice bob "hello"`: sends a message, waits until the server has stored it, and prints the
 * latest messages.
 */
import { createClient } from '@serverless-im/client';
import { serverFor } from '../server.ts';

const [me = 'alice', peer = 'bob', text = 'hello'] = process.argv.slice(2);

const im = createClient(await serverFor(me));
im.on('connection', ({ current, error }) => console.error(`connection: ${current}`, error?.code ?? ''));
await im.connect();

const conversation = im.direct(peer);
const { seq } = await conversation.send({ type: 'text', text }).acked;
console.error(`the server has stored it with seq ${seq}`);

const { messages } = await conversation.history({ limit: 10 });
for (const { from, content } of messages) {
  if (content.type === 'text') console.log(`${from}: ${content.text}`);
}
im.close();
