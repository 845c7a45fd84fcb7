import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { messageOf } from '../../local/operator-error.ts';
import type { TokenOf } from './tokens.ts';

/**
 * Gives the tests, which are other processes, the tokens of this one: a `POST` of `{"userId","roles"}` has the token for an answer.
 * Only who knows the URL gets one.
 */
export async function serveTokens(
  token: TokenOf,
): Promise<{ readonly url: string; readonly close: () => void }> {
  const path = `/${randomUUID()}`;
  const server = createServer(async (request, response) => {
    if (request.url !== path) return response.writeHead(404).end();
    try {
      const { userId, roles } = (await json(request)) as { userId: string; roles: string[] };
      response.end(await token(userId, roles));
    } catch (error) {
      response.writeHead(500).end(messageOf(error));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}${path}`, close };
}
