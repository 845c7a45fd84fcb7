import type { Client } from '@serverless-im/client';
import { useConnection } from '@serverless-im/client/react';
import { useEffect, useState } from 'react';

/** Shorter waits are not worth a notice. */
const NOTICED_MS = 2_000;

/** The seconds for which the server still refuses this user, whose budget is used up (IM-BUDGET); 0: it does not. */
export function useLimitedSeconds(im: Client): number {
  const { current, error, retryInMs = 0 } = useConnection(im);
  const [untilMs, setUntilMs] = useState(0);
  const [nowMs, setNowMs] = useState(0);
  const isSentAway = current === 'reconnecting' && error?.code === 'rate_limited';
  useEffect(() => {
    const wait = (forMs: number) => {
      const now = performance.now();
      setNowMs(now);
      if (forMs >= NOTICED_MS) setUntilMs((until) => Math.max(until, now + forMs));
    };
    if (isSentAway) wait(retryInMs);
    return im.on('limited', ({ retryAfterMs }) => wait(retryAfterMs));
  }, [im, isSentAway, retryInMs]);
  const isWaiting = untilMs > nowMs;
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => setNowMs(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, [isWaiting]);
  return isWaiting ? Math.ceil((untilMs - nowMs) / 1_000) : 0;
}
