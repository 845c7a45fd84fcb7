/** @module-tag long */
import { describe, expect, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { confirm, type Person, signIn, twoPeople } from './setup/person.ts';
import { erase, makeGroup, newUser, reactToLast } from './setup/stack.ts';

describe('a direct conversation', () => {
  it('changes a message for both users when its sender edits it, and marks it as edited (IM-EDIT)', async () => {
    const { alice, bob } = await twoPeople();
    await alice.say('helo');
    await bob.sees('helo');
    await alice.bubble('helo').hover();
    await alice.page.getByRole('button', { name: 'Edit' }).click();
    const dialog = alice.page.getByRole('dialog', { name: 'Edit message' });
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await alice.page.keyboard.press('p');
    expect(await dialog.getByRole('textbox').inputValue()).toBe('helop');
    await dialog.getByRole('textbox').fill('hello');
    await dialog.getByRole('textbox').press('Shift+Enter');
    expect(await dialog.getByRole('textbox').inputValue()).toBe('hello\n');
    await dialog.getByRole('textbox').press('Enter');
    for (const { sees, bubble } of [alice, bob]) {
      await sees('hello');
      await bubble('hello').getByText('edited').waitFor();
    }
    expect(await bob.page.getByText('helo', { exact: true }).count()).toBe(0);
  });

  it('is saved though others reacted to the message, of which no push tells in a large group (IM-EDIT, IM-REACT)', async () => {
    const [admin, reader] = [newUser('alice'), newUser('bob')];
    await makeGroup(admin, 'Crowd', [reader, ...Array.from({ length: 99 }, () => newUser('m'))]);
    const alice = await signIn(admin);
    await alice.row('Crowd').click();
    await alice.say('helo');
    await alice.stored('helo');
    await reactToLast(reader, '👍');
    await alice.bubble('helo').hover();
    await alice.page.getByRole('button', { name: 'Edit' }).click();
    const field = alice.page.getByRole('dialog', { name: 'Edit message' }).getByRole('textbox');
    await field.fill('hello');
    await field.press('Enter');
    await alice.sees('hello');
  });

  it('reports that edits and recalls need a connection, and keeps the typed text', async () => {
    const { alice } = await twoPeople();
    await alice.say('helo');
    await alice.stored('helo');
    await alice.network.cut();
    await alice.page.getByText('You are offline.').waitFor();
    await alice.bubble('helo').hover();
    await alice.page.getByRole('button', { name: 'Take back' }).click();
    const question = alice.page.getByRole('alertdialog');
    await question.getByText(/You can take it back until \d/).waitFor();
    await question.getByRole('button', { name: 'Take back' }).click();
    await question.getByText('Taking a message back needs a connection.').waitFor();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await alice.bubble('helo').hover();
    await alice.page.getByRole('button', { name: 'Edit' }).click();
    const dialog = alice.page.getByRole('dialog', { name: 'Edit message' });
    await dialog.getByRole('textbox').fill('hello');
    await dialog.getByRole('textbox').press('Control+Enter');
    await dialog.getByText('Editing needs a connection. Your text stays here').waitFor();
    expect(await dialog.getByRole('textbox').inputValue()).toBe('hello');
  });

  it('removes a recalled message for both users, after a confirmation', async () => {
    const { alice, bob } = await twoPeople();
    await alice.say('I should not have said this');
    await bob.sees('I should not have said this');
    await alice.bubble('I should not').hover();
    await confirm(alice.page, alice.page.getByRole('button', { name: 'Take back' }), 'Take back');
    await alice.sees('You took this message back');
    await bob.sees('This message was taken back');
    expect(await bob.page.getByText('I should not').count()).toBe(0);
  });

  it('says of all messages of an erased user that they were deleted, also in a quote, and offers nothing to do with them (IM-ERASE-5)', async () => {
    const { alice, bob } = await twoPeople();
    for (const text of ['one secret', 'another secret']) await alice.say(text);
    await bob.sees('another secret');
    await bob.bubble('one secret').first().hover();
    await bob.bubble('one secret').first().getByRole('button', { name: 'Reply', exact: true }).click();
    await bob.say('an answer');
    await erase(alice.userId);
    const deleted = bob.page.getByText('This message was deleted');
    // Two bubbles, and the quote of one.
    await expect.poll(() => deleted.count()).toBe(3);
    await bob.bubble('an answer').locator('.reply-quote').getByText('This message was deleted').waitFor();
    expect(await bob.page.getByText('secret').count()).toBe(0);
    await bob.bubble('This message was deleted').first().hover();
    expect(await bob.bubble('This message was deleted').first().getByRole('button').count()).toBe(0);
  });
});

describe('a reply (IM-REPLY)', () => {
  const reply = async ({ page, bubble }: Person, to: string) => {
    await bubble(to).first().hover();
    await bubble(to).first().getByRole('button', { name: 'Reply', exact: true }).click();
    await page.locator('.answering').getByText(to).waitFor();
  };
  const quote = ({ bubble }: Person, text: string) => bubble(text).locator('.reply-quote');

  it('quotes the message it answers, survives a reload and a lost network, and shows changes of the original to both', async () => {
    const { alice, bob } = await twoPeople();
    await bob.say('tea or coffee?');
    await alice.sees('tea or coffee?');
    await reply(alice, 'tea or coffee?');
    expect(await alice.composer().evaluate((field) => field === document.activeElement)).toBe(true);
    await alice.composer().fill('coff');
    await alice.page.reload();
    await alice.page.locator('.answering').getByText('tea or coffee?').waitFor();
    expect(await faultsOf(alice.page)).toEqual([]);
    await alice.network.cut();
    await alice.page.getByText('You are offline.').waitFor();
    await alice.say('coffee');
    await quote(alice, 'coffee').last().getByText('tea or coffee?').waitFor();
    expect(await alice.page.locator('.answering').count()).toBe(0);
    await bob.bubble('tea or').hover();
    await bob.page.getByRole('button', { name: 'Edit' }).click();
    await bob.page.getByRole('dialog').getByRole('textbox').fill('tea or cocoa?');
    await bob.page.getByRole('button', { name: 'Save' }).click();
    await alice.network.heal();
    for (const person of [alice, bob]) await quote(person, 'coffee').getByText('tea or cocoa?').waitFor();
    expect(await quote(bob, 'coffee').locator('.reply-from').textContent()).toBe('You');
    expect(await quote(alice, 'coffee').locator('.reply-from').textContent()).toBe(bob.userId);
    await bob.bubble('tea or').first().hover();
    await confirm(bob.page, bob.page.getByRole('button', { name: 'Take back' }).first(), 'Take back');
    await quote(alice, 'coffee').getByText('This message was taken back').waitFor();
    await quote(bob, 'coffee').getByText('You took this message back').waitFor();
    expect(await faultsOf(alice.page)).toEqual([]);
  });

  it('is cancelled by Escape, and is restored with a refused text', async () => {
    const { alice, bob } = await twoPeople();
    await bob.say('tea?');
    await alice.sees('tea?');
    await reply(alice, 'tea?');
    await alice.composer().fill('typed');
    await alice.composer().press('Escape');
    await expect.poll(() => alice.page.locator('.answering').count()).toBe(0);
    expect(await alice.composer().inputValue()).toBe('typed');
    await reply(alice, 'tea?');
    alice.network.refuseOnce('typed', { code: 'invalid_request', message: 'no', retryable: false });
    await alice.composer().press('Enter');
    await alice.page.getByText('Perhaps the original message no longer exists.').waitFor();
    await alice.page.locator('.message-failed').getByRole('button', { name: 'Edit' }).click();
    await alice.page.locator('.answering').getByText('tea?').waitFor();
    await alice.composer().press('Enter');
    await quote(bob, 'typed').getByText('tea?').waitFor();
  });
});

describe('messages that change', () => {
  it('show the same to two people after one of them was cut off: reactions, edits, pins, and what was taken back (IM-CHANGE-4)', async () => {
    const { alice, bob } = await twoPeople();
    for (const text of ['dinner?', 'at eight', 'or nine']) await alice.say(text);
    await bob.sees('or nine');
    const react = async (who: Person, text: string, name: string) => {
      await who.bubble(text).hover();
      await who.bubble(text).getByRole('button', { name: 'React', exact: true }).click();
      await who.page.getByRole('dialog').getByRole('button', { name }).click();
      await who.page.getByRole('dialog').waitFor({ state: 'hidden' });
    };
    const menu = async (who: Person, text: string, action: string) => {
      await who.bubble(text).hover();
      await who.bubble(text).getByRole('button', { name: 'More' }).click();
      await who.page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click();
    };
    const chip = (who: Person, text: string, name: string) =>
      who.bubble(text).getByRole('list', { name: 'Reactions' }).getByRole('button', { name });
    await react(bob, 'dinner?', '👍');
    await chip(alice, 'dinner?', `👍 1: ${bob.userId}`).waitFor();
    expect(await chip(bob, 'dinner?', '👍 1: You').getAttribute('aria-pressed')).toBe('true');

    await bob.network.cut();
    await chip(alice, 'dinner?', '👍').click();
    await chip(alice, 'dinner?', '👍 2').waitFor();
    await menu(alice, 'at eight', 'Pin');
    const pins = (who: Person) => who.page.getByRole('region', { name: 'Pinned messages' });
    await pins(alice).getByText('at eight').waitFor();
    await alice.bubble('at eight').hover();
    await alice.bubble('at eight').getByRole('button', { name: 'Edit' }).click();
    await alice.page.getByRole('textbox', { name: 'Edit message' }).fill('at half past eight');
    await alice.page.getByRole('button', { name: 'Save' }).click();
    await alice.sees('at half past eight');
    await confirm(
      alice.page,
      alice.bubble('or nine').getByRole('button', { name: 'Take back' }),
      'Take back',
    );

    await bob.network.heal();
    for (const who of [alice, bob]) {
      await chip(who, 'dinner?', '👍 2').waitFor();
      await who.sees('at half past eight');
      await pins(who).getByText('at half past eight').waitFor();
      await expect.poll(() => who.bubble('or nine').count()).toBe(0);
      expect(await faultsOf(who.page)).toEqual([]);
    }
    await chip(bob, 'dinner?', '👍 2').click();
    await chip(alice, 'dinner?', '👍 1: You').waitFor();
    await pins(bob).getByRole('button', { name: '1 pinned' }).click();
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Unpin' }).click();
    for (const who of [alice, bob]) await pins(who).waitFor({ state: 'detached' });
  });
});
