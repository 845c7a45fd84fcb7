import { createECDH, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { closeServer, listenOn } from '../../local/listening.ts';

/** A push service that takes everything, and the subscriptions of its browsers. */
export async function startPushService() {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(201).end();
  });
  const port = await listenOn(server, 0);
  return {
    /** @param endpointBytes of the random part */
    subscribe(endpointBytes = 24) {
      const p256dh = createECDH('prime256v1').generateKeys().toString('base64url');
      const keys = { p256dh, auth: randomBytes(16).toString('base64url') };
      const endpoint = `http://127.0.0.1:${port}/${randomBytes(endpointBytes).toString('base64url')}`;
      return { provider: 'webpush', subscription: { endpoint, keys } };
    },
    stop: () => closeServer(server),
  };
}
