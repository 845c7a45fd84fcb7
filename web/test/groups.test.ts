/** @module-tag long */
import { describe, expect, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { confirm, type Person, signIn } from './setup/person.ts';
import { newUser } from './setup/stack.ts';

interface Three {
  readonly open?: readonly ('bob' | 'carol')[];
  readonly reports?: string | readonly string[];
}

async function threePeople({ open = ['bob', 'carol'], reports = [] }: Three = {}) {
  const [alice, bob, carol] = await Promise.all(
    ['alice', 'bob', 'carol'].map((name) => signIn(newUser(name), { reports })),
  );
  if (!alice || !bob || !carol) throw new Error('three');
  await alice.page.getByRole('button', { name: 'New conversation' }).click();
  await alice.page.getByLabel('With').fill(`${bob.userId} ${carol.userId}`);
  await alice.page.getByLabel('Group name').fill('Rowers');
  await alice.page.getByRole('button', { name: 'Create group' }).click();
  await alice.page.getByRole('heading', { name: 'Rowers' }).waitFor();
  const openers = { bob, carol };
  await Promise.all(open.map((name) => openers[name].row('Rowers').click()));
  return { alice, bob, carol };
}

describe('a group of three', () => {
  it('shows each message with its sender to all members', async () => {
    const { alice, bob, carol } = await threePeople();
    await alice.say('race on Sunday');
    await Promise.all([bob.sees('race on Sunday'), carol.sees('race on Sunday')]);
    await carol.say('I am in');
    await bob.sees('I am in');
    expect(await bob.bubble('I am in').locator('.message-from').textContent()).toBe(carol.userId);
    await alice.page.getByText('3 members').waitFor();
    await alice.page.getByText('You created this group with').waitFor();
  });

  it('has neither a tick nor a count in the list while there are no messages', async () => {
    const { alice, bob } = await threePeople({ open: [] });
    await alice.row('You created this group').waitFor();
    expect(await alice.row('You created this group').locator('.ticks').count()).toBe(0);
    await bob.row('created this group').waitFor();
    await expect.poll(() => bob.row('unread').count()).toBe(0);
    await alice.say('race on Sunday');
    await bob.row('1 unread').waitFor();
    await bob.page.reload();
    await bob.row('1 unread').waitFor();
  });

  it('can be renamed, gain and lose members, and shows each change to its members', async () => {
    const { alice, bob, carol } = await threePeople({ reports: 'status of 400' });
    const dave = newUser('dave');
    await alice.page.getByRole('button', { name: 'About this group' }).click();
    const dialog = alice.page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Eight');
    await dialog.getByRole('button', { name: 'Rename' }).click();
    await bob.page.getByRole('heading', { name: 'Eight' }).waitFor();
    await dialog.getByLabel('Add people').fill('no:name');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText('“no:name” is not a user name').waitFor();
    expect(await dialog.getByLabel('Add people').inputValue()).toBe('no:name');
    await dialog.getByLabel('Add people').fill(dave);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await bob.page.getByText(`${alice.userId} added ${dave}`).last().waitFor();
    await confirm(alice.page, dialog.getByRole('button', { name: `Remove ${carol.userId}` }), 'Remove');
    await bob.page.getByText(`${alice.userId} removed ${carol.userId}`).last().waitFor();
    await expect.poll(() => carol.row('Eight').count()).toBe(0);
    await carol.page.getByText(`${alice.userId} removed you from this group.`).waitFor();
    expect(await carol.composer().count()).toBe(0);
    expect(await carol.page.getByRole('button', { name: 'About this group' }).count()).toBe(0);
    await dialog.getByLabel('Add people').fill(carol.userId);
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await carol.composer().waitFor();
    await carol.say('back again');
    await bob.sees('back again');
    await alice.page.keyboard.press('Escape');

    await bob.page.getByRole('button', { name: 'About this group' }).click();
    await confirm(bob.page, bob.page.getByRole('button', { name: 'Leave the group' }), 'Leave');
    await alice.page.getByText(`${bob.userId} left`).last().waitFor();
    await bob.page.getByText('No conversation is open').waitFor();
    expect(await bob.row('Eight').count()).toBe(0);
  });

  it('lets its admins decide who may write, and how often (IM-BUDGET-5)', async () => {
    const { alice, bob } = await threePeople();
    await alice.page.getByRole('button', { name: 'About this group' }).click();
    const dialog = alice.page.getByRole('dialog');
    const widths = await dialog.getByRole('combobox').evaluateAll((all) => all.map((one) => one.clientWidth));
    expect(new Set(widths).size).toBe(1);
    await dialog.getByLabel('Write').selectOption('Only admins');
    await bob.page.getByText('Only admins can write in this group.').waitFor();
    expect(await bob.composer().count()).toBe(0);
    await bob.page.getByText(`${alice.userId} lets only admins write`).last().waitFor();
    await dialog.getByLabel('Write').selectOption('Everyone');
    await bob.composer().waitFor();
    await dialog.getByLabel('Slow mode').selectOption('One message in 1 hour');
    await bob.page.getByText('Slow mode: one message in 1 hour.').waitFor();
    expect(await faultsOf(alice.page)).toEqual([]);
    await alice.page.keyboard.press('Escape');
    await alice.page.getByText('You let members write one message in 1 hour').last().waitFor();
    expect(await alice.page.locator('.row-title').allTextContents()).not.toContain('3600');
    await bob.say('my turn');
    await alice.sees('my turn');
    // It waits, and neither fails nor looks as if the budget were used up.
    await bob.say('too soon');
    await bob.bubble('too soon').locator('.ticks-pending').waitFor();
    await bob.page.waitForTimeout(3_000);
    expect(await bob.page.getByText('The server does not answer.').count()).toBe(0);
    await alice.say('mine is never too soon');
    await bob.sees('mine is never too soon');
    await alice.page.getByRole('button', { name: 'About this group' }).click();
    expect(await alice.page.getByText('too soon', { exact: true }).count()).toBe(0);
  });

  it('lets its last admin leave once the next one is named', async () => {
    const { alice, bob, carol } = await threePeople({ reports: ['status of 409', 'status of 404'] });
    await alice.page.getByRole('button', { name: 'About this group' }).click();
    await alice.page.getByRole('button', { name: 'Leave the group' }).click();
    const choice = alice.page.getByRole('dialog', { name: 'Who takes over?' });
    await expect.poll(() => choice.getByRole('radio').count()).toBe(2);
    await choice.getByLabel(bob.userId).check();
    expect(await faultsOf(alice.page)).toEqual([]);
    await choice.getByRole('button', { name: 'Make admin and leave' }).click();
    await alice.page.getByText('No conversation is open').waitFor();
    await carol.page.getByText(`${alice.userId} left`).last().waitFor();

    // The next admin can name others, and then leaves like everybody.
    await bob.page.getByRole('button', { name: 'About this group' }).click();
    await bob.page.getByRole('button', { name: `Make admin: ${carol.userId}` }).click();
    const leave = bob.page.getByRole('button', { name: 'Leave the group' });
    await expect.poll(() => bob.page.getByText('admin', { exact: true }).count()).toBe(2);
    await confirm(bob.page, leave, 'Leave');
    await carol.page.getByText(`${bob.userId} left`).last().waitFor();
  });

  it('shows a user who was removed while away that they are out, instead of a composer', async () => {
    const { alice, bob } = await threePeople({ reports: 'status of 404' });
    await bob.network.cut();
    await alice.page.getByRole('button', { name: 'About this group' }).click();
    const dialog = alice.page.getByRole('dialog');
    await confirm(alice.page, dialog.getByRole('button', { name: `Remove ${bob.userId}` }), 'Remove');
    await bob.network.heal();
    await bob.page.getByText(/removed you from this group|You are no longer in this conversation/).waitFor();
    expect(await bob.composer().count()).toBe(0);
  });

  it('keeps its name and lets an unsent message be copied or deleted, after its writer was removed and the page loaded again', async () => {
    const { alice, bob } = await threePeople({ reports: 'status of 404' });
    await bob.page.getByText('3 members').waitFor();
    await bob.network.cutStack();
    await bob.say('too late');
    await alice.page.getByRole('button', { name: 'About this group' }).click();
    const dialog = alice.page.getByRole('dialog');
    await confirm(alice.page, dialog.getByRole('button', { name: `Remove ${bob.userId}` }), 'Remove');
    await bob.page.reload();
    await bob.sees('too late');
    await bob.network.heal();
    const failed = bob.page.getByRole('alert').filter({ hasText: 'You are no longer in this conversation.' });
    await failed.waitFor();
    await bob.page.getByRole('heading', { name: 'Rowers' }).waitFor();
    await expect.poll(() => failed.getByRole('button').allTextContents()).toEqual(['Copy', 'Delete']);
    await failed.getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => bob.bubble('too late').count()).toBe(0);
  });
});

