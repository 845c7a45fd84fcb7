import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

/** The private key of Web Push, from its SecureString. Read once for the instance, and again after a failure. */
export function createPrivateKey(parameterName: string): () => Promise<string> {
  const client = new SSMClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  });
  let reading: Promise<string> | undefined;

  async function read(): Promise<string> {
    const command = new GetParameterCommand({ Name: parameterName, WithDecryption: true });
    const { Parameter } = await client.send(command);
    if (!Parameter?.Value) throw new Error(`The parameter ${parameterName} is empty.`);
    return Parameter.Value;
  }

  return () => {
    reading ??= read().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
}
