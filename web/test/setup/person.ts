import type { BrowserContextOptions, ConsoleMessage, FrameLocator, Locator, Page } from 'playwright-core';
import { inject, onTestFinished } from 'vitest';
import type { Network } from './network.ts';
import { leavePage, newPage, openPage, type VisitedPage } from './pages.ts';
import { newUser } from './stack.ts';

/** A user in a separate browser context, and their actions. */
export interface Person {
  readonly userId: string;
  readonly page: Page;
  readonly network: Network;
  /** Opens the conversation with this user. */
  meet(userId: string): Promise<void>;
  /** Writes and sends in the open conversation. */
  say(text: string): Promise<void>;
  /** A message with this text. */
  bubble(text: string): Locator;
  /** Resolves when a message with this text is visible. */
  sees(text: string): Promise<void>;
  /** Resolves when the user's own message is stored: a peer who has the conversation open reads it at once. */
  stored(text: string): Promise<void>;
  /** The row of the conversation list with this text. */
  row(text: string): Locator;
  composer(): Locator;
}

export interface Visit extends BrowserContextOptions {
  /** After the page's address, e.g. `?demo`. */
  readonly query?: string;
  /** @default the stack's page */
  readonly url?: string;
  /** The page's clock runs until `stopTime`. @default the real clock */
  readonly hasClock?: boolean;
  /** Parts of console errors that the test expects, such as the URL of a request that is refused. @default none */
  readonly reports?: string | readonly string[];
  /** The browser blocks all storage, as with cookies switched off. @default false */
  readonly blocksStorage?: boolean;
  /** What the tab's storage has from before. @default nothing */
  readonly remembers?: Readonly<Record<string, string>>;
}

const { webUrl } = inject('stack');

export const DARK: Visit = { colorScheme: 'dark' };

/** A stack on a busy machine answers 5xx now and then, and the page asks again. */
const BUSY = /status of 5\d\d|response code: 5\d\d/;

/**
 * Opens a page that knows of no other test. Anything that it reports as an error fails the test: an exception, a rejected
 * promise, a console error, and a request that failed or was refused, which the browser reports.
 */
export async function visit({
  query = '',
  url = webUrl,
  reports = [],
  hasClock = false,
  blocksStorage = false,
  remembers = {},
  ...options
}: Visit = {}): Promise<VisitedPage> {
  // A clock and an initial script stay in the page.
  const isKept = url === webUrl && !hasClock && !blocksStorage;
  const page = await (isKept ? openPage : newPage)(options);
  const faults: string[] = [];
  const onError = (error: Error) => faults.push(error.message);
  const onConsole = (message: ConsoleMessage) => {
    const text = `${message.text()} ${message.location().url}`;
    const isExpected =
      BUSY.test(text) ||
      [reports].flat().some((part) => text.includes(part)) ||
      (page.network.wasBroken && /net::ERR|WebSocket/.test(text));
    if (message.type() === 'error' && !isExpected) faults.push(text);
  };
  page.on('pageerror', onError).on('console', onConsole);
  onTestFinished(async () => {
    // A route's handler may still wait for the stack's answer.
    if (!page.isClosed()) await page.unrouteAll({ behavior: 'ignoreErrors' });
    if (isKept && !page.isClosed()) await leavePage(page, options);
    else await page.context().close();
    page.off('pageerror', onError).off('console', onConsole);
    if (faults.length > 0) throw new Error(`The page reported: ${faults.join('\n')}`);
  });
  if (blocksStorage) await page.addInitScript(blockStorage);
  await page.evaluate((entries) => {
    for (const [key, value] of entries) sessionStorage.setItem(key, value);
  }, Object.entries(remembers));
  if (hasClock) await page.clock.install();
  await page.goto(url + query);
  return page;
}

/** Answers the question that what can't be undone asks first; before that shows that Escape changes nothing. */
export async function confirm(
  at: Page | FrameLocator,
  ask: Locator,
  action: string,
  { cancel = 'Cancel' } = {},
): Promise<void> {
  const question = at.getByRole('alertdialog');
  await ask.click();
  await question.getByRole('button', { name: cancel }).press('Escape');
  await question.waitFor({ state: 'hidden' });
  await ask.click();
  await question.getByRole('button', { name: action, exact: true }).click();
  await question.waitFor({ state: 'hidden' });
}

/** From now on the page's time passes only by `page.clock.runFor`. */
export async function stopTime(page: Page): Promise<void> {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_000);
}

/** Runs in the page. */
function blockStorage(): void {
  for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
    Object.defineProperty(window, name, {
      get() {
        throw new DOMException('storage is blocked', 'SecurityError');
      },
    });
  }
}

/** Signs in by the page's form. */
export async function fillIn(page: Page, userId: string): Promise<void> {
  await page.getByLabel('Somebody else').fill(userId);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Opens the page of a user who has signed in to it before. */
export async function signIn(userId: string, options: Visit = {}): Promise<Person> {
  const page = await visit({ remembers: { 'im.dev.user': userId }, ...options });
  if (options.blocksStorage) await fillIn(page, userId);
  await page.getByRole('heading', { name: userId }).waitFor();
  return personAt(page, userId);
}

/** Two users, each with the conversation of both open. */
export async function twoPeople(options?: Visit): Promise<{ readonly alice: Person; readonly bob: Person }> {
  const users = [newUser('alice'), newUser('bob')] as const;
  const [alice, bob] = await Promise.all([signIn(users[0], options), signIn(users[1], options)]);
  await Promise.all([alice.meet(bob.userId), bob.meet(alice.userId)]);
  return { alice, bob };
}

export function personAt(page: VisitedPage, userId: string, within: Locator | Page = page): Person {
  const composer = () => within.getByRole('textbox', { name: /^Message / });
  const bubble = (text: string) => within.locator('.message', { hasText: text });
  return {
    userId,
    page,
    network: page.network,
    composer,
    bubble,
    row: (text) => within.getByRole('navigation').locator('.row', { hasText: text }),
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
    async stored(text) {
      await bubble(text)
        .getByText(/^(Sent|Read)$/)
        .first()
        .waitFor();
    },
    async sees(text) {
      await bubble(text).first().waitFor();
    },
  };
}
