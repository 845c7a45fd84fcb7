import { parseArgs } from 'node:util';
import { USER_ID, USER_ID_RULE } from '../../protocol/ids.ts';

/** The default port of `npm start`. */
export const DEFAULT_PORT = 8787;

export const USAGE = `usage: npm run chat -- <me> <peer> [--port N]
       npm run chat -- <peer> --http URL --token T [--ws URL]`;

export type ChatArguments =
  | { readonly kind: 'local'; readonly me: string; readonly peer: string; readonly baseUrl: string }
  | {
      readonly kind: 'deployed';
      readonly peer: string;
      readonly httpUrl: string;
      /** If absent, the HTTP API provides it. */
      readonly wsUrl: string | undefined;
      readonly token: string;
    };

/** @throws an `Error` with a one-line message for the user */
export function parseArguments(args: readonly string[]): ChatArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      port: { type: 'string', default: String(DEFAULT_PORT) },
      ws: { type: 'string' },
      http: { type: 'string' },
      token: { type: 'string' },
    },
  });
  // The token names the user, so a name before the peer's is ignored.
  const peer = positionals.at(-1);
  for (const name of positionals)
    if (!USER_ID.test(name)) throw new Error(`“${name}” is no user id: ${USER_ID_RULE}`);
  if (values.http !== undefined && values.token !== undefined) {
    if (peer === undefined || positionals.length > 2) throw new Error('give the name of your peer');
    return { kind: 'deployed', peer, httpUrl: values.http, wsUrl: values.ws, token: values.token };
  }
  if (values.http !== undefined || values.token !== undefined || values.ws !== undefined) {
    throw new Error('a deployed stack needs --http and --token');
  }
  const [me] = positionals;
  if (me === undefined || peer === undefined || positionals.length !== 2)
    throw new Error('give two names: yours and your peer’s');
  if (me === peer) throw new Error('the two names must differ');
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`not a port: ${values.port}`);
  return { kind: 'local', me, peer, baseUrl: `http://127.0.0.1:${port}` };
}
