import type { SessionBody } from '../../protocol/http.ts';
import { sessionQuerySchema } from '../../protocol/http.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { httpRoute } from '../edge/http.ts';
import { httpOptions } from '../edge/http-options.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv } from '../shared/env.ts';
import { parseWith } from '../shared/parse.ts';

const { webSocketUrl } = readEnv('webSocketUrl');

/** `GET /session`: what a browser can't learn from a failed upgrade (IM-CONN-7). */
export const handler = httpRoute(httpOptions(), async ({ userId, query }): Promise<SessionBody> => {
  parseWith(sessionQuerySchema, query);
  return {
    userId,
    wsUrl: webSocketUrl,
    serverTime: systemClock(),
    heartbeatIntervalMs: LIMITS.heartbeatIntervalMs,
  };
});
