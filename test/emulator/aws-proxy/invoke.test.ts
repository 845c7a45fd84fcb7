import { InvokeCommand } from '@aws-sdk/client-lambda';
import { expect, it } from 'vitest';
import { functionOf } from '../runtime/bundle.ts';
import { EMPTY_STACK } from '../stack-models.ts';
import { failureOf, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:Stack-Hook';
const invoke = (FunctionName = ARN) => new InvokeCommand({ FunctionName, Payload: '{"a":1}' });

it('the AWS proxy passes an Invoke on, and counts it by the function that it runs', async () => {
  const { lambda, proxy } = await startProxy();
  for (const name of [ARN, 'Stack-Hook']) {
    const { Payload } = await lambda.send(invoke(name));
    expect(Payload?.transformToString()).toBe('{"a":1}');
  }
  expect(proxy.counts({ service: 'lambda' }).rows).toMatchObject([
    { function: 'Fn', service: 'lambda', operation: 'Invoke', target: 'Stack-Hook', calls: 2, failed: 0 },
  ]);
});

it.each([
  ['throttle', 'TooManyRequestsException', 429],
  ['error', 'ServiceException', 500],
  ['gone', 'ResourceNotFoundException', 404],
] as const)("the fault %s ends an Invoke with Lambda's own error", async (fault, name, status) => {
  const { lambda } = await startProxy({ faults: [{ fault, invoked: 'Hook' }] });
  await expect(lambda.send(invoke())).rejects.toMatchObject({
    name,
    $metadata: { httpStatusCode: status },
  });
});

it('a breakpoint holds an Invoke', async () => {
  const { lambda, proxy } = await startProxy();
  const breakpoint = proxy.setBreakpoint({ service: 'lambda', invoked: 'Hook' });
  const answer = lambda.send(invoke());
  expect(await breakpoint.reached).toMatchObject({ operation: 'Invoke', invoked: 'Stack-Hook' });
  breakpoint.release();
  expect(await answer).toMatchObject({ StatusCode: 200 });
});

it('the IAM check denies an Invoke of a function that the role does not name', async () => {
  const { lambda, endpoints } = await startProxy();
  const permissions = [{ actions: ['lambda:InvokeFunction'], resources: [ARN] }];
  const warnings: string[] = [];
  endpoints.serveStack?.({ ...EMPTY_STACK, functions: [functionOf('', { permissions })] }, (warning) =>
    warnings.push(warning),
  );
  expect(await failureOf(lambda.send(invoke('Stack-Hook')))).toBe('none');
  expect(await failureOf(lambda.send(invoke('Other')))).toBe('AccessDeniedException');
  expect(warnings).toEqual([
    `Fn was denied lambda:InvokeFunction on ${ARN.replace('Stack-Hook', 'Other')}: no policy of its role allows it.`,
  ]);
});
