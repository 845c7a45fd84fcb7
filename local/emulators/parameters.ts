import { createServer } from 'node:http';
import { readBody } from '../gateway/request-body.ts';
import { parseJson, recordOf } from '../json.ts';
import { closeServer, listenOn } from '../listening.ts';
import type { Emulator } from './emulator.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** The parameter store, as far as functions use it: `GetParameter`. */
export async function startParameters(parameters: Readonly<Record<string, string>>): Promise<Emulator> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    if (request.headers['x-amz-target'] !== 'AmazonSSM.GetParameter')
      return answer(400, { __type: 'UnknownOperationException' });
    const body = await readBody(request, MAX_BODY_BYTES);
    const name = String(recordOf(parseJson(body?.toString() ?? ''))['Name']);
    const value = parameters[name];
    if (value === undefined) return answer(400, { __type: 'ParameterNotFound' });
    return answer(200, { Parameter: { Name: name, Type: 'SecureString', Value: value, Version: 1 } });
  });
  const port = await listenOn(server, 0);
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => closeServer(server) };
}
