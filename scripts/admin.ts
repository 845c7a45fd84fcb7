/**
 * `npm run admin -- COMMAND`: what an operator does to a running stack, on this machine or on AWS. A mistake of the operator's
 * is one line.
 */
import { OperatorError } from '../local/operator-error.ts';
import { archive } from './admin/archive.ts';
import type { AdminCommand } from './admin/command.ts';
import { group } from './admin/group.ts';
import { recall, removeFile, send } from './admin/messages.ts';
import { replay } from './admin/replay.ts';
import { erase, exportUser, task } from './admin/tasks.ts';
import { top } from './admin/top.ts';
import { ban, logOut, look, unban } from './admin/users.ts';

const COMMANDS: Readonly<Record<string, AdminCommand>> = {
  ban,
  unban,
  'log-out': logOut,
  look,
  send,
  recall,
  'remove-file': removeFile,
  group,
  export: exportUser,
  erase,
  task,
  archive,
  replay,
  top,
};

const USAGE = `What an operator does to a stack: npm run admin -- COMMAND

${Object.values(COMMANDS)
  .map(({ usage }) => usage)
  .join('\n')}

  --http URL   of a deployment, for the commands without an option of their own for it: its output HttpUrl
  --json       print JSON
  --data DIR   data folder of npm start (default .local)

Without a name of a deployment's it asks the stack of npm start. On AWS it uses the configuration of the AWS SDK.`;

// `… | head` has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const [name = '--help', ...args] = process.argv.slice(2);
try {
  if (name === '--help') console.log(USAGE);
  else if (!Object.hasOwn(COMMANDS, name))
    throw new OperatorError(`There is no command "${name}" (--help lists them).`);
  else if (args.includes('--help')) console.log(COMMANDS[name]?.usage);
  else await COMMANDS[name]?.run(args);
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  console.error(`admin: ${error.message}`);
  process.exitCode = 1;
}
