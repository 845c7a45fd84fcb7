import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { cutter, type Line } from './line.ts';

/** Somebody at a browser of their own, and what they can do. */
export interface Person {
  readonly userId: string;
  readonly page: Page;
  readonly line: Line;
  /** Opens the conversation with this user. */
  meet(userId: string): Promise<void>;
  /** Writes and sends in the open conversation. */
  say(text: string): Promise<void>;
  /** A bubble that says this. */
  bubble(text: string): Locator;
  /** Resolves when such a bubble is in sight. */
  sees(text: string): Promise<void>;
  /** The line of the list of conversations that holds this text. */
  row(text: string): Locator;
  composer(): Locator;
}

export interface Visit extends BrowserContextOptions {
  /** After the page's address, e.g. `?demo`. */
  readonly query?: string;
  /** @default the stack's page */
  readonly url?: string;
  /** What the page is to report: no fault. @default nothing */
  readonly reports?: string;
}

/** Where somebody looks, and what is between them and the stack. */
export type VisitedPage = Page & { readonly line: Line };

const { webUrl } = inject('stack');
let browser: Browser;

/** Every file of tests calls this once. */
export function sharedBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.connect(inject('browser'));
  });
  afterAll(() => browser.close());
}

/** A page in a browser that nobody used before; a fault in the page fails the test. */
export async function visit({
  query = '',
  url = webUrl,
  reports,
  ...options
}: Visit = {}): Promise<VisitedPage> {
  const context = await browser.newContext({
    viewport: { width: 1100, height: 720 },
    locale: 'en-GB',
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    // Lines that are cut, and refusals, are reported by the browser itself.
    if (message.type() !== 'error' || /net::ERR|WebSocket|Failed to load resource/.test(text)) return;
    if (reports === undefined || !text.includes(reports)) faults.push(text);
  });
  onTestFinished(async () => {
    await context.close();
    if (faults.length > 0) throw new Error(`The page reported: ${faults.join('\n')}`);
  });
  const line = await cutter(context, page);
  await page.goto(url + query);
  return Object.assign(page, { line });
}

/** Signs in by the page itself. */
export async function signIn(userId: string, options: Visit = {}): Promise<Person> {
  const page = await visit(options);
  await page.getByLabel('Somebody else').fill(userId);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: userId }).waitFor();
  return personAt(page, userId);
}

export function personAt(page: VisitedPage, userId: string, within: Locator | Page = page): Person {
  const composer = () => within.getByRole('textbox', { name: /^Message / });
  const bubble = (text: string) => within.locator('.message', { hasText: text });
  return {
    userId,
    page,
    line: page.line,
    composer,
    bubble,
    row: (text) => within.getByRole('navigation').getByRole('button', { name: text }),
    async meet(other) {
      await within.getByRole('button', { name: 'New conversation' }).click();
      await within.getByLabel('With').fill(other);
      await page.keyboard.press('Enter');
      await within.getByRole('heading', { name: other }).waitFor();
    },
    async say(text) {
      await composer().fill(text);
      await composer().press('Enter');
    },
    async sees(text) {
      await bubble(text).first().waitFor();
    },
  };
}