describe('the ticks in a group', () => {
  it('tell “read by some” from “read by all” and list the readers, after a reload too', async () => {
    const { alice, bob, carol } = await threePeople({ open: ['bob'] });
    await alice.say('who rows?');
    const ticks = alice.bubble('who rows?').getByRole('button', { name: /show by whom/ });
    const shows = (words: string) => expect.poll(() => ticks.textContent()).toContain(words);
    await shows('Read by 1 of 2');
    await alice.page.getByRole('button', { name: 'Read by 1 of 2, show by whom', exact: true }).waitFor();
    await alice.page.reload();
    await shows('Read by 1 of 2');
    await ticks.press('Enter');
    const dialog = alice.page.getByRole('dialog', { name: 'Who has read this message' });
    await dialog.getByText('Not read yet').waitFor();
    const lists = dialog.getByRole('list');
    expect(await lists.first().textContent()).toContain(bob.userId);
    expect(await lists.last().textContent()).toContain(carol.userId);
    expect(await faultsOf(alice.page)).toEqual([]);
    await alice.page.keyboard.press('Escape');

    await carol.row('Rowers').click();
    await shows('Read by all');
    await alice.row('Rowers').getByText('Sent').waitFor({ state: 'attached' });
    await alice.page.reload();
    await shows('Read by all');
    await alice.row('Rowers').getByText('Sent').waitFor({ state: 'attached' });
  });

  it('keep the state of a push when an older answer arrives after it', async () => {
    const { alice, carol } = await threePeople({ open: ['bob'] });
    await alice.say('who rows?');
    const ticks = alice.bubble('who rows?').getByRole('button', { name: /show by whom/ });
    await expect.poll(() => ticks.textContent()).toContain('Read by 1 of 2');
    const { promise: isPushed, resolve: pushed } = Promise.withResolvers<void>();
    const asked = new Promise<void>((resolve) => {
      void alice.page.route(/\/reads/, async (route) => {
        const response = await route.fetch();
        resolve();
        await isPushed;
        await route.fulfill({ response });
      });
    });
    const answered = alice.page.waitForResponse(/\/reads/);
    await alice.page.getByRole('button', { name: 'About this group' }).click();
    await alice.page.getByLabel('Name').fill('Eight');
    await alice.page.getByRole('button', { name: 'Rename' }).click();
    await asked;
    await carol.row('Eight').click();
    await expect.poll(() => ticks.textContent()).toContain('Read by all');
    pushed();
    await (await answered).finished();
    await alice.page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    expect(await ticks.textContent()).toContain('Read by all');
  });

  it('do not wait for members who joined later', async () => {
    const { alice } = await threePeople();
    await alice.say('before dave');
    const ticks = alice.bubble('before dave').getByRole('button', { name: /show by whom/ });
    await expect.poll(() => ticks.textContent()).toContain('Read by all');
    await alice.page.getByRole('button', { name: 'About this group' }).click();
    await alice.page.getByLabel('Add people').fill(newUser('dave'));
    const reads = alice.page.waitForResponse(/\/reads/);
    await alice.page.getByRole('button', { name: 'Add', exact: true }).click();
    await reads;
    await alice.page.getByText('4 members').first().waitFor();
    expect(await ticks.textContent()).toContain('Read by all');
  });
});

