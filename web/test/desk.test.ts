import type { FrameLocator, Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { confirm, sharedBrowser, type Visit, type VisitedPage, visit } from './setup/person.ts';
import { newUser, tokenOf } from './setup/stack.ts';

sharedBrowser();

/** Without motion, so that axe sees final colours. */
const LIGHT: Visit = { colorScheme: 'light', reducedMotion: 'reduce' };
const DARK: Visit = { colorScheme: 'dark', reducedMotion: 'reduce' };

async function staff(userId: string, options: Visit = LIGHT): Promise<Page> {
  const page = await visit({ query: 'desk', ...options });
  await page.getByLabel('Somebody else').fill(userId);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Away: no new chats').waitFor();
  return page;
}

async function agent(userId: string, capacity = '1', options: Visit = LIGHT): Promise<Page> {
  const page = await staff(userId, options);
  await page.getByLabel('At a time').selectOption(capacity);
  await page.getByRole('button', { name: 'Take chats' }).click();
  await page.getByText('Ready for new chats').waitFor();
  return page;
}

/** So that these agents get no chat of the next test. */
async function takeBreak(...pages: Page[]): Promise<void> {
  for (const page of pages) {
    await page.getByRole('button', { name: 'Take a break' }).click();
    await page.getByText('Away: no new chats').waitFor();
  }
}

/** So that this chat is not in the queue during the next test. */
async function endChat(at: Page | FrameLocator, customerAt: Page | FrameLocator = at): Promise<void> {
  await confirm(at, at.getByRole('button', { name: 'End chat' }), 'End chat');
  await customerAt.getByText('This chat has ended').waitFor();
}

async function customer(userId: string, topic: string, options: Visit = LIGHT): Promise<VisitedPage> {
  const page = await visit({ query: `widget?user=${userId}`, ...options });
  await page.getByLabel('Topic').fill(topic);
  await page.getByRole('button', { name: 'Start chat' }).click();
  return page;
}

async function say(page: Page | FrameLocator, text: string): Promise<void> {
  const composer = page.getByRole('textbox', { name: /^Message / });
  await composer.fill(text);
  await composer.press('Enter');
}

const { shopUrl } = inject('stack');

/** A page of another origin, with this function for `data-token`. */
const shopWith = (chatToken: string, shop = shopUrl) => `${shop}?chatToken=${encodeURIComponent(chatToken)}`;

const always = (token: string) => `async () => ${JSON.stringify(token)}`;

async function openWidget(chatToken: string, options: Visit = {}): Promise<FrameLocator> {
  const shop = await visit({ url: shopWith(chatToken), ...options });
  await shop.getByRole('button', { name: 'Help' }).click();
  return shop.frameLocator('iframe[title="Support chat"]');
}

const bubble = (page: Page | FrameLocator, text: string) => page.locator('.message', { hasText: text });

describe('the desk', () => {
  it('serves one customer after another: queue, chat, transfer, end, rating (IM-DESK)', async () => {
    const [ann, ben] = [newUser('ann'), newUser('ben')];
    const atAnn = await agent(ann);
    const first = await customer(newUser('first'), 'My bill');
    await first
      .getByText(/is here to help/)
      .first()
      .waitFor();
    const second = await customer(newUser('second'), 'My parcel');
    await second.getByText('You are next in line').waitFor();
    await say(second, 'Where is it?');

    await atAnn
      .getByRole('button', { name: /My bill|asked for help|here to help/ })
      .first()
      .click();
    await say(atAnn, 'Good morning!');
    await bubble(first, 'Good morning!').waitFor();
    await say(first, 'It is too high');
    await bubble(atAnn, 'It is too high').waitFor();
    expect(await faultsOf(atAnn)).toEqual([]);
    expect(await faultsOf(first)).toEqual([]);

    // Ben gets the waiting chat and is then at capacity, until he raises it.
    const atBen = await agent(ben);
    await second
      .getByText(/is here to help/)
      .first()
      .waitFor();
    await atBen.locator('.row').first().click();
    await bubble(atBen, 'Where is it?').waitFor();
    await atAnn.getByRole('button', { name: 'Transfer' }).click();
    await atAnn.getByLabel('To an agent').fill(ben);
    await atAnn.getByRole('dialog').getByRole('button', { name: 'Transfer' }).click();
    await atAnn.getByText('That agent is not ready or has no capacity left.').waitFor();
    await atBen.getByLabel('At a time').selectOption('2');
    // Repeated until the server knows the new capacity: the dialog closes after the transfer.
    const again = atAnn.getByRole('dialog').getByRole('button', { name: 'Transfer' });
    await expect
      .poll(async () => {
        await again.click({ timeout: 1_000 }).catch(() => undefined);
        return again.count();
      })
      .toBe(0);
    await expect.poll(() => atBen.locator('.row').count()).toBe(2);
    await atBen.locator('.row', { hasText: 'first' }).click();
    await bubble(atBen, 'It is too high').waitFor();

    await endChat(atBen, first);
    await first.getByRole('button', { name: '5 of 5' }).click();
    await first.getByText('Thank you. You rated this chat 5 of 5.').waitFor();
    expect(await faultsOf(first)).toEqual([]);
    await atBen.getByText('rated 5 of 5').waitFor();
    await takeBreak(atAnn, atBen);
    await endChat(second);
  });

  it('gives the customer of an agent whose connection is lost to the next agent (IM-DESK-7)', async () => {
    const [ann, ben] = [newUser('ann'), newUser('ben')];
    const atAnn = await agent(ann, '1', DARK);
    const someone = await customer(newUser('someone'), 'Help', DARK);
    await someone
      .getByText(/is here to help/)
      .first()
      .waitFor();
    await atAnn.context().close();
    await someone.getByText(/You are (next )?in line/).waitFor();
    expect(await faultsOf(someone)).toEqual([]);
    const atBen = await agent(ben, '1', DARK);
    await atBen.locator('.row', { hasText: 'someone' }).click();
    await atBen.getByRole('textbox', { name: /^Message / }).waitFor();
    expect(await faultsOf(atBen)).toEqual([]);
    await takeBreak(atBen);
    await endChat(atBen, someone);
  });

  it('shows the queues, all chats, and their messages to a supervisor (IM-DESK)', async () => {
    const [ann, bob, eve] = [newUser('ann'), newUser('bob'), newUser('eve')];
    const atAnn = await agent(ann);
    const atBob = await customer(bob, 'A leak');
    await atAnn.locator('.row', { hasText: bob }).click();
    const atEve = await customer(eve, 'A dent');
    await atEve.getByText('You are next in line').waitFor();
    const page = await staff(newUser('supervisor'));
    const others = page.getByRole('region', { name: 'Other chats' });
    await others
      .getByRole('button', { name: `${eve}` })
      .getByText('Waiting in default')
      .waitFor();
    const queues = page.getByRole('region', { name: 'Queues' });
    await queues.getByText(/^1 waiting, longest /).waitFor();
    await queues.getByText(/Agents: [1-9]/).waitFor();
    await others
      .getByRole('button', { name: bob })
      .getByText(`With ${ann.charAt(0).toUpperCase()}`)
      .waitFor();
    await others.getByRole('button', { name: bob }).click();
    await say(atBob, 'It drips');
    await bubble(page, 'It drips').waitFor();
    expect(await page.getByRole('textbox', { name: /^Message / }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'End chat' }).count()).toBe(0);
    expect(await faultsOf(page)).toEqual([]);
    for (const chat of [atEve, atBob]) {
      await endChat(chat);
    }
    await others.getByText('There are no other chats.').waitFor();
    await takeBreak(atAnn);
  });

  it('restores the customer’s open chat after a reload, and no ended chat', async () => {
    const user = newUser('again');
    const page = await customer(user, 'My keys');
    await page.getByText('You are next in line').waitFor();
    await say(page, 'They are gone');
    await bubble(page, 'They are gone').getByText('Sent').first().waitFor();
    await page.reload();
    await page.getByText('You are next in line').waitFor();
    await bubble(page, 'They are gone').waitFor();
    await endChat(page);
    await page.reload();
    await page.getByLabel('Topic').waitFor();
  });

  it('retries restoring the customer’s chat when the desk is unavailable', async () => {
    const page = await customer(newUser('again'), 'My keys');
    await page.getByText('You are next in line').waitFor();
    // A push, such as a new position in the queue, would restore it too.
    page.network.lose('"desk.updated"');
    page.network.refuseOnce('desk.open', { code: 'unavailable', message: 'busy', retryable: true });
    await page.reload();
    await page.getByText('Looking for your chat…').waitFor();
    await page.getByText('You are next in line').waitFor();
    await endChat(page);
  });

  it('retries loading an agent’s chats after a reload when the first request fails', async () => {
    const atAnn = await agent(newUser('ann'));
    const user = newUser('there');
    const page = await customer(user, 'Still there?');
    await atAnn.getByRole('button', { name: user }).waitFor();
    const api = '**/desk/chats?*';
    await atAnn.route(api, (route) => route.abort());
    await atAnn.reload();
    await atAnn.getByRole('alert').getByText('That did not work (network). Try again.').waitFor();
    await atAnn.unroute(api);
    await atAnn.getByRole('button', { name: user }).waitFor();
    await atAnn.getByRole('alert').waitFor({ state: 'detached' });
    await takeBreak(atAnn);
    await endChat(page);
  });

  it('does not keep readiness for the next user of the tab', async () => {
    const atAnn = await agent(newUser('ann'));
    await atAnn.getByRole('button', { name: 'Sign out' }).click();
    const waiting = await customer(newUser('late'), 'Anybody?');
    await waiting.getByText('You are next in line').waitFor();
    await atAnn.getByLabel('Somebody else').fill(newUser('ben'));
    await atAnn.getByRole('button', { name: 'Sign in' }).click();
    await atAnn.getByText('Away: no new chats').waitFor();
    await endChat(waiting);
  });

  it('is embedded in any page by one script tag, in a frame', async () => {
    const atAgent = await agent(newUser('ann'));
    const shop = await visit({ query: 'widget-demo.html' });
    await shop.getByRole('button', { name: 'Help' }).click();
    const widget = shop.frameLocator('iframe[title="Support chat"]');
    await widget.getByLabel('Topic').fill('Shoes');
    await widget.getByRole('button', { name: 'Start chat' }).click();
    await widget
      .getByText(/is here to help/)
      .first()
      .waitFor();
    await say(widget, 'Do you have 42?');
    await atAgent.locator('.row').first().click();
    await bubble(atAgent, 'Do you have 42?').waitFor();
    await takeBreak(atAgent);
    await endChat(atAgent, widget);
  });

  it('signs the customer in with the token of the embedding page (data-token)', async () => {
    const user = newUser('member');
    const widget = await openWidget(always(await tokenOf(user)));
    await widget.getByLabel('Topic').fill('My order');
    await widget.getByRole('button', { name: 'Start chat' }).click();
    await widget.getByText('You are next in line').waitFor();
    const atAgent = await agent(newUser('ann'));
    await atAgent.locator('.row', { hasText: user }).waitFor();
    await takeBreak(atAgent);
    await endChat(widget);

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
    const elsewhere = shopUrl.replace('127.0.0.1', 'localhost');
    const url = shopWith(always(await tokenOf(newUser('member'))), elsewhere);
    const page = await visit({ url, reports: 'frame-ancestors' });
    const refused = page.waitForEvent('console', (one) => one.text().includes('frame-ancestors'));
    await page.getByRole('button', { name: 'Help' }).click();
    await refused;
    expect(await page.frameLocator('iframe').getByText('Signing in').count()).toBe(0);
  });

  it('takes no token from such an origin even where a server leaves out the header', async () => {
    const elsewhere = shopUrl.replace('127.0.0.1', 'localhost');
    const page = await visit({ reports: 'may not' });
    await page.route('**/widget?token=host', async (route) => {
      const response = await route.fetch();
      const { 'content-security-policy': _, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
    await page.goto(shopWith(always(await tokenOf(newUser('member'))), elsewhere));
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
