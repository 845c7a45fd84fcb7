import webPush from 'web-push';
import type { PushMessage, PushResult, PushSender } from '../domain/model/notification.ts';
import type { PushTarget } from '../domain/model/push-registration.ts';
import { isPushService } from '../domain/model/push-services.ts';
import { describe, logger } from '../shared/logger.ts';

/*
 * Web Push (RFC 8030): encrypted for the browser (RFC 8291), signed for its push service (RFC 8292). An endpoint is a capability, so no
 * line of the log has more of it than the host.
 */

export interface WebPushOptions {
  /** `mailto:` or `https:`: whom a push service may write to (RFC 8292, section 2.1). */
  readonly subject: string;
  readonly publicKey: string;
  readonly privateKey: () => Promise<string>;
  readonly hosts: readonly string[];
  /** @default fetch */
  readonly fetcher?: typeof fetch;
}

const TIMEOUT_MS = 4_000;
/** A service that did not answer isn't asked again for this long: its posts would keep those to others waiting. */
const PAUSE_MS = 5_000;
const LATER: PushResult = { afterSeconds: 0 };

export function createWebPush({
  subject,
  publicKey,
  privateKey,
  hosts,
  fetcher = fetch,
}: WebPushOptions): PushSender {
  const pausedUntil = new Map<string, number>();

  /** `undefined`: it can't be read now. */
  async function key(): Promise<string | undefined> {
    try {
      return await privateKey();
    } catch (error) {
      logger.error('private key not read', { error: describe(error) });
      return undefined;
    }
  }

  /** `undefined`: nothing can be encrypted for these keys. They are a user's, so that is no fault of the push service. */
  function detailsOf(
    { endpoint, keys }: Extract<PushTarget, { provider: 'webpush' }>,
    { payload, topic, ttlSeconds }: PushMessage,
    own: string,
  ) {
    try {
      return webPush.generateRequestDetails({ endpoint, keys }, JSON.stringify(payload), {
        vapidDetails: { subject, publicKey, privateKey: own },
        TTL: ttlSeconds,
        urgency: 'high',
        topic,
        contentEncoding: 'aes128gcm',
      });
    } catch (error) {
      logger.warn('notification not encrypted', { error: describe(error) });
      return undefined;
    }
  }

  return {
    async send(target, message) {
      // The option may have named fewer hosts since.
      if (target.provider !== 'webpush' || !isPushService(target.endpoint, hosts)) return 'refused';
      const { host } = new URL(target.endpoint);
      const own = await key();
      if (own === undefined || performance.now() < (pausedUntil.get(host) ?? 0)) return LATER;
      const details = detailsOf(target, message, own);
      if (details === undefined) return 'refused';
      try {
        const { 'Content-Length': _, ...sent } = details.headers as Record<string, string>;
        const response = await fetcher(details.endpoint, {
          method: details.method,
          headers: sent,
          body: new Uint8Array(details.body),
          // A push service doesn't redirect, and what a user names must not lead elsewhere.
          redirect: 'manual',
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await response.body?.cancel();
        return resultOf(response, host);
      } catch (error) {
        pausedUntil.set(host, performance.now() + PAUSE_MS);
        logger.warn('push service did not answer', { host, error: describe(error) });
        return LATER;
      }
    },
  };
}

function resultOf({ status, headers }: Response, host: string): PushResult {
  if (status >= 200 && status < 300) return 'took';
  if (status === 404 || status === 410) return 'gone';
  logger.warn('push service refused', { host, status });
  if (status !== 429 && status < 500) return 'refused';
  return { afterSeconds: secondsIn(headers.get('retry-after')) };
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function secondsIn(retryAfter: string | null): number {
  if (retryAfter === null) return 0;
  const seconds = /^\d+$/.test(retryAfter)
    ? Number(retryAfter)
    : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}
