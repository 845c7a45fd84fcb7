import { SYSTEM, USER_ID, USER_ID_RULE } from '../../protocol/ids.ts';
import { usualDataHelp } from '../local-stack.ts';
import { parseOptions, refuseNpmsOptions } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { commandLine } from '../wording.ts';

const OPTIONS = {
  port: { type: 'string' },
  data: { type: 'string' },
  ws: { type: 'string' },
  http: { type: 'string' },
  token: { type: 'string' },
} as const;

export const chatHelp =
  () => `Chats in the terminal: ${commandLine('chat', 'ME PEER [--port N | --data DIR]')}
                       ${commandLine('chat', 'PEER --http URL --token T [--ws URL]')}

  --data DIR  ${usualDataHelp()}
  --port N    or: the port of the stack on this machine
  --http URL  of a deployment: its output HttpUrl
  --token T   of the deployment's issuer; it names you
  --ws URL    its output WebSocketUrl (default: what the HTTP API says)

From a pipe: each line is sent (or run, if it is a command); it ends when all is stored. /help lists the commands.`;

export type ChatArguments =
  | {
      readonly kind: 'local';
      readonly me: string;
      readonly peer: string;
      /** If absent, that of the stack that runs. */
      readonly port: number | undefined;
      /** Data folder of the stack that must run. @default - any may, with the usual folder */
      readonly data: string | undefined;
    }
  | {
      readonly kind: 'deployed';
      readonly peer: string;
      readonly httpUrl: string;
      /** If absent, the HTTP API provides it. */
      readonly wsUrl: string | undefined;
      readonly token: string;
    };

/** @throws {UsageError} */
export function parseArguments(args: readonly string[]): ChatArguments {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (positionals.length > 2) refuseNpmsOptions(OPTIONS, positionals);
  // The token names the user, so a name before the peer's is ignored.
  const peer = positionals.at(-1);
  if (peer === SYSTEM)
    throw new UsageError(
      `Nobody can write to “${SYSTEM}”, which is the operator. The web page shows what it sends; to send as it: ${commandLine('admin', `send ${positionals.length === 2 ? positionals[0] : 'USER'} TEXT`)}.`,
    );
  for (const name of positionals)
    if (!USER_ID.test(name)) throw new UsageError(`“${name}” is no user id: ${USER_ID_RULE}.`);
  if (values.http !== undefined && values.token !== undefined) {
    if (peer === undefined || positionals.length > 2) throw new UsageError('Give the name of your peer.');
    return { kind: 'deployed', peer, httpUrl: values.http, wsUrl: values.ws, token: values.token };
  }
  if (values.http !== undefined || values.token !== undefined || values.ws !== undefined) {
    throw new UsageError('A deployment needs --http and --token.');
  }
  const [me] = positionals;
  if (me === undefined || peer === undefined || positionals.length !== 2)
    throw new UsageError('Give two names: yours and your peer’s.');
  if (me === peer) throw new UsageError('The two names must differ.');
  return { kind: 'local', me, peer, port: portOf(values.port), data: values.data };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError(`--port takes a number from 1 to 65535, not "${text}".`);
  return port;
}
