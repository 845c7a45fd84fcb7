import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback } from '../loopback.ts';
import type { Activity } from './activity.ts';

/** Answers with what goes on, at the gateway's own port: no path of an API begins with an underscore. */
export const ACTIVITY_PATH = '/_local/activity';

/**
 * The local endpoint behind `npm run admin -- top`. Its answer names users and connections, so it is for programs of this machine: a
 * web page is refused, and so is a name that an attacker's DNS lets point here. AWS has no such endpoint.
 */
export class ActivityRoute {
  #read: (() => Promise<Activity>) | undefined;

  /** Answers from now on. */
  serve(read: () => Promise<Activity>): void {
    this.#read = read;
  }

  /** Returns false, with nothing written, for every other path. */
  async route({ url, method, headers }: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (url !== ACTIVITY_PATH) return false;
    if (!isLoopback(headers.host) || headers.origin !== undefined)
      send(response, 403, { message: 'This is for programs of this machine.' });
    else if (method !== 'GET') send(response, 405, { message: 'Use GET.' });
    else if (this.#read === undefined) send(response, 503, { message: 'The stack is starting.' });
    else send(response, 200, await this.#read());
    return true;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
