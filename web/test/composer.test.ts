/** @module-tag long */
import { describe, expect, it } from 'vitest';
import { twoPeople } from './setup/person.ts';
import { newUser, say } from './setup/stack.ts';

describe('a text that is too long', () => {
  it('is reported before it is sent, and stays in the field after a reload', async () => {
    const { alice } = await twoPeople();
    const text = 'x'.repeat(16_384);
    await alice.composer().fill(text);
    await alice.page.getByText('25 characters too long for one message.').waitFor();
    expect(await alice.page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await alice.composer().press('Enter');
    await alice.page.reload();
    await expect.poll(() => alice.composer().inputValue()).toBe(text);
    await alice.composer().fill(text.slice(25));
    await alice.composer().press('Enter');
    await alice.stored('xxx');
  });

  it('is not put into the field if it would freeze the page, and the typed text stays', async () => {
    const { alice } = await twoPeople();
    await alice.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await alice.page.evaluate(() => navigator.clipboard.writeText('lorem ipsum '.repeat(100_000)));
    await alice.composer().fill('typed');
    await alice.composer().press('Control+V');
    await alice.page.getByText('1,200,000 characters are too many to put here.').waitFor();
    expect(await alice.composer().inputValue()).toBe('typed');
  });
});

describe('the text of a message', () => {
  it('has https addresses as links, which show their full target and send it no referrer', async () => {
    const { alice, bob } = await twoPeople();
    await alice.say('see https://example.com/a?b=c. Not http://example.com');
    const link = bob.bubble('see').getByRole('link');
    await link.waitFor();
    expect(await link.textContent()).toBe('https://example.com/a?b=c');
    for (const [name, value] of [
      ['href', 'https://example.com/a?b=c'],
      ['title', 'https://example.com/a?b=c'],
      ['rel', 'noopener noreferrer nofollow'],
      ['target', '_blank'],
    ] as const)
      expect(await link.getAttribute(name)).toBe(value);
  });

  it('wraps long words, and keeps line breaks and emoji', async () => {
    const { alice, bob } = await twoPeople();
    await alice.say(`${'Donaudampfschifffahrt'.repeat(20)}`);
    await alice.composer().fill('first');
    await alice.composer().press('Shift+Enter');
    await alice.composer().pressSequentially('second 👩‍👩‍👧‍👦');
    await alice.composer().press('Enter');
    await bob.sees('second 👩‍👩‍👧‍👦');
    expect(await bob.bubble('second').locator('.bubble-text').textContent()).toBe('first\nsecond 👩‍👩‍👧‍👦');
    const isWide = await bob.page.evaluate(() =>
      [...document.querySelectorAll('.messages-scroller, body')].some(
        (one) => one.scrollWidth > one.clientWidth,
      ),
    );
    expect(isWide).toBe(false);
  });

  it('is not sent when Enter picks a word of an input method', async () => {
    const { alice } = await twoPeople();
    await alice.composer().fill('にほん');
    const isTaken = await alice.composer().evaluate((field) => {
      const init = { key: 'Enter', isComposing: true, bubbles: true, cancelable: true };
      return !field.dispatchEvent(new KeyboardEvent('keydown', init));
    });
    expect(isTaken).toBe(false);
    expect(await alice.composer().inputValue()).toBe('にほん');
    await alice.composer().press('Enter');
    await alice.sees('にほん');
  });

  it('is kept as a draft while another conversation is open', async () => {
    const { alice, bob } = await twoPeople();
    const carol = newUser('carol');
    await say(carol, alice.userId, ['psst']);
    await bob.say('hi');
    await alice.composer().fill('half a thought');
    await alice.row(carol).click();
    await alice.sees('psst');
    await alice.row(bob.userId).click();
    await expect.poll(() => alice.composer().inputValue()).toBe('half a thought');
  });
});
