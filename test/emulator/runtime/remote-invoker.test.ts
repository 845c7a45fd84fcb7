import { expect, it, onTestFinished } from 'vitest';
import { InvokeApi } from '../../../local/functions/invoke-api.ts';
import { THROTTLED } from '../../../local/functions/messages.ts';
import { remoteInvoker } from '../../../local/functions/remote-invoker.ts';
import type { InvokeResult } from '../../../local/model.ts';

const FUNCTIONS = [{ name: 'App-Fn', logicalId: 'Fn' }];

/** The Invoke API of a node, whose workers answer like this. */
async function node(answer: (event: unknown) => InvokeResult) {
  const api = new InvokeApi({ warn: () => undefined });
  const endpoint = await api.listen();
  const invoked: unknown[] = [];
  const invoke = async (functionId: string, event: unknown) => {
    invoked.push([functionId, event]);
    return answer(event);
  };
  api.serve(FUNCTIONS, { invoke });
  onTestFinished(() => api.close());
  return { api, invoked, invoker: remoteInvoker(endpoint, FUNCTIONS) };
}

it.each<[string, InvokeResult]>([
  ['a result', { ok: true, payload: { batchItemFailures: [] } }],
  ['nothing', { ok: true, payload: null }],
  ['an error', { ok: false, errorType: 'TypeError', errorMessage: 'no' }],
  ['a throttle', { ok: false, errorType: THROTTLED, errorMessage: 'Rate Exceeded.' }],
])('what reads a stream gets from a node what its worker answers: %s', async (_, answer) => {
  const { invoker, invoked } = await node(() => answer);
  const event = { Records: [{ eventID: '1' }] };
  expect(await invoker.invoke('Fn', event)).toEqual(answer);
  expect(invoked).toEqual([['Fn', event]]);
});

it('a node that is dead fails the invocation, so that the batch is repeated', async () => {
  const { api, invoker } = await node(() => ({ ok: true, payload: null }));
  await api.close();
  expect(await invoker.invoke('Fn', {})).toMatchObject({ ok: false, errorType: 'ServiceException' });
});
