import { createServer, type Server } from 'node:http';
import { closeServer, listenOn } from '../../../local/listening.ts';

const PAGE = '<!doctype html><title>Welcome to the hotel</title>Accept our terms first.';
const STATUSES = [200, 401, 403, 502];

export interface CaptivePortal {
  /** `http://host:port`. It answers a WebSocket's upgrade with its page, too. */
  readonly url: string;
  close(): Promise<void>;
}

/** A proxy between a device and the network that answers everything with HTML, whatever the status. */
export async function openCaptivePortal(): Promise<CaptivePortal> {
  let answers = 0;
  const next = () => STATUSES[answers++ % STATUSES.length] ?? 200;
  const server: Server = createServer((_, response) => {
    response.writeHead(next(), { 'content-type': 'text/html' }).end(PAGE);
  });
  server.on('upgrade', (_, socket) => {
    // The device may leave at once.
    socket.on('error', () => undefined);
    socket.end(
      `HTTP/1.1 ${next()} Hotel\r\ncontent-type: text/html\r\ncontent-length: ${PAGE.length}\r\n\r\n${PAGE}`,
    );
  });
  const port = await listenOn(server, 0);
  return { url: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}
