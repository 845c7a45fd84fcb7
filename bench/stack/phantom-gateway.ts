import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Prefix of the ids of simulated connections. */
export const PHANTOM = 'phantom-';

export interface PhantomGateway {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * A proxy for the gateway's `@connections` that answers posts to simulated sockets with 200, after the latency of a real post.
 * This way ten thousand users can be connected on a machine that cannot run ten thousand clients, and functions post to them as
 * to real ones. The real gateway would answer 410, and handlers would delete the rows.
 */
export async function startPhantomGateway(gateway: string): Promise<PhantomGateway> {
  const { hostname, port } = new URL(gateway);
  const server = createServer((incoming, outgoing) => {
    const { method, url: path = '/', headers } = incoming;
    if (decodeURIComponent(path).includes(`/@connections/${PHANTOM}`)) {
      incoming.resume();
      incoming.once('end', () => outgoing.writeHead(200, { 'content-length': 0 }).end());
      return;
    }
    const forwarded = send({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.once('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
