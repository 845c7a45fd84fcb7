/** @module-tag long */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { DARK, signIn, visit } from './setup/person.ts';
import { newUser, say } from './setup/stack.ts';

const PHONE = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true };

async function aliceWithMail(options = {}) {
  const [bob, carol] = [newUser('bob'), newUser('carol')];
  const alice = newUser('alice');
  await say(bob, alice, ['first', 'second']);
  await say(carol, alice, ['hi']);
  return { person: await signIn(alice, options), bob, carol };
}

describe('accessibility', () => {
  it.each([
    ['light', {}],
    ['dark', DARK],
  ])('axe finds no violation in the main states, %s', async (_, options) => {
    const { person, bob } = await aliceWithMail(options);
    const { page } = person;
    await person.row('2 unread').waitFor();
    expect(await faultsOf(page)).toEqual([]);

    await person.row(bob).click();
    await person.sees('second');
    await person.say('an answer');
    await person.stored('an answer');
    expect(await faultsOf(page)).toEqual([]);

    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await person.network.cut();
    await page.getByText('You are offline.').waitFor();
    await person.say('waiting');
    await person.bubble('waiting').getByText('Sending').first().waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  it('axe finds no violation on the sign-in page, in an empty chat, in a group, and in the demo', async () => {
    const signInPage = await visit();
    await signInPage.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await faultsOf(signInPage)).toEqual([]);

    const { page } = await signIn(newUser('alice'));
    await page.getByText('No conversations yet').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start one' }).click();
    await page.getByLabel('With').fill('bob carol');
    await page.getByRole('button', { name: 'Create group' }).click();
    await page.getByText('3 members').waitFor();
    await page.getByRole('button', { name: 'About this group' }).click();
    await page.getByText('admin', { exact: true }).waitFor();
    expect(await faultsOf(page)).toEqual([]);

    const demo = await visit({ query: '?demo' });
    await demo.getByRole('textbox', { name: 'Message bob' }).waitFor();
    expect(await faultsOf(demo)).toEqual([]);
  });
});

describe('on a phone', () => {
  it('shows either the list or the conversation, and the back button returns to the list', async () => {
    const { person, bob } = await aliceWithMail(PHONE);
    const { page } = person;
    await person.row(bob).waitFor();
    expect(await page.getByText('No conversation is open').isVisible()).toBe(false);
    await person.row(bob).click();
    await person.sees('second');
    expect(await person.row(bob).isVisible()).toBe(false);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(390);
    expect(await faultsOf(page)).toEqual([]);
    await page.goBack();
    await person.row(bob).waitFor();
    await person.row(bob).click();
    await page.getByRole('button', { name: 'Back to the list' }).click();
    await person.row(bob).waitFor();
  });
});

describe('the actions of a message', () => {
  it('are beside the top of its bubble, and stay in view while a part of it is', async () => {
    const alice = await signIn(newUser('alice'));
    await alice.meet('bob');
    await alice.say('line\n'.repeat(60));
    await alice.stored('line');
    const scroller = alice.page.locator('.messages-scroller');
    const place = async (of: Locator) => (await of.boundingBox()) ?? { x: 0, y: 0 };
    /** Pixels from the top of the list. */
    const below = async () => {
      const button = await place(alice.page.getByRole('button', { name: 'Take back' }));
      expect(button.x).toBeLessThan((await place(alice.page.locator('.bubble'))).x);
      return button.y - (await place(scroller)).y;
    };
    // The list shows its end.
    expect(await below()).toBe(16);
    await scroller.evaluate((element) => element.scrollTo(0, 0));
    await expect.poll(below).toBeGreaterThan(16);
    expect(await below()).toBeLessThan(100);
  });
});

describe('on a touch screen', () => {
  it('a message shows the button of its menu, which a long press opens too', async () => {
    const alice = await signIn(newUser('alice'), PHONE);
    const { page } = alice;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await alice.meet('bob');
    await alice.say('pressed');
    await alice.stored('pressed');
    const actions = alice.bubble('pressed').locator('.message-actions');
    expect(await actions.evaluate((element) => getComputedStyle(element).opacity)).toBe('1');
    // A finger that misses one of several might take the message back.
    expect(await actions.getByRole('button').count()).toBe(1);
    const menu = page.getByRole('dialog', { name: 'Message' });
    await actions.getByRole('button', { name: 'More' }).tap();
    await menu.getByRole('button', { name: 'Copy text' }).click();
    await menu.waitFor({ state: 'hidden' });
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('pressed');
    expect(await faultsOf(page)).toEqual([]);
    await press(page, alice.bubble('pressed').locator('.bubble'));
    expect(await faultsOf(page)).toEqual([]);
    await menu.getByRole('button', { name: 'Take back' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Take back' }).click();
    await alice.sees('You took this message back');
  });

  /** A finger that rests on the element until a dialog is there. */
  async function press(page: Page, element: Locator): Promise<void> {
    const { x = 0, y = 0 } = (await element.boundingBox()) ?? {};
    const finger = await page.context().newCDPSession(page);
    const touchPoints = [{ x: x + 10, y: y + 10 }];
    await finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
    await page.getByRole('dialog').waitFor();
    await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await finger.detach();
  }
});

describe('a right-to-left page', () => {
  it('is mirrored, and each text has its own direction', async () => {
    const { person, bob } = await aliceWithMail();
    const { page } = person;
    await page.evaluate(() => {
      document.documentElement.dir = 'rtl';
    });
    await person.row(bob).click();
    await person.say('שלום, מה שלומך?');
    await person.sees('שלום');
    const list = await page.getByRole('navigation').boundingBox();
    const pane = await page.getByRole('main').boundingBox();
    expect(list?.x).toBeGreaterThan(pane?.x ?? 0);
    const direction = (text: string) =>
      person
        .bubble(text)
        .locator('.bubble-text')
        .evaluate((element) => getComputedStyle(element).direction);
    expect(await direction('שלום')).toBe('rtl');
    expect(await direction('second')).toBe('ltr');
    expect(await faultsOf(page)).toEqual([]);
  });
});

describe('with the keyboard alone', () => {
  it('a user can sign in, start a conversation, send a message, and recall it', async () => {
    const page = await visit();
    const alice = newUser('alice');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    const tabTo = (label: string) =>
      expect
        .poll(async () => {
          await page.keyboard.press('Tab');
          return focused();
        })
        .toBe(label);
    await page.getByLabel('Somebody else').focus();
    await page.keyboard.type(alice);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: alice }).waitFor();
    await tabTo('New conversation');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused()).toBe('New conversation');
    await page.keyboard.press('Enter');
    // Typing starts once the field has the focus.
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT');
    await page.keyboard.type('bob');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Message bob' }).waitFor();
    await page.keyboard.type('typed');
    await page.keyboard.press('Enter');
    await page.locator('.message', { hasText: 'typed' }).getByText('Sent').first().waitFor();
    await tabTo('Take back');
    await page.keyboard.press('Enter');
    const question = page.getByRole('alertdialog', { name: 'Take this message back?' });
    await question.waitFor();
    expect(await faultsOf(page)).toEqual([]);
    // The focus is on the answer that changes nothing.
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
    await page.keyboard.press('Enter');
    await question.waitFor({ state: 'hidden' });
    expect(await focused()).toBe('Take back');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.message', { hasText: 'You took this message back' }).waitFor();
  });
});
