import { list, readEnv } from '../shared/env.ts';
import type { HttpOptions } from './http.ts';

/** What every HTTP route is told by its environment. */
export function httpOptions(): HttpOptions {
  const { userIdClaim, allowedOrigins } = readEnv('userIdClaim', 'allowedOrigins');
  return { userIdClaim, allowedOrigins: list(allowedOrigins) };
}

/** The same where roles mean something. */
export function httpOptionsWithRoles(): HttpOptions {
  return { ...httpOptions(), ...readEnv('rolesClaim') };
}
