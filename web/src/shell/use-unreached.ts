import type { Client } from '@serverless-im/client';
import { useConnection } from '@serverless-im/client/react';
import { useState } from 'react';

/**
 * Why no attempt to connect has reached the server so far, for developers: it names the address, which may be wrong. Undefined
 * before the first failure, and from the first success on.
 */
export function useUnreached(im: Client): string | undefined {
  const { current, error } = useConnection(im);
  const [reason, setReason] = useState<string | null>();
  const isReached = current === 'syncing' || current === 'connected';
  // The next attempt, which has no error, doesn't take the words away.
  const next = isReached || reason === null ? null : (error?.message ?? reason);
  if (next !== reason) setReason(next);
  return next ?? undefined;
}
