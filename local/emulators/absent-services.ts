import { createServer, type IncomingMessage } from 'node:http';
import { closeServer, listenOn } from '../listening.ts';
import type { Emulator } from './emulator.ts';

const ERROR = 'NotOnThisMachine';

/**
 * Refuses calls to the AWS services that don't run on one machine, and names each once. Without it they would reach AWS.
 * @param warn receives one line for each service
 */
export async function startAbsentServices(warn: (message: string) => void): Promise<Emulator> {
  const warned = new Set<string>();
  const server = createServer((request, response) => {
    const service = serviceOf(request);
    const message = `AWS's ${service} doesn't run on one machine.`;
    if (!warned.has(service)) warn(message);
    warned.add(service);
    request.resume();
    const isQuery = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
    response.writeHead(400, {
      'content-type': isQuery ? 'text/xml' : 'application/json',
      'x-amzn-errortype': ERROR,
    });
    response.end(
      isQuery
        ? `<ErrorResponse><Error><Type>Sender</Type><Code>${ERROR}</Code><Message>${message}</Message></Error></ErrorResponse>`
        : JSON.stringify({ __type: ERROR, message }),
    );
  });
  const port = await listenOn(server, 0);
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => closeServer(server) };
}

/** `Credential=KEY/20261129/us-east-1/sts/aws4_request` */
function serviceOf({ headers: { authorization = '' } }: IncomingMessage): string {
  return /Credential=[^/]+\/\d+\/[\w-]+\/([\w-]+)\//.exec(authorization)?.[1] ?? 'service';
}
