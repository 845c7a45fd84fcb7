import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createInvoker } from '../../../lambdas/adapters/invoker.ts';
import type { InvocationError } from '../../../lambdas/domain/model/hook.ts';
import { closeServer, listenOn } from '../../../local/listening.ts';

/** How a function of the operator is asked, with a Lambda whose answers the test chooses. */

const NO_ANSWER = 'The function was not run, or its answer is not JSON.';
const MAX_ANSWER_BYTES = 256 * 1024;
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

/** @returns what a question throws, or the answer, and the requests that Lambda got */
async function asking(answer: Answer | 'never', timeoutMs = 60_000) {
  const requests: unknown[] = [];
  const server = createServer(async (request, response) => {
    const payload = JSON.parse(Buffer.concat(await request.toArray()).toString());
    requests.push([request.method, request.url, payload]);
    if (answer === 'never') return;
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  });
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', `http://127.0.0.1:${await listenOn(server, 0)}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await closeServer(server);
  });
  const ask = createInvoker({ functionName: 'before-send', timeoutMs });
  const result = await ask({ question: 'é' }).catch((error: unknown) => error);
  return { result, requests };
}

const failing = (body: string) => ({ headers: { 'x-amz-function-error': 'Unhandled' }, body });
const refused = (message: string) => {
  const expected: unknown = expect.objectContaining({ name: 'InvocationError', message });
  return expected;
};
/** A text in JSON of this many bytes. */
const textOf = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));

describe('a function of the operator (IM-HOOK-2)', () => {
  it('is asked once, by its name, and its answer is not checked', async () => {
    const { result, requests } = await asking({ body: '{"any":"thing ✓"}' });
    expect(result).toEqual({ any: 'thing ✓' });
    expect(requests).toEqual([['POST', '/2015-03-31/functions/before-send/invocations', { question: 'é' }]]);
  });

  it('may answer 256 KB, and no more', async () => {
    expect((await asking({ body: textOf(MAX_ANSWER_BYTES) })).result).toHaveLength(MAX_ANSWER_BYTES - 2);
    expect((await asking({ body: textOf(MAX_ANSWER_BYTES + 1) })).result).toEqual(
      refused("The function's answer has 262145 bytes."),
    );
  });

  it.each([
    ['its type', 'Sandbox.Timedout', '{"errorType":"Sandbox.Timedout","errorMessage":"CANARY"}'],
    ['no type', 'unknown', '{"errorMessage":"CANARY"}'],
    ['a type too long to be one', 'unknown', `{"errorType":"${'E'.repeat(101)}"}`],
    ['nothing at all', 'unknown', ''],
    ['more than it may', 'unknown', `{"errorType":"E","errorMessage":${textOf(MAX_ANSWER_BYTES)}}`],
    ['the most that it may', 'E', `{"errorType":"E","e":${textOf(MAX_ANSWER_BYTES - 22)}}`],
  ])('that fails is told apart by the type of its error alone, if it says %s', async (_, type, body) => {
    expect((await asking(failing(body))).result).toEqual(refused(`The function failed: ${type}.`));
  });

  it('has so much time, and no more', async () => {
    const { result } = await asking('never', 50);
    expect(result).toEqual(refused('No answer within 50 ms.'));
  });

  it('is not asked again if Lambda does not run it, and the error says why', async () => {
    const throttled = { 'x-amzn-errortype': 'TooManyRequestsException' };
    const { result, requests } = await asking({ status: 429, headers: throttled, body: '{}' });
    expect(result).toEqual(refused(NO_ANSWER));
    expect((result as InvocationError).cause).toMatchObject({ name: 'TooManyRequestsException' });
    expect(requests).toHaveLength(1);
  });

  it('has no answer if it answers with nothing, or not in JSON', async () => {
    for (const body of ['', 'CANARY']) {
      const { result } = await asking({ body });
      expect(result).toEqual(refused(NO_ANSWER));
      expect((result as InvocationError).cause).toMatchObject({ name: 'InvalidRequestError' });
    }
  });
});