describe('a mention (IM-REPLY)', () => {
  const suggestions = ({ page }: Person) => page.getByRole('option');

  it('is completed while it is typed, highlighted, counted, and shown to a user who was away', async () => {
    const { alice, bob, carol } = await threePeople({ open: ['carol'] });
    const { page } = alice;
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/members')) asked.push(request.url());
    });
    await bob.row('Rowers').waitFor();
    await bob.network.cut();
    const composer = alice.composer();
    await composer.pressSequentially('race on Sunday');
    expect(asked).toEqual([]);
    await composer.fill('who steers, @');
    await expect.poll(() => suggestions(alice).allTextContents()).toHaveLength(3);
    expect(asked).toHaveLength(1);
    expect(await faultsOf(page)).toEqual([]);
    await composer.press('ArrowDown');
    const active = await composer.getAttribute('aria-activedescendant');
    expect(await page.locator(`[id="${active}"]`).textContent()).toContain(carol.userId);
    await composer.press('ArrowUp');
    await composer.pressSequentially('bo');
    await expect.poll(() => suggestions(alice).count()).toBe(1);
    await composer.press('Tab');
    expect(await composer.inputValue()).toBe(`who steers, @${bob.userId} `);
    await composer.pressSequentially('? or @car');
    await suggestions(alice).getByText(carol.userId).click();
    await composer.pressSequentially('?');
    expect(await composer.inputValue()).toBe(`who steers, @${bob.userId} ? or @${carol.userId} ?`);
    await composer.press('Enter');
    const mine = ({ bubble }: Person) => bubble('who steers').locator('.mention.is-me');
    await mine(carol).getByText(`@${carol.userId}`).waitFor();
    expect(await carol.bubble('who steers').locator('.mention').count()).toBe(2);
    expect(await mine(alice).count()).toBe(0);
    expect(asked).toHaveLength(1);
    await alice.say('a second one, for nobody');
    await bob.network.heal();
    await bob.row('1 mention of you, 2 unread').waitFor();
    expect(await faultsOf(bob.page)).toEqual([]);
    await alice.say(`hello @all`);
    await bob.row('2 mentions of you, 3 unread').waitFor();
    await bob.row('Rowers').click();
    await mine(bob).waitFor();
    await bob.bubble('hello').locator('.mention.is-me').getByText('@all').waitFor();
    await expect.poll(() => bob.row('mention').count()).toBe(0);
  });

  it('is added and removed by an edit, and Escape closes the list before the edit', async () => {
    const { alice, bob, carol } = await threePeople();
    await alice.say(`over to @${bob.userId}`);
    await bob.bubble('over to').locator('.mention.is-me').waitFor();
    await alice.bubble('over to').hover();
    await alice.page.getByRole('button', { name: 'Edit' }).click();
    const field = alice.page.getByRole('dialog').getByRole('textbox');
    await field.fill('over to you @ca');
    await suggestions(alice).getByText(carol.userId).waitFor();
    expect(await faultsOf(alice.page)).toEqual([]);
    await field.press('Escape');
    await expect.poll(() => suggestions(alice).count()).toBe(0);
    await field.press('r');
    expect(await suggestions(alice).count()).toBe(0);
    await field.fill('over to you, @');
    await suggestions(alice).getByText(carol.userId).waitFor();
    await field.press('ArrowDown');
    await field.press('Enter');
    await expect.poll(() => field.inputValue()).toBe(`over to you, @${carol.userId} `);
    await alice.page.getByRole('button', { name: 'Save' }).click();
    await carol.bubble('over to you,').locator('.mention.is-me').waitFor();
    await expect.poll(() => bob.bubble('over to you,').locator('.mention.is-me').count()).toBe(0);
  });

  it('of all members that is refused is explained, and its text is not lost', async () => {
    const { alice, bob } = await threePeople({ open: ['bob'] });
    bob.network.refuseOnce('"all"', { code: 'forbidden', message: 'no', retryable: false });
    await bob.say('hello @all');
    await bob.page.getByText('Only admins may mention everyone in a group of more than 100').waitFor();
    await bob.page.locator('.message-failed').getByRole('button', { name: 'Edit' }).click();
    await expect.poll(() => bob.composer().inputValue()).toBe('hello @all');
    await bob.say('hello all');
    await alice.sees('hello all');
  });
});

