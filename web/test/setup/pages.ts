import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';
import { PATIENCE_MS } from '../../../test/setup/patience.ts';
import { type Network, networkOf } from './network.ts';

/** A page, and the network between it and the stack. */
export type VisitedPage = Page & { readonly network: Network };

const { webUrl } = inject('stack');
let browser: Promise<Browser> | undefined;

/** Pages that tests have left, by the options of their contexts. */
const left = new Map<string, VisitedPage[]>();

/**
 * A page of the stack's origin that shows nothing yet. If a test has left one, that: it loads the chat in a quarter of the time,
 * since its process is there, and has the code.
 */
export async function openPage(options: BrowserContextOptions): Promise<VisitedPage> {
  return left.get(JSON.stringify(options))?.pop() ?? newPage(options);
}

/** The same in a fresh browser context. */
export async function newPage(options: BrowserContextOptions): Promise<VisitedPage> {
  browser ??= chromium.connect(inject('browser'));
  const context = await (await browser).newContext({
    viewport: { width: 1100, height: 720 },
    locale: 'en-GB',
    // So that axe sees final colours, and because each frame of an animation is drawn without a graphics card.
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await unload(page);
  return Object.assign(page, { network: await networkOf(context, page) });
}

/** Undoes what a test has done to the page, and keeps it for the next one. */
export async function leavePage(page: VisitedPage, options: BrowserContextOptions): Promise<void> {
  const context = page.context();
  for (const other of context.pages()) if (other !== page) await other.close();
  await page.network.reset();
  await context.clearPermissions();
  await unload(page);
  await page.evaluate(async () => {
    sessionStorage.clear();
    localStorage.clear();
    for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name ?? '');
  });
  const key = JSON.stringify(options);
  left.set(key, [...(left.get(key) ?? []), page]);
}

/** Loads a file without scripts, of the origin whose storage the page has. */
async function unload(page: Page): Promise<void> {
  await page.goto(new URL('config.json', webUrl).href);
}
