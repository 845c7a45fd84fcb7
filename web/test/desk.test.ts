import type { FrameLocator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { sharedBrowser, visit } from './setup/person.ts';
import { newUser } from './setup/stack.ts';

sharedBrowser();

async function agent(userId: string, places = '1'): Promise<Page> {
  const page = await visit({ query: 'desk' });
  await page.getByLabel('Somebody else').fill(userId);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('At a time').selectOption(places);
  await page.getByRole('button', { name: 'Take chats' }).click();
  await page.getByText('Ready for new chats').waitFor();
  return page;
}

async function customer(userId: string, topic: string): Promise<Page> {
  const page = await visit({ query: `widget?user=${userId}` });
  await page.getByLabel('Topic').fill(topic);
  await page.getByRole('button', { name: 'Start chat' }).click();
  return page;
}

async function say(page: Page | FrameLocator, text: string): Promise<void> {
  const composer = page.getByRole('textbox', { name: /^Message / });
  await composer.fill(text);
  await composer.press('Enter');
}

const bubble = (page: Page | FrameLocator, text: string) => page.locator('.message', { hasText: text });

describe('the desk', () => {
  it('serves one customer after the other: in line, chat, transfer, end, rating (IM-DESK)', async () => {
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

    // Ben takes the one who waits; then there is a place for nobody, until the first has ended.
    const atBen = await agent(ben, '2');
    await second
      .getByText(/is here to help/)
      .first()
      .waitFor();
    await atBen.locator('.row').first().click();
    await bubble(atBen, 'Where is it?').waitFor();
    await atAnn.getByRole('button', { name: 'Transfer' }).click();
    await atAnn.getByLabel('To an agent').fill(ben);
    await atAnn.getByRole('dialog').getByRole('button', { name: 'Transfer' }).click();
    await expect.poll(() => atBen.locator('.row').count(), { timeout: 15_000 }).toBe(2);
    await atBen.locator('.row', { hasText: 'first' }).click();
    await bubble(atBen, 'It is too high').waitFor();

    await atBen.getByRole('button', { name: 'End chat' }).click();
    await first.getByText('This chat has ended').waitFor();
    await first.getByRole('button', { name: '5 of 5' }).click();
    await first.getByText('Thank you: 5 of 5.').waitFor();
    await atBen.getByText('rated 5 of 5').waitFor();
    for (const page of [atAnn, atBen]) await page.getByRole('button', { name: 'Take a break' }).click();
    await second.getByRole('button', { name: 'End chat' }).click();
    await second.getByText('This chat has ended').waitFor();
  });

  it('gives the customer of an agent who vanishes to the next one (IM-DESK-7)', async () => {
    const [ann, ben] = [newUser('ann'), newUser('ben')];
    const atAnn = await agent(ann);
    const someone = await customer(newUser('someone'), 'Help');
    await someone
      .getByText(/is here to help/)
      .first()
      .waitFor();
    await atAnn.context().close();
    await someone.getByText(/You are (next )?in line/).waitFor();
    const atBen = await agent(ben);
    await atBen.locator('.row', { hasText: 'someone' }).click();
    await atBen.getByRole('button', { name: 'Take a break' }).click();
    await atBen.getByRole('button', { name: 'End chat' }).click();
    await someone.getByText('This chat has ended').waitFor();
  });

  it('is in any page by one script tag, in a frame of its own', async () => {
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
    await atAgent.getByRole('button', { name: 'Take a break' }).click();
    await atAgent.getByRole('button', { name: 'End chat' }).click();
    await widget.getByText('This chat has ended').waitFor();
  });
});
