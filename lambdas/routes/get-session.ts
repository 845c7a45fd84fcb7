import type { SessionBody } from '../../protocol/http.ts';
import { sessionQuerySchema } from '../../protocol/http.ts';
import { heartbeatIntervalMs } from '../domain/session.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { parseWith } from '../shared/parse.ts';

const { webSocketUrl, idleTimeoutMs } = readEnv('webSocketUrl', 'idleTimeoutMs');
const intervalMs = heartbeatIntervalMs(wholeNumber('IDLE_TIMEOUT_MS', idleTimeoutMs) || undefined);

/** `GET /session`: what a browser can't learn from a failed upgrade (IM-CONN-7). */
export const handler = httpRoute(httpOptions(), async ({ userId, query }): Promise<SessionBody> => {
  parseWith(sessionQuerySchema, query);
  return {
    userId,
    wsUrl: webSocketUrl,
    serverTime: systemClock(),
    heartbeatIntervalMs: intervalMs,
  };
});
