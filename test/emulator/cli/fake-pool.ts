import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export type PoolCall = readonly [action: string, body: Readonly<Record<string, unknown>>];

export interface FakePool {
  /** Every call since the last `reset`. */
  readonly calls: readonly PoolCall[];
  /** The names of the users that a call was made for, in their order. */
  usersOf(action: string): unknown[];
  reset(): void;
  /** For the command, with credentials. */
  readonly environment: NodeJS.ProcessEnv;
  close(): void;
}

export interface FakePoolOptions {
  readonly token?: (userId: string) => string | Promise<string>;
  /** The type of the error that refuses this call, if it is refused. */
  readonly refusal?: (action: string, userId: unknown) => string | undefined;
}

/** In place of Cognito, as its API reference shows the answers: notes the calls. */
export async function fakePool(options: FakePoolOptions = {}): Promise<FakePool> {
  const { token = () => 'the-token', refusal = () => undefined } = options;
  let calls: PoolCall[] = [];
  const server = createServer(async (request, response) => {
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const body = (await json(request)) as PoolCall[1];
    calls.push([action, body]);
    const { AuthParameters } = body as { AuthParameters?: { readonly USERNAME: string } };
    const refused = refusal(action, body['Username'] ?? AuthParameters?.USERNAME);
    if (refused !== undefined)
      return response.writeHead(400).end(JSON.stringify({ __type: refused, message: 'no' }));
    if (AuthParameters === undefined) return response.end('{}');
    const AccessToken = await token(AuthParameters.USERNAME);
    response.end(JSON.stringify({ AuthenticationResult: { AccessToken } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    get calls() {
      return calls;
    },
    usersOf: (wanted) => calls.filter(([action]) => action === wanted).map(([, { Username }]) => Username),
    reset() {
      calls = [];
    },
    environment: {
      ...{ PATH: process.env['PATH'], AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'a' },
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: `http://127.0.0.1:${port}`,
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
