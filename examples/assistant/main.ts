/**
 * `npm run example:assistant`: a bot that answers each direct message word by word. Its readers watch the text grow; one message
 * is stored. It can be killed and restarted at any time: an answer's id comes from its question, so each question has one answer.
 *
 * With `--ask TEXT`, over the stack of `npm start`, it asks itself as another user, prints what that user sees, and ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type ChatMessage,
  createClient,
  type HistoryRange,
  ImError,
  liveText,
  watchLive,
} from '@serverless-im/client';
import { serverFor } from '../server.ts';

const ASSISTANT = 'assistant';
/** As fast as a language model, roughly. */
const WORD_MS = 80;

const { ask } = parseArgs({ options: { ask: { type: 'string' } } }).values;
const turns = new Map<string, Promise<void>>();
const im = createClient({ ...(await serverFor(ASSISTANT)), deviceId: 'the-assistant' });
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
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => im.close());
if (ask !== undefined) await askAs(`asker-${Date.now()}`, ask);

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

/** Only what was answered is read, so what is unread was asked before a crash, or while this program was away. */
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
  if (mine || content.type !== 'text' || !from || !seq) return;
  const conversation = im.direct(from);
  const writer = liveText(conversation, { liveId: `answer-${seq}` });
  let text = '';
  for await (const word of wordsAbout(content.text)) {
    text += word;
    writer.write(text);
  }
  await writer.done();
  // A message in a gap comes later, and was not answered.
  if (conversation.gaps.length === 0) conversation.markRead(seq);
}

/** Where a real assistant would call its model. */
async function* wordsAbout(question: string): AsyncGenerator<string> {
  const answer = `You ask: “${question}” I thought about it for as long as it took to write this. It depends. On the weather, mostly.`;
  for (const word of answer.split(/(?<= )/)) {
    await sleep(WORD_MS);
    yield word;
  }
}

async function askAs(userId: string, question: string): Promise<void> {
  const asker = createClient({ ...(await serverFor(userId)), deviceId: 'the-asker' });
  await asker.connect();
  const conversation = asker.direct(ASSISTANT);
  const beganAtMs = Date.now();
  const print = (what: string): void =>
    console.log(`${((Date.now() - beganAtMs) / 1000).toFixed(1)} s  ${what}`);
  let frames = 0;
  watchLive(conversation, ([live]) => {
    if (live?.content.type !== 'text') return;
    frames += 1;
    print(`live     ${live.content.text}`);
  });
  const answered = new Promise<ChatMessage>((resolve) => {
    conversation.on('message', (message) => {
      if (!message.mine) resolve(message);
    });
  });
  print(`asked    ${question}`);
  conversation.send({ type: 'text', text: question });
  const { content } = await answered;
  print(`message  ${content.type === 'text' ? content.text : ''}`);
  const { messages } = await conversation.history();
  print(`${frames} live frames seen, ${messages.filter(({ mine }) => !mine).length} answer stored`);
  asker.close();
  im.close();
}
