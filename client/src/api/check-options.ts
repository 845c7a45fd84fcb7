import { invalid } from '../model/errors.ts';
import type { ClientOptions } from './client-options.ts';

/** @throws an `ImError` `invalid_request` that names the option and the value that can't work */
export function checkOptions({ wsUrl, httpUrl, getToken }: Partial<ClientOptions> = {}): void {
  // `test` takes anything.
  const flaw = !/^wss?:\/\/./i.test(wsUrl as string)
    ? `wsUrl must start with wss://, not be ${wsUrl}`
    : /^[^?]*\.execute-api\.[^/]*\/?$/.test(wsUrl as string)
      ? `wsUrl must end with a stage, such as /prod: ${wsUrl}`
      : !/^https?:\/\/./i.test(httpUrl as string)
        ? `httpUrl must start with https://, not be ${httpUrl}`
        : typeof getToken !== 'function' && 'getToken must be a function';
  if (flaw) throw invalid(`createClient: ${flaw}`);
}
