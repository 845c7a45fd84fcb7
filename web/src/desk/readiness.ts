import type { Readiness } from '@serverless-im/client/desk';

/**
 * What this tab is ready for: said again when the page is loaded again, or the server would know better than the page.
 * Gone when who said it signs out.
 */
const READY_KEY = 'im.desk.ready';

export function lastReadiness(): Readiness | undefined {
  const kept = sessionStorage.getItem(READY_KEY);
  return kept === null ? undefined : JSON.parse(kept);
}

export function keepReadiness(readiness: Readiness | undefined): void {
  if (readiness === undefined) sessionStorage.removeItem(READY_KEY);
  else sessionStorage.setItem(READY_KEY, JSON.stringify(readiness));
}
