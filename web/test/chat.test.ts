import { describe, expect, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { confirm, type Person, signIn, type Visit } from './setup/person.ts';
import { erase, makeGroup, newUser, reactToLast, say } from './setup/stack.ts';

async function twoPeople(options?: Visit) {
  const users = [newUser('alice'), newUser('bob')] as const;
  const [alice, bob] = await Promise.all([signIn(users[0], options), signIn(users[1], options)]);
  await Promise.all([alice.meet(bob.userId), bob.meet(alice.userId)]);
  return { alice, bob };
}

describe('a direct conversation', () => {
  it('shows messages, typing, and read state to both users, in motion too', async () => {
    const { alice, bob } = await twoPeople({ reducedMotion: 'no-preference' });
    await alice.say('hello bob');
    await bob.sees('hello bob');
    await alice.bubble('hello bob').getByText('Read').first().waitFor();
    // A screen reader hears it once.
    expect((await alice.bubble('hello bob').ariaSnapshot()).match(/Read/g)).toHaveLength(1);
    await bob.say('hello alice');
    await alice.sees('hello alice');
    // A push that came before both had written was not passed on, and the next one follows 2 s later.
    await expect
      .poll(async () => {
        await bob.composer().pressSequentially('m');
        return alice.page.getByText(`${bob.userId} is typing`).count();
      })
      .toBe(1);
    await alice.page.getByText('online').first().waitFor();
  });

  it('shows the unread count until the conversation is opened, and then shows the message as read to the sender', async () => {
    const [alice, bob] = await Promise.all([signIn(newUser('alice')), signIn(newUser('bob'))]);
    await alice.meet(bob.userId);
    await alice.say('one');
    await alice.say('two');
    await bob.row('2 unread').waitFor();
    await expect.poll(() => bob.page.title()).toBe('(2) serverless-im');
    const icon = bob.page.locator('link[rel=icon]');
    expect(await icon.getAttribute('href')).toBe('./unread/2.svg');
    await alice.bubble('two').getByText('Sent').first().waitFor();
    await bob.row(alice.userId).click();
    await bob.page.getByText('New', { exact: true }).waitFor();
    await bob.sees('two');
    await alice.bubble('two').getByText('Read').first().waitFor();
    await expect.poll(() => bob.row('unread').count()).toBe(0);
    expect(await bob.page.title()).toBe('serverless-im');
    expect(await icon.getAttribute('href')).toBe('./icon.svg');
    await alice.page.reload();
    await alice.row(bob.userId).click();
    await alice.bubble('two').getByText('Read').first().waitFor();
  });

  it('shows at once that the connection is lost, and delivers everything in order after it is back', async () => {
    const { alice, bob } = await twoPeople();
    await alice.say('before');
    await bob.sees('before');
    await alice.row('before').waitFor();
    await alice.network.cut();
    await alice.page.getByText('You are offline.').waitFor();
    await alice.say('written without a connection');
    await alice.say('and another');
    await alice.bubble('and another').getByText('Sending').first().waitFor();
    await alice.row('and another').locator('.ticks-pending').waitFor();
    await bob.say('where are you?');
    await bob.bubble('where are you?').getByText('Sent').first().waitFor();
    await alice.network.heal();
    await alice.sees('where are you?');
    await bob.sees('and another');
    const order = await bob.page.locator('.bubble-text').allTextContents();
    expect(order.filter((text) => text.startsWith('written') || text.startsWith('and'))).toEqual([
      'written without a connection',
      'and another',
    ]);
    await expect.poll(() => alice.page.getByText('You are offline.').count()).toBe(0);
    await alice.row('and another').locator('.ticks-read').waitFor();
  });

  it('shows unsent messages at once after a reload without a network, before what is written then, and sends them in this order', async () => {
    const { alice, bob } = await twoPeople();
    await alice.network.cutStack();
    await alice.say('written one');
    await alice.say('written two');
    await alice.bubble('written two').getByText('Sending').first().waitFor();
    await alice.page.reload();
    await alice.sees('written one');
    await alice.say('written three');
    await alice.sees('written three');
    const all = ['written one', 'written two', 'written three'];
    expect(await alice.page.locator('.bubble-text').allTextContents()).toEqual(all);
    await alice.network.heal();
    await bob.sees('written three');
    expect(await bob.page.locator('.bubble-text').allTextContents()).toEqual(all);
  });

  it('changes a message for both users when its sender edits it, and marks it as edited (IM-EDIT)', async () => {
    const { alice, bob } = await twoPeople();
    await alice.say('helo');
    await bob.sees('helo');
    await alice.bubble('helo').hover();
    await alice.page.getByRole('button', { name: 'Edit' }).click();
    const dialog = alice.page.getByRole('dialog', { name: 'Edit message' });
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
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

describe('a refused message', () => {
  it('shows the reason, and is sent once by a retry', async () => {
    const { alice, bob } = await twoPeople();
    alice.network.refuseOnce('try me', { code: 'invalid_request', message: 'no', retryable: false });
    await alice.say('try me');
    await alice.page.getByText('Not sent. The server did not accept it.').waitFor();
    await alice.page.getByRole('button', { name: 'Retry' }).click();
    await bob.sees('try me');
    await alice
      .bubble('try me')
      .getByText(/Sent|Read/)
      .first()
      .waitFor();
    expect(await alice.bubble('try me').count()).toBe(1);
  });

  it('can be edited, which adds its text to the draft, and deleted', async () => {
    const { alice, bob } = await twoPeople();
    const refusal = { code: 'forbidden', message: 'no', retryable: false };
    alice.network.refuseOnce('try me', refusal);
    await alice.say('try me');
    await alice.page.getByText('Not sent. It can’t be delivered.').waitFor();
    await alice.composer().fill('half a thought');
    await alice.page.getByRole('button', { name: 'Edit' }).click();
    await expect.poll(() => alice.composer().inputValue()).toBe('try me\nhalf a thought');
    expect(await alice.bubble('try me').count()).toBe(0);
    const message = 'Please keep it friendly.';
    alice.network.refuseOnce('half a thought', { code: 'blocked_content', message, retryable: false });
    await alice.composer().press('Enter');
    await alice.page.getByText('Not sent. It was refused: Please keep it friendly.').waitFor();
    await alice.page.getByRole('button', { name: 'Delete' }).click();
    await alice.page.getByText('This conversation is empty').waitFor();
    await alice.say('now');
    await bob.sees('now');
    expect(await bob.bubble('thought').count()).toBe(0);
  });
});

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
  it('is shown as text even if it is markup (IM-REFUSE-10)', async () => {
    const { alice, bob } = await twoPeople();
    const markup = '<img src=x onerror="document.title=1"><b>bold</b><script>document.title=2</script>';
    await alice.say(markup);
    await bob.sees(markup);
    expect(await bob.page.locator('.bubble img, .bubble b, .bubble script').count()).toBe(0);
    await expect.poll(() => bob.page.title()).toBe('serverless-im');
  });

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
