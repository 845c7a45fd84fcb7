import type { Readiness } from '@serverless-im/client/desk';
import { tabStorage } from '../session/tab-storage.ts';

/**
 * This tab's readiness, repeated after a reload: the server remembers it, so the page must too. Cleared when the agent
 * signs out.
 */
const READY_KEY = 'im.desk.ready';

export function lastReadiness(): Readiness | undefined {
  const kept = tabStorage.getItem(READY_KEY);
  return kept === null ? undefined : JSON.parse(kept);
}

export function keepReadiness(readiness: Readiness | undefined): void {
  if (readiness === undefined) tabStorage.removeItem(READY_KEY);
  else tabStorage.setItem(READY_KEY, JSON.stringify(readiness));
}
