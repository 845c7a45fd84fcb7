import { createClient, ImError } from '../src/index.ts';
import { parseArguments, USAGE } from './arguments.ts';
import { Chat } from './chat.ts';
import { COMMANDS } from './commands.ts';
import { errorText } from './lines.ts';
import { openScreen } from './screen.ts';
import { findServer } from './server.ts';

/**
 * `npm run chat -- alice bob`: a chat in the terminal with the SDK. Also sends the lines of a pipe, waits for their
 * acks, and exits. The exit code is 1 if a message was not sent or the connection failed, otherwise 0.
 */
async function main(): Promise<void> {
  const args = parseOrExit();
  const server = await findServer(args);
  // The screen itself shows why there is no connection.
  const im = createClient({ ...server, logger: { debug: () => {}, warn: () => {}, error: console.error } });
  const left = Promise.withResolvers<void>();
  const early: string[] = [];
  let send = (line: string): void => void early.push(line);
  const screen = openScreen(process.stdin, process.stdout, {
    onLine: (line) => send(line),
    onEnd: () => {
      if (screen.live && chat.pendingCount > 0)
        screen.write('waiting for unsent messages; press Ctrl-C to give up');
      void started.then(() => chat.flushed()).then(left.resolve, left.reject);
    },
    onInterrupt: () => left.resolve(),
  });
  const hint = screen.live ? ` Commands: ${COMMANDS}.` : '';
  screen.write(`${server.userId} → ${args.peer}. Type a message and press Enter. Ctrl-D quits.${hint}`);
  const chat = new Chat(im, args.peer, screen);
  send = (line) => chat.enter(line);
  for (const line of early) send(line);
  const started = chat.start();
  im.on('connection', ({ current, error }) => {
    if (current === 'failed') left.reject(error);
  });
  started.catch(left.reject);
  try {
    await left.promise;
    if (chat.pendingCount > 0) chat.failures += chat.pendingCount;
  } finally {
    chat.stop();
    screen.close();
  }
  if (chat.failures > 0) fail(`${chat.failures} ${chat.failures === 1 ? 'message' : 'messages'} not sent`);
}

function parseOrExit(): ReturnType<typeof parseArguments> {
  try {
    return parseArguments(process.argv.slice(2));
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit();
  }
}

function fail(line: string): void {
  process.stderr.write(`chat: ${line}\n`);
  process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  fail(error instanceof ImError ? errorText(error) : error instanceof Error ? error.message : String(error));
}
// Without this, the closing socket keeps the process alive until the server answers.
process.exit();
