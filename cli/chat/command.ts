import { createClient, ImError } from '../../client/src/index.ts';
import { OperatorError } from '../../local/operator-error.ts';
import type { Command } from '../command.ts';
import { type ChatArguments, chatHelp, parseArguments } from './arguments.ts';
import { Chat } from './chat.ts';
import { COMMANDS } from './commands.ts';
import { errorText } from './lines.ts';
import { openScreen } from './screen.ts';
import { findServer } from './server.ts';

/**
 * A chat in the terminal with the SDK. Also sends the lines of a pipe, does what they command, waits for the acks, and exits. The
 * exit status is 1 if a message was not sent, a command of a pipe failed, or the connection did, otherwise 0.
 */
export const chat: Command = {
  help: chatHelp,
  async run(args) {
    try {
      await converse(parseArguments(args));
    } catch (error) {
      if (!(error instanceof ImError)) throw error;
      throw new OperatorError(`The chat has ended: ${errorText(error)}.`, { cause: error });
    } finally {
      // Without this, the closing socket keeps the process alive until the server answers.
      setImmediate(() => process.exit());
    }
  },
};

async function converse(args: ChatArguments): Promise<void> {
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
  if (chat.failures > 0)
    throw new OperatorError(
      `${chat.failures} ${chat.failures === 1 ? 'message was' : 'messages were'} not sent.`,
    );
  // Somebody at a terminal has seen it.
  if (chat.failedCommands > 0 && !screen.live)
    throw new OperatorError(
      `${chat.failedCommands} ${chat.failedCommands === 1 ? 'command' : 'commands'} failed.`,
    );
}
