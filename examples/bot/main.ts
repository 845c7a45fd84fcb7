/**
 * A bot that answers each direct message. It can be killed and restarted at any time: it receives the messages sent in the
 * meantime, and answers each message once, because it derives an answer's id from the question's seq.
 */
import { type ChatMessage, createClient } from '@serverless-im/client';

const {
  IM_HTTP_URL = 'http://127.0.0.1:8787',
  IM_WS_URL = 'ws://127.0.0.1:8787/prod',
  IM_TOKEN,
} = process.env;

const im = createClient({
  httpUrl: IM_HTTP_URL,
  wsUrl: IM_WS_URL,
  getToken: async () => IM_TOKEN ?? (await devToken('echo-bot')),
  deviceId: 'the-bot',
});

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

/** The issuer of `serverless-im start` gives anybody a token. */
async function devToken(userId: string): Promise<string> {
  const response = await fetch(`${IM_HTTP_URL}/token`, { method: 'POST', body: JSON.stringify({ userId }) });
  return ((await response.json()) as { token: string }).token;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => im.close());