describe('a new conversation', () => {
  it('explains which names are not valid', async () => {
    const { page, userId } = await signIn(newUser('alice'));
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.keyboard.press('Enter');
    await page.getByText('Enter at least one name.').waitFor();
    await page.getByLabel('With').fill('ali:ce');
    await page.keyboard.press('Enter');
    await page.getByText('“ali:ce” is not a user name.').waitFor();
    await page.getByLabel('With').fill(userId);
    await page.keyboard.press('Enter');
    await page.getByText('Leave out your own name.').waitFor();
    await page.getByLabel('With').fill(`${userId}, bob`);
    await page.getByText('Leave out your own name.').waitFor({ state: 'detached' });
  });
});

describe('a conversation that the user is not in', () => {
  it.each([
    ['group', 'g', 'You are not in this group'],
    ['support chat', 'cs', 'You are not in this chat'],
  ])('is explained for a %s', async (_, prefix, title) => {
    const { page, composer } = await signIn(newUser('alice'), { reports: 'status of 404' });
    await page.evaluate((key) => {
      location.hash = encodeURIComponent(key);
    }, `${prefix}:01ARZ3NDEKTSV4RRFFQ69G5FAV`);
    await page.getByText(title).waitFor();
    expect(await composer().count()).toBe(0);
  });
});
