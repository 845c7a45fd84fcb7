/**
 * A bot that answers each direct message. It can be killed and restarted at any time: it answers what is unread, in order, and
 * marks as read only what it has answered. Each message has one answer, because an answer's id is derived from the question's seq.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChatMessage, createClient, type HistoryRange, ImError } from '@serverless-im/client';

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
  // Without the stacks of what it tries again.
  logger: { debug: () => {}, warn: (message) => console.error(message), error: console.error },
});
const turns = new Map<string, Promise<void>>();

// In an outage it tries again and again: one line is enough.
im.on('connection', ({ current, previous, error }) => {
  if (current !== previous) console.error(`connection: ${current}`, error?.code ?? '');
});
await im.connect();
// What came until here is unread, and answered first: a later answer would mark it as read.
for (const { conversationId, unread, readSeq } of im.conversations() ?? [])
  if (unread > 0) inTurn(conversationId, () => answerAfter(conversationId, readSeq));
im.on('message', (message) => inTurn(message.conversationId, () => answer(message)));
console.log('ready');

/** Runs a task after the earlier ones of the conversation. */
function inTurn(conversationId = '', task: () => Promise<void>): void {
  if (!conversationId.startsWith('dm:')) return;
  const done = (turns.get(conversationId) ?? Promise.resolve()).then(task);
  turns.set(
    conversationId,
    done.catch((error: unknown) => {
      // The next start answers what this one could not.
      if (im.state !== 'closed') console.error('no answer:', error);
    }),
  );
}

async function answerAfter(conversationId: string, readSeq: number): Promise<void> {
  for (let after: number | undefined = readSeq; after !== undefined; ) {
    const { messages, hasMore } = await historyOf(conversationId, { after, limit: 100 });
    for (const message of messages) await answer(message);
    after = hasMore ? messages.at(-1)?.seq : undefined;
  }
}

/** Unlike a message, which is sent as soon as the server is back, a request fails without it. */
async function historyOf(conversationId: string, range: HistoryRange) {
  for (;;) {
    try {
      return await im.conversation(conversationId).history(range);
    } catch (error) {
      if (im.state === 'closed' || !(error instanceof ImError && error.retryable)) throw error;
      await sleep(1_000);
    }
  }
}

async function answer({ mine, content, from, seq }: ChatMessage): Promise<void> {
  if (mine || content.type !== 'text' || from === undefined || seq === undefined) return;
  const conversation = im.direct(from);
  const text = `You said: ${content.text}`;
  await conversation.send({ type: 'text', text }, { clientMsgId: `answer-${seq}` }).acked;
  // A message in a gap comes later, and was not answered.
  if (conversation.gaps.length === 0) conversation.markRead(seq);
}

/** The issuer of `serverless-im start` gives anybody a token. */
async function devToken(userId: string): Promise<string> {
  const response = await fetch(`${IM_HTTP_URL}/token`, { method: 'POST', body: JSON.stringify({ userId }) });
  return ((await response.json()) as { token: string }).token;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => im.close());
