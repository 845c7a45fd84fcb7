import { LambdaClient } from '@aws-sdk/client-lambda';
import { type Admin, createAdmin, ImError, RefusedError } from '../../client/src/admin/index.ts';
import { messageOf, OperatorError } from '../../local/operator-error.ts';
import { LOCAL_CREDENTIALS, localHttpUrl } from '../local-stack.ts';
import { UsageError } from '../usage-error.ts';
import { COMMON } from './command.ts';

/** The options of commands that call the admin API. */
export const API_OPTIONS = { ...COMMON, http: { type: 'string' } } as const;

export interface ApiTarget {
  /** Base URL of a deployment's HTTP API. @default - that of the local stack */
  readonly http?: string | undefined;
  /** Data folder of the local stack. @default - the usual one, or whatever stack has the usual port */
  readonly data?: string | undefined;
}

/**
 * Calls the admin API (IM-ADMIN): that of the local stack, or a deployment's with the credentials that the AWS SDK finds.
 * @throws {OperatorError} in one line, if it refuses or can't be reached
 */
export async function withAdmin<Answer>(
  target: ApiTarget,
  run: (admin: Admin) => Promise<Answer>,
): Promise<Answer> {
  const admin = createAdmin(await optionsOf(target));
  try {
    return await run(admin);
  } catch (error) {
    if (!(error instanceof ImError)) throw error;
    throw new OperatorError(reasonOf(error), { cause: error });
  }
}

async function optionsOf({ http, data }: ApiTarget) {
  if (http === undefined) return { httpUrl: await localHttpUrl(data), ...LOCAL_CREDENTIALS };
  if (!URL.canParse(http)) throw new UsageError(`--http takes the output HttpUrl, not "${http}".`);
  const { credentials, region } = new LambdaClient({}).config;
  const facts = { httpUrl: http, region: await region(), credentials };
  // They are found at the first signature, whose failure would not be one of the API's.
  await credentials().catch((error: unknown) => {
    throw new OperatorError(`No credentials for the deployment: ${messageOf(error)}`, { cause: error });
  });
  return facts;
}

function reasonOf(error: ImError): string {
  if (!(error instanceof RefusedError)) return error.message;
  const retry = error.retryable ? ' Try again.' : '';
  return `${error.code}: ${error.message}${retry}`;
}
