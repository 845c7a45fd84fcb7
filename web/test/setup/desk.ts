import type { FrameLocator, Page } from 'playwright-core';
import { inject } from 'vitest';
import { createClient } from '../../../client/src/desk/index.ts';
import type { VisitedPage } from './pages.ts';
import { confirm, type Visit, visit } from './person.ts';
import { newUser, tokenOf } from './stack.ts';

const { wsUrl, httpUrl, shopUrl } = inject('stack');

const queues = { desk: 0, widget: 0 };
/** A queue that no other test uses, so that no test has to clear its chats and agents away. See stage.ts. */
export function newQueue(file: 'desk' | 'widget'): string {
  queues[file] += 1;
  return `${file}-${queues[file]}`;
}

/** The desk's page of this user, who has signed in to it before and may be ready already. */
export async function staff(userId: string, options: Visit = {}): Promise<VisitedPage> {
  const page = await visit({ query: 'desk', remembers: { 'im.dev.agent': userId }, ...options });
  await page.getByText(/^(Away|Ready)/).waitFor();
  return page;
}

export interface Taking extends Visit {
  readonly queue: string;
  /** @default 1 */
  readonly capacity?: number;
}

/** The desk's page of an agent who became ready in another session, since that takes no clicks. */
export async function agent(
  userId: string,
  { queue, capacity = 1, ...options }: Taking,
): Promise<VisitedPage> {
  const claims = { roles: ['agent'], name: nameOf(userId) };
  const im = createClient({ wsUrl, httpUrl, getToken: () => tokenOf(userId, claims), deviceId: 'first' });
  await im.connect();
  await im.agent.ready({ queues: [queue], capacity });
  const page = await staff(userId, options);
  await page.getByText('Ready for new chats').waitFor();
  im.close();
  return page;
}

/** From now on this supervisor, who is away, has chosen only this queue. */
export async function chooseQueue(userId: string, queue: string): Promise<void> {
  const claims = { roles: ['agent', 'supervisor'], name: nameOf(userId) };
  const im = createClient({ wsUrl, httpUrl, getToken: () => tokenOf(userId, claims), deviceId: 'first' });
  await im.connect();
  await im.agent.ready({ queues: [queue], capacity: 1 });
  await im.agent.away();
  im.close();
}

/** The name that the page of a local stack gives its agents. */
export const nameOf = (userId: string) => userId.charAt(0).toUpperCase() + userId.slice(1);

export async function endChat(at: Page | FrameLocator, customerAt: Page | FrameLocator = at): Promise<void> {
  await confirm(at, at.getByRole('button', { name: 'End chat' }), 'End chat');
  await customerAt.getByText('This chat has ended').waitFor();
}

/** Asks for help in the customer's page. */
export async function ask(at: Page | FrameLocator, topic: string): Promise<void> {
  await at.getByLabel('Topic').fill(topic);
  await at.getByRole('button', { name: 'Start chat' }).click();
}

export async function customer(
  userId: string,
  topic: string,
  { queue, ...options }: Visit & { readonly queue: string },
): Promise<VisitedPage> {
  const page = await visit({ query: `widget?user=${userId}&queue=${queue}`, ...options });
  await ask(page, topic);
  return page;
}

export async function say(page: Page | FrameLocator, text: string): Promise<void> {
  const composer = page.getByRole('textbox', { name: /^Message / });
  await composer.fill(text);
  await composer.press('Enter');
}

export const bubble = (page: Page | FrameLocator, text: string) =>
  page.locator('.message', { hasText: text });

export const served = (page: Page | FrameLocator) =>
  page
    .getByText(/is here to help/)
    .first()
    .waitFor();

/** A page of another origin, with this function for `data-token`, and these other attributes of the script. */
export function shopWith(chatToken: string, attributes: Readonly<Record<string, string>> = {}): string {
  return `${shopUrl}?${new URLSearchParams({ chatToken, ...attributes })}`;
}

/** A function for `data-token`. */
export const always = (token: string) => `async () => ${JSON.stringify(token)}`;

/** A signed-in customer at the shop. */
export async function shopper(
  attributes: Readonly<Record<string, string>> = {},
  { words, ...options }: Visit & { readonly words?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly user: string; readonly shop: VisitedPage; readonly widget: FrameLocator }> {
  const user = newUser('member');
  const shop = await visit({ url: 'about:blank', ...options });
  await shop.addInitScript((own) => Object.assign(window, { words: own }), words);
  await shop.goto(shopWith(always(await tokenOf(user)), attributes));
  return { user, shop, widget: widgetIn(shop) };
}

export const widgetIn = (shop: Page): FrameLocator => shop.frameLocator('iframe[title="Support chat"]');
