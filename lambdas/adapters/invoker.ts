import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { InvocationError } from '../domain/model/hook.ts';
import { parseJson } from '../shared/json.ts';
import { keptLines } from './kept-lines.ts';

/** An answer is not parsed above this: a function's may have 6 MB. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** Runs one of the operator's functions, and returns its answer, unchecked. @throws {InvocationError} it gave none */
export type Invoke = (payload: unknown) => Promise<unknown>;

export interface InvokerOptions {
  /** Name or ARN. */
  readonly functionName: string;
  /** From the call to the answer. The function may run on after it. */
  readonly timeoutMs: number;
}

/**
 * Invokes a function of the operator, in line. One attempt: whoever waits for the answer has no time for more. Only a
 * request on a dead keep-alive socket is sent again, within the same time.
 */
export function createInvoker({ functionName, timeoutMs }: InvokerOptions): Invoke {
  const lines = keptLines();
  const client = new LambdaClient({ maxAttempts: 1, requestHandler: lines.agents });
  return async (payload) => {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(payload) });
    const abortSignal = AbortSignal.timeout(timeoutMs);
    try {
      const { Payload, FunctionError: fault } = await lines.request(() =>
        client.send(command, { abortSignal }),
      );
      // The SDK says `null` for an empty answer, whatever its types say.
      const bytes = Payload ?? new Uint8Array();
      if (fault !== undefined) throw new InvocationError(`The function failed: ${errorTypeIn(bytes)}.`);
      if (bytes.length > MAX_ANSWER_BYTES)
        throw new InvocationError(`The function's answer has ${bytes.length} bytes.`);
      return parseJson(Buffer.from(bytes).toString());
    } catch (error) {
      if (error instanceof InvocationError) throw error;
      if (abortSignal.aborted) throw new InvocationError(`No answer within ${timeoutMs} ms.`);
      throw new InvocationError('The function was not run, or its answer is not JSON.', { cause: error });
    }
  };
}

/** Only the type: the function's message may quote what a user wrote. */
function errorTypeIn(bytes: Uint8Array): string {
  if (bytes.length > MAX_ANSWER_BYTES) return 'unknown';
  const [, type = 'unknown'] = /"errorType":"([\w.]{1,100})"/.exec(Buffer.from(bytes).toString()) ?? [];
  return type;
}
