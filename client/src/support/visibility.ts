import type { Cancel } from './environment.ts';

/** The page, or undefined where there is none: Node and React Native. */
function page(): Document | undefined {
  const { document } = globalThis as { document?: Document };
  return document?.addEventListener && document;
}

/** Whether the browser decides when this program stops, so that its socket may stay while it runs. */
export function isPage(): boolean {
  return page() !== undefined;
}

/**
 * Calls `report` with whether the page is visible, now and on each change, and `freeze` when the browser is about to stop
 * the page. Does nothing without a page.
 */
export function watchVisibility(report: (isVisible: boolean) => void, freeze: () => void): Cancel {
  const document = page();
  if (document === undefined) return () => {};
  const look = (): void => report(document.visibilityState !== 'hidden');
  const aborter = new AbortController();
  const { signal } = aborter;
  document.addEventListener('visibilitychange', look, { signal });
  document.addEventListener('freeze', freeze, { signal });
  look();
  return () => aborter.abort();
}
