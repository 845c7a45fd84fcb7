import type { Off } from '../support/emitter.ts';

/** The parts of a browser's page that these hooks use. Node and React Native lack them. */
interface Page {
  readonly document?: { readonly visibilityState: string };
  addEventListener?(name: string, listener: () => void): void;
  removeEventListener?(name: string, listener: () => void): void;
}

const page: Page = globalThis;

/** Whether the page is hidden. */
export function isHidden(): boolean {
  return page.document?.visibilityState === 'hidden';
}

/** Calls `listener` when the window gets the focus. Returns an unsubscribe function. */
export function onFocus(listener: () => void): Off {
  page.addEventListener?.('focus', listener);
  return () => page.removeEventListener?.('focus', listener);
}
