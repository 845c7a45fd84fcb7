import type { FrameLocator } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import {
  agent,
  always,
  ask,
  bubble,
  endChat,
  newQueue,
  say,
  served,
  shopper,
  shopWith,
  widgetIn,
} from './setup/desk.ts';
import { type Visit, visit } from './setup/person.ts';
import { newUser, tokenOf } from './setup/stack.ts';

const { shopUrl } = inject('stack');
/** An origin that may not embed the chat. */
const elsewhere = shopUrl.replace('127.0.0.1', 'localhost');

async function openWidget(chatToken: string, options: Visit = {}): Promise<FrameLocator> {
  const shop = await visit({ url: shopWith(chatToken), ...options });
  await shop.getByRole('button', { name: 'Help' }).click();
  return widgetIn(shop);
}

describe('the widget', () => {
  it('reads nothing while it is closed, says how much is unread, and listens again after a reload', async () => {
    const queue = newQueue('widget');
    const { user, shop, widget } = await shopper({ 'data-queue': queue });
    const button = (name: string) => shop.getByRole('button', { name, exact: true });
    await button('Help').click();
    await ask(widget, 'My order');
    const atAgent = await agent(newUser('ann'), { queue });
    await atAgent.locator('.row', { hasText: user }).click();
    await served(widget);
    await button('Close').click();

    await say(atAgent, 'Are you there?');
    await button('Help 1 unread').waitFor();
    await shop.reload();
    await button('Help 1 unread').waitFor();
    await say(atAgent, 'I will wait');
    await button('Help 2 unread').waitFor();
    expect(await bubble(atAgent, 'Are you there?').getByText('Read').count()).toBe(0);
    expect(await faultsOf(shop)).toEqual([]);

    await button('Help 2 unread').click();
    await bubble(widget, 'I will wait').waitFor();
    await bubble(atAgent, 'I will wait').getByText('Read').first().waitFor();
    await endChat(widget);
    await button('Close').click();
    await button('Help').waitFor();
    // There is nothing to listen to: the next page stays fast.
    await shop.reload();
    await button('Help').waitFor();
    expect(await shop.locator('iframe').getAttribute('src')).toBeNull();
  });

  it('has the theme, place, language, words, and queue that its attributes name', async () => {
    const queue = newQueue('widget');
    const attributes = { 'data-theme': 'dark', 'data-position': 'left', 'data-language': 'de' };
    const words = { Help: 'Hilfe', 'How can we help?': 'Was können wir tun?', Topic: 'Thema' };
    const { shop, widget } = await shopper(
      { ...attributes, 'data-queue': queue, 'data-texts': 'words' },
      { words },
    );
    await shop.getByRole('button', { name: 'Hilfe' }).click();
    await widget.getByText('Was können wir tun?').waitFor();
    const box = await shop.locator('iframe').boundingBox();
    expect(box?.x).toBe(20);
    const scheme = (element: HTMLElement) => getComputedStyle(element).backgroundColor;
    expect(await widget.locator('html').getAttribute('lang')).toBe('de');
    expect(await widget.locator('body').evaluate(scheme)).toBe('rgb(15, 18, 18)');
    expect(await faultsOf(shop)).toEqual([]);
    await widget.getByLabel('Thema').fill('Meine Rechnung');
    await widget.getByRole('button', { name: 'Start chat' }).click();
    await widget.getByText('Heute').waitFor();
    const atAgent = await agent(newUser('ann'), { queue });
    await atAgent.locator('.row', { hasText: 'Meine Rechnung' }).waitFor();
  });

  it('is embedded in any page by one script tag, in a frame', async () => {
    const atAgent = await agent(newUser('ann'), { queue: 'default' });
    const shop = await visit({ query: 'widget-demo.html' });
    await shop.getByRole('button', { name: 'Help' }).click();
    const widget = widgetIn(shop);
    await ask(widget, 'Shoes');
    await served(widget);
    await say(widget, 'Do you have 42?');
    await atAgent.locator('.row').first().click();
    await bubble(atAgent, 'Do you have 42?').waitFor();
  });

  it('signs the customer in with the token of the embedding page (data-token)', async () => {
    const queue = newQueue('widget');
    const { user, shop, widget } = await shopper({ 'data-queue': queue });
    await shop.getByRole('button', { name: 'Help' }).click();
    await ask(widget, 'My order');
    await widget.getByText('You are next in line').waitFor();
    const atAgent = await agent(newUser('ann'), { queue });
    await atAgent.locator('.row', { hasText: user }).waitFor();

    const stranger = await openWidget('() => {}');
    await stranger.getByText('Please sign in to this site first').waitFor();
  });

  it('asks the embedding page again after its token function threw', async () => {
    const token = await tokenOf(newUser('member'));
    const chatToken = `async () => {
      window.asked = (window.asked ?? 0) + 1;
      if (window.asked === 1) throw new Error('no network');
      return ${JSON.stringify(token)};
    }`;
    const widget = await openWidget(chatToken, { reports: 'The support chat could not get a token' });
    await widget.getByText('This site could not identify you.').waitFor();
    await widget.getByRole('button', { name: 'Try again' }).click();
    await widget.getByLabel('Topic').waitFor();
  });

  it('lets a customer back in after a sign-out on the embedding page', async () => {
    const token = await tokenOf(newUser('member'));
    // Signed in when the chat starts, signed out when it connects, signed in again after that.
    const chatToken = `async () => {
      window.asked = (window.asked ?? 0) + 1;
      return window.asked === 2 ? undefined : ${JSON.stringify(token)};
    }`;
    const widget = await openWidget(chatToken);
    await widget.getByText('Your sign-in has expired').waitFor();
    await widget.getByRole('button', { name: 'Sign in again' }).click();
    await widget.getByLabel('Topic').waitFor();
  });

  it('refuses to be framed by an origin that is not allowed, and hands no token to it', async () => {
    const url = shopWith(always(await tokenOf(newUser('member')))).replace(shopUrl, elsewhere);
    const page = await visit({ url, reports: 'frame-ancestors' });
    const refused = page.waitForEvent('console', (one) => one.text().includes('frame-ancestors'));
    await page.getByRole('button', { name: 'Help' }).click();
    await refused;
    expect(await page.frameLocator('iframe').getByText('Signing in').count()).toBe(0);
  });

  it('takes no token from such an origin even where a server leaves out the header', async () => {
    const page = await visit({ reports: 'may not' });
    await page.route('**/widget?*', async (route) => {
      const response = await route.fetch();
      const { 'content-security-policy': _, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
    await page.goto(shopWith(always(await tokenOf(newUser('member')))).replace(shopUrl, elsewhere));
    await page.getByRole('button', { name: 'Help' }).click();
    await page.frameLocator('iframe').getByText('This site could not identify you.').waitFor();
  });

  it.each(['desk', 'desk?widget', '?widget', '?desk', ''])(
    'keeps /%s out of the frames of a page that may embed the widget',
    async (frame) => {
      const url = `${shopUrl}?frame=${encodeURIComponent(frame)}`;
      const page = await visit({ url: 'about:blank', reports: 'frame-ancestors' });
      const refused = page.waitForEvent('console', (one) => one.text().includes('frame-ancestors'));
      await page.goto(url);
      await refused;
    },
  );

  it('shows the customer’s page at /widget?desk, also in a frame', async () => {
    const page = await visit({ url: `${shopUrl}?frame=${encodeURIComponent('widget?desk')}` });
    const frame = page.frameLocator('iframe');
    await frame.getByLabel('Topic').waitFor();
    expect(await frame.getByRole('button', { name: 'Sign in' }).count()).toBe(0);
  });
});
