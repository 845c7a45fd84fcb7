import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { LocalRuntime } from '../../../local/runtime.ts';
import type { Json } from './json.ts';

/** Publishes a conversation's events again, as an operator does (IM-EVENT-6). @returns the answer, or what Lambda says of the error */
export async function replayEvents(
  { endpoints, outputs }: Pick<LocalRuntime, 'endpoints' | 'outputs'>,
  request: object,
): Promise<Json> {
  const lambda = new LambdaClient({
    endpoint: endpoints.lambda,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const FunctionName = outputs['ReplayEventsFunction'];
  const { Payload } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(request) }),
  );
  lambda.destroy();
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}
