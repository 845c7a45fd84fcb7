/** @module-tag long */
import type { FrameLocator } from 'playwright-core';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createClient } from '../../client/src/desk/index.ts';
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
import { CYRILLIC, latinIn, own } from './setup/language.ts';
import { confirm, DARK, type Visit, visit } from './setup/person.ts';
import { newUser, tokenOf } from './setup/stack.ts';

const { shopUrl, wsUrl, httpUrl } = inject('stack');
/** An origin that may not embed the chat. */
const elsewhere = shopUrl.replace('127.0.0.1', 'localhost');

async function openWidget(chatToken: string, options: Visit = {}): Promise<FrameLocator> {
  const shop = await visit({ url: shopWith(chatToken), ...options });
  await shop.getByRole('button', { name: 'Help' }).click();
  return widgetIn(shop);
}

describe('the widget', () => {
  it('reads nothing while it is closed, shows the number of unread messages, and listens again after a reload', async () => {
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

    // On a phone the chat has the whole screen, but for the bar of its button.
    await shop.setViewportSize({ width: 390, height: 780 });
    await button('Help 2 unread').click();
    expect(await shop.locator('iframe').boundingBox()).toEqual({ x: 0, y: 52, width: 390, height: 728 });
    expect(await faultsOf(shop)).toEqual([]);
    await bubble(widget, 'I will wait').waitFor();
    await bubble(atAgent, 'I will wait').getByText('Read').first().waitFor();
    await endChat(widget);
    await button('Close').click();
    await button('Help').waitFor();
    // There is nothing to listen to: the next page stays fast.
    await shop.reload();
    await button('Help').waitFor();
    expect(await shop.locator('iframe').count()).toBe(0);
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

  it('shows no English word once the shop has given every text (data-texts)', async () => {
    const queue = newQueue('widget');
    const { shop } = await shopper(
      { 'data-queue': queue, 'data-language': 'ru', 'data-texts': 'words' },
      { words: CYRILLIC, reducedMotion: 'reduce', reports: 'net::ERR' },
    );
    const widget = shop.frameLocator('iframe');
    const isWordless = async () => expect(await latinIn(shop, widget)).toEqual([]);
    const press = (name: string) => widget.getByRole('button', { name, exact: true }).last().click();
    const sees = async (text: string) => {
      await widget.getByText(text).first().waitFor();
      await isWordless();
    };
    const { promise: mayLoad, resolve: load } = Promise.withResolvers<void>();
    await shop.route('**/config.json', async (route) => {
      await mayLoad;
      await route.continue();
    });
    await shop.getByRole('button', { name: own('Help') }).click();
    await sees(own('Loading…'));
    load();
    await sees(own('How can we help?'));

    await widget.getByLabel(own('Topic')).fill('Заказ 7');
    await press(own('Start chat'));
    await sees(own('You are next in line'));
    const claims = { roles: ['agent'], name: 'Анна' };
    const ann = newUser('ann');
    const anna = createClient({ wsUrl, httpUrl, getToken: () => tokenOf(ann, claims) });
    onTestFinished(() => anna.close());
    await anna.connect();
    await anna.agent.ready({ queues: [queue], capacity: 1 });
    await sees(own('{who} is here to help', { who: 'Анна' }));
    const [chat] = anna.desk.chats();
    const atAgent = anna.conversation(chat?.conversationId ?? '');
    atAgent.typing(true);
    await sees(own('{who} is typing', { who: 'Анна' }));
    await atAgent.send({ type: 'custom', data: {} }).acked;
    await sees(own("This page can't show this message"));

    const composer = widget.getByRole('textbox');
    await composer.fill('я'.repeat(9_000));
    await sees(own('{count} characters too long for one message.', { count: '' }).trim());
    await composer.fill('Где он?');
    await composer.press('Enter');
    await sees(own('Sent'));
    atAgent.markRead((await atAgent.history()).messages.at(-1)?.seq ?? 0);
    await sees(own('Read'));
    await press(own('More'));
    await press(own('Edit'));
    await widget.getByRole('dialog').getByRole('textbox').fill('Где мой заказ?');
    shop.network.refuseOnce('"edit"', { code: 'edit_window_passed', message: 'no', retryable: false });
    await press(own('Save'));
    await sees(own('It is too late to edit it.'));
    await press(own('Save'));
    await sees(own('edited'));
    const touch = { pointerType: 'touch', isPrimary: true };
    await widget.locator('.is-mine .bubble').first().dispatchEvent('pointerdown', touch);
    await sees(own('Copy text'));
    await press(own('Take back'));
    await sees(own('Take this message back?'));
    await widget
      .getByRole('alertdialog')
      .getByRole('button', { name: own('Take back') })
      .click();
    await sees(own('You took this message back'));

    shop.network.refuseOnce('Нет', { code: 'forbidden', message: 'no', retryable: false });
    await composer.fill('Нет');
    await composer.press('Enter');
    await sees(own('You are not allowed to do this.'));
    await shop.network.cut();
    await sees(own('You are offline.'));
    await shop.network.heal();
    await widget.getByText(own('You are offline.')).waitFor({ state: 'hidden' });
    await confirm(widget, widget.getByRole('button', { name: own('End chat') }), own('End chat'), {
      cancel: own('Cancel'),
    });
    await sees(own('You ended this chat'));
    await press(own('{mark} of 5', { mark: 4 }));
    await sees(own('Thank you. You rated this chat {mark} of 5.', { mark: 4 }));
    await press(own('New chat'));
    await sees(own('How can we help?'));
    await shop.evaluate(() => Object.assign(window, { chatToken: () => undefined }));
    await shop.network.cut();
    await shop.network.heal();
    await sees(own('Your sign-in has expired'));
    await press(own('Sign in again'));
    await sees(own('Please sign in to this site first'));
  });

  it('is embedded in any page by one script tag, in a frame', async () => {
    const atAgent = await agent(newUser('ann'), { queue: 'default' });
    const shop = await visit({ query: 'widget-demo.html', ...DARK });
    expect(await shop.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(236, 229, 214)');
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
