import { recordOf } from '../json.ts';
import type { FunctionModel, InvokeResult, Invoker } from '../model.ts';
import { REGION } from '../stack/identifiers.ts';
import { failure, THROTTLED } from './messages.ts';

/**
 * Runs functions by the Invoke API, wherever their workers are.
 * @param endpoint of the API, without a trailing slash
 */
export function remoteInvoker(
  endpoint: string,
  functions: readonly Pick<FunctionModel, 'name' | 'logicalId'>[],
): Invoker {
  const names = new Map(functions.map(({ name, logicalId }) => [logicalId, name]));
  return {
    async invoke(functionId, event) {
      const path = `/2015-03-31/functions/${encodeURIComponent(names.get(functionId) ?? functionId)}/invocations`;
      const headers = {
        authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${REGION}/lambda/aws4_request, SignedHeaders=host, Signature=0`,
      };
      try {
        const response = await fetch(endpoint + path, {
          method: 'POST',
          headers,
          body: JSON.stringify(event),
        });
        return resultOf(response, await response.text());
      } catch {
        return failure('ServiceException', 'The node that ran the function has died.');
      }
    },
  };
}

function resultOf(response: Response, text: string): InvokeResult {
  if (response.status === 429) return failure(THROTTLED, 'Rate Exceeded.');
  if (!response.ok) return failure('ServiceException', text);
  const payload: unknown = JSON.parse(text);
  if (!response.headers.has('x-amz-function-error')) return { ok: true, payload };
  const { errorType, errorMessage } = recordOf(payload);
  return failure(String(errorType), String(errorMessage));
}
