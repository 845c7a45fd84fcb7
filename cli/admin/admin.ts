import type { CommandGroup } from '../command.ts';
import { usualDataHelp } from '../local-stack.ts';
import { commandLine } from '../wording.ts';
import { archive } from './archive.ts';
import { type AdminCommand, IDS } from './command.ts';
import { group } from './group.ts';
import { importFile } from './import.ts';
import { recall, removeFile, send } from './messages.ts';
import { replay } from './replay.ts';
import { erase, exportUser, task } from './tasks.ts';
import { top } from './top.ts';
import { ban, logOut, look, unban } from './users.ts';

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
  import: importFile,
  archive,
  replay,
  top,
};

const COMMON_HELP =
  () => `  --http URL   of a deployment, for the commands without an option of their own for it: its output HttpUrl
  --json       print JSON
  --data DIR   ${usualDataHelp()}

Without a name of a deployment's it asks the stack of ${commandLine('start')}. On AWS it uses the configuration of the AWS SDK.`;

const idsOf = (usage: string) => (/CONVERSATION|GROUP/.test(usage) ? [IDS] : []);

/** What an operator does to a running stack, on this machine or on AWS. */
export const admin: CommandGroup = {
  help: () => `What an operator does to a stack: ${commandLine('admin', 'COMMAND [options]')}

${Object.values(COMMANDS)
  .map(({ usage }) => usage)
  .join('\n')}

${IDS}

${COMMON_HELP()}`,
  commands: Object.fromEntries(
    Object.entries(COMMANDS).map(([name, { usage, run }]) => [
      name,
      {
        run,
        help: () => [commandLine('admin', usage.trimStart()), ...idsOf(usage), COMMON_HELP()].join('\n\n'),
      },
    ]),
  ),
};
