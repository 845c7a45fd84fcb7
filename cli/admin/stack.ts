import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { recordOf } from '../../local/json.ts';
import { messageOf, OperatorError } from '../../local/operator-error.ts';
import { LOCAL_CREDENTIALS, localStack } from '../local-stack.ts';
import { commandLine } from '../wording.ts';

export interface FunctionTarget {
  /** Of a deployment. @default - that of the local stack */
  readonly name: string | undefined;
  /** The local stack's output with the name. */
  readonly output: string;
  /** The option without which the stack has no such function. */
  readonly option: string;
  /** Data folder of the local stack. */
  readonly data?: string | undefined;
}

/** Invokes a function. @throws {OperatorError} with the function's own words if it fails */
export async function invoke<Answer>(target: FunctionTarget, request: object): Promise<Answer> {
  const { name, config } = lambdaOf(target);
  const lambda = new LambdaClient({ ...config, maxAttempts: 1 });
  try {
    const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(request) });
    const { FunctionError, Payload } = await lambda.send(command);
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString());
    if (FunctionError !== undefined) throw new OperatorError(String(recordOf(answer)['errorMessage']));
    return answer as Answer;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${name} can't be invoked: ${messageOf(error)}`, { cause: error });
  } finally {
    lambda.destroy();
  }
}

function lambdaOf({ name, output, option, data }: FunctionTarget) {
  if (name !== undefined) return { name, config: {} };
  const { outputs, endpoints } = localStack(data);
  const local = outputs[output];
  if (typeof local !== 'string')
    throw new OperatorError(
      `The stack has no such function: start it by ${commandLine('start', `-c ${option}=true`)}.`,
    );
  return { name: local, config: { ...LOCAL_CREDENTIALS, endpoint: String(endpoints['lambda']) } };
}
