/** @module-tag long */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { DARK, type Person, signIn, type Visit } from './setup/person.ts';
import { makeGroup, newUser, putProfile, say, sayAsOperator } from './setup/stack.ts';

const PICTURES = 'https://pictures.example';
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Serves the pictures of a host that exists only here. Returns the referrers that it saw. */
async function servePictures(page: Page): Promise<(string | undefined)[]> {
  const referrers: (string | undefined)[] = [];
  await page.route(`${PICTURES}/**`, async (route) => {
    referrers.push(route.request().headers()['referer']);
    await route.fulfill({ contentType: 'image/png', body: PIXEL });
  });
  return referrers;
}

/** Two people who have talked. */
async function pair(options: Visit = {}): Promise<[alice: Person, bob: Person]> {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  await say(bob, alice, ['hi alice']);
  const people = [await signIn(alice, options), await signIn(bob, options)] as const;
  await people[0].row(bob).waitFor();
  return [...people];
}

async function openMenu(person: Person, row: string): Promise<void> {
  await person.row(row).hover();
  await person.page.getByRole('button', { name: `Options: ${row}` }).click();
}

async function choose({ page }: Person, action: string): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: action, exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
}

describe('names and pictures (IM-PROFILE)', () => {
  it('are set in the page, and replace the ids of all others without moving anything', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    await say(alice, bob, ['hi bob']);
    await makeGroup(alice, 'Rowers', [bob]);
    const atAlice = await signIn(alice);
    await servePictures(atAlice.page);
    await atAlice.page.getByRole('button', { name: 'Your profile' }).click();
    const dialog = atAlice.page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Alice Liddell');
    const address = dialog.getByLabel('Address of a picture');
    await address.fill('http://pictures.example/alice.png');
    await dialog.getByText('The address starts with https://.').waitFor();
    await address.fill(`${PICTURES}/alice.png`);
    await dialog.locator('img.is-loaded').waitFor();
    expect(await faultsOf(atAlice.page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await atAlice.page.getByRole('heading', { name: 'Alice Liddell' }).waitFor();

    const atBob = await signIn(bob);
    const referrers = await servePictures(atBob.page);
    const title = atBob.page.locator('.row-title', { hasText: 'Alice Liddell' });
    const row = atBob.page.locator('.row', { has: title });
    await row.locator('img.is-loaded').waitFor();
    expect(referrers).toEqual([undefined]);
    await row.click();
    await atBob.page.getByRole('heading', { name: 'Alice Liddell' }).waitFor();
    await atBob.composer().and(atBob.page.getByPlaceholder('Message Alice Liddell')).waitFor();
    await atBob.row('Rowers').click();
    await atAlice.row('Rowers').click();
    await atAlice.composer().pressSequentially('a');
    await atBob.page.getByText('Alice Liddell is typing').waitFor();
    await atAlice.say('from alice');
    await atBob.bubble('from alice').locator('.message-from', { hasText: 'Alice Liddell' }).waitFor();
    await atBob.bubble('from alice').locator('img.is-loaded').waitFor();
    await atBob.page.getByText('Alice Liddell created this group').waitFor();
    await atBob.composer().pressSequentially('@Lid');
    await atBob.page.getByRole('option', { name: 'Alice Liddell' }).click();
    await atBob.composer().pressSequentially('hello');
    await atBob.composer().press('Enter');
    await atAlice.page.locator('.mention', { hasText: '@Alice Liddell' }).waitFor();
  });

  it('show the initial until a picture is loaded and if it can’t be, in the same place', async () => {
    const [alice, bob, carol] = [newUser('alice'), newUser('bob'), newUser('carol')];
    await putProfile(bob, { name: 'Bob', avatar: `${PICTURES}/bob.png` });
    await putProfile(carol, { name: 'Carol', avatar: `${PICTURES}/gone.png` });
    for (const other of [bob, carol]) await say(other, alice, ['hi']);
    const atAlice = await signIn(alice, { reports: 'net::ERR' });
    const { promise: arrives, resolve: arrive } = Promise.withResolvers<void>();
    await atAlice.page.route(`${PICTURES}/**`, async (route) => {
      if (route.request().url().endsWith('gone.png')) return route.abort();
      await arrives;
      await route.fulfill({ contentType: 'image/png', body: PIXEL });
    });
    await atAlice.page.reload();
    const row = atAlice.row('Bob');
    await row.waitFor();
    // The whole list moves once there is a connection, and the banner has gone.
    await atAlice.page.locator('.banner').waitFor({ state: 'hidden' });
    const before = await row.boundingBox();
    expect(await row.locator('.avatar').textContent()).toBe('B');
    arrive();
    await row.locator('img.is-loaded').waitFor();
    expect(await row.boundingBox()).toEqual(before);
    await atAlice.row('Carol').locator('img').waitFor({ state: 'detached' });
    expect(await atAlice.row('Carol').locator('.avatar').textContent()).toBe('C');
  });

  it('of a hostile user are harmless: markup is text, and the address reaches no other host', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const name = `<img src=x onerror=alert(1)>"'{{x}}`;
    await putProfile(bob, { name, avatar: `${PICTURES}/%22onerror=%22alert(1)?%3Cscript%3E` });
    await say(bob, alice, ['hi']);
    const atAlice = await signIn(alice);
    await servePictures(atAlice.page);
    await atAlice.page.reload();
    await atAlice.row(name).locator('img.is-loaded').waitFor();
    expect(await atAlice.page.locator('img').count()).toBe(1);
    expect(await atAlice.page.locator('img').getAttribute('onerror')).toBeNull();
    await atAlice.row(name).click();
    await atAlice.page.getByRole('heading', { name }).waitFor();
  });
});

describe('the settings of a conversation (IM-SETTINGS)', () => {
  it('keep it on top, out of the way, and out of the title', async () => {
    const alice = newUser('alice');
    const [bob, carol] = [newUser('bob'), newUser('carol')];
    for (const other of [bob, carol]) await say(other, alice, ['hi']);
    const atAlice = await signIn(alice);
    const { page } = atAlice;
    const names = () => page.locator('.row-title bdi').allInnerTexts();
    await expect.poll(names).toEqual([carol, bob]);
    await expect.poll(() => page.title()).toContain('(2)');
    await openMenu(atAlice, bob);
    expect(await faultsOf(page)).toEqual([]);
    await choose(atAlice, 'Pin to the top');
    await expect.poll(names).toEqual([bob, carol]);
    await openMenu(atAlice, bob);
    await choose(atAlice, 'Mute');
    await atAlice.row(bob).getByText('muted').waitFor();
    await expect.poll(() => page.title()).toContain('(1)');
    await openMenu(atAlice, bob);
    await choose(atAlice, 'Move to the archive');
    await page.getByText('Archive (1)').click();
    await expect.poll(names).toEqual([carol, bob]);
    await say(bob, alice, ['still out of the way']);
    await atAlice.row('still out of the way').waitFor();
    await expect.poll(names).toEqual([carol, bob]);
    await page.reload();
    await page.getByText('Archive (1)').click();
    await atAlice.row(bob).click();
    await page.locator('.pane-muted').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Options', exact: true }).click();
    await choose(atAlice, 'Unmute');
    await say(bob, alice, ['back again']);
    await page.getByText('Archive (1)').waitFor({ state: 'detached' });
    await expect.poll(names).toEqual([bob, carol]);
  });
});

describe('the people panel (IM-CONTACT)', () => {
  it('has the user’s own names for others, favourites first, and opens conversations', async () => {
    const alice = newUser('alice');
    const [bob, zoe] = [newUser('bob'), newUser('zoe')];
    await putProfile(bob, { name: 'Robert' });
    await say(bob, alice, ['hi']);
    const atAlice = await signIn(alice, DARK);
    const { page } = atAlice;
    await page.getByRole('button', { name: 'People' }).click();
    const people = page.getByRole('dialog', { name: 'People' });
    await people.getByText('Nobody yet.').waitFor();
    for (const one of [bob, zoe]) {
      await people.getByLabel('Add a contact').fill(one);
      await people.getByRole('button', { name: 'Add', exact: true }).click();
      await people.locator('.people li', { hasText: one }).waitFor();
    }
    await people.getByRole('button', { name: `Favourite: ${zoe}` }).click();
    await expect.poll(() => people.locator('.people-name > bdi').allInnerTexts()).toEqual([zoe, 'Robert']);
    await people.getByRole('button', { name: 'Edit Robert' }).click();
    const contact = page.getByRole('dialog', { name: 'Contact' });
    await contact.getByRole('textbox').fill('Bobby');
    expect(await faultsOf(page)).toEqual([]);
    await contact.getByRole('button', { name: 'Save' }).click();
    await people.getByText('Bobby').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await people.getByRole('button', { name: 'Bobby', exact: false }).first().click();
    await page.getByRole('heading', { name: 'Bobby' }).waitFor();
    await atAlice.row('Bobby').waitFor();
  });
});

describe('a user whose budget is used up (IM-BUDGET-1)', () => {
  it('sees for how long, until the message is sent', async () => {
    const [alice] = await pair();
    const { page } = alice;
    await alice.row('hi alice').click();
    const refusal = { code: 'rate_limited', message: 'wait', retryable: true, retryAfterMs: 4_000 };
    alice.network.refuseOnce('too much', refusal);
    await alice.say('too much');
    const banner = page.getByRole('status').filter({ hasText: 'That was a lot in a short time.' });
    await banner.waitFor();
    const seconds = async () =>
      Number.parseInt((await banner.locator('.banner-time').textContent()) ?? '', 10);
    expect(await seconds()).toBeLessThanOrEqual(4);
    await expect.poll(seconds).toBeLessThan(4);
    await alice.stored('too much');
    await banner.waitFor({ state: 'detached' });
  });
});

describe('a message of the operator', () => {
  it('is opened and read like any other, but can’t be answered, and hides from nobody who is online', async () => {
    const [alice, bob] = await pair();
    await say(alice.userId, bob.userId, ['hi bob']);
    await sayAsOperator(bob.userId, 'We are closed tomorrow');
    const row = bob.row('We are closed tomorrow');
    await row.locator('.badge').waitFor();
    await bob.page.reload();
    await bob.row(alice.userId).getByText('online').waitFor({ state: 'attached' });
    await row.click();
    await bob.sees('We are closed tomorrow');
    await row.locator('.badge').waitFor({ state: 'detached' });
    expect(await bob.page.getByText('online', { exact: true }).count()).toBe(0);
    await bob.page.getByText('Messages of the operator can’t be answered.').waitFor();
    expect(await bob.composer().count()).toBe(0);
    await bob.page.getByRole('button', { name: 'Options', exact: true }).click();
    expect(await bob.page.getByRole('button', { name: /contact|block/i }).count()).toBe(0);
    expect(await faultsOf(bob.page)).toEqual([]);
  });
});

describe('a user who is banned', () => {
  it('sees for how long, and nothing else', async () => {
    const [alice] = await pair();
    const until = Date.UTC(2030, 0, 2, 12);
    alice.network.push({ type: 'session.closed', code: 'banned', reconnect: false, until });
    await alice.page.getByText('You are banned').waitFor();
    await alice.page.getByText(/until .*2 January 2030/).waitFor();
    expect(await alice.page.getByRole('navigation').count()).toBe(0);
    expect(await faultsOf(alice.page)).toEqual([]);
  });
});

describe('a block (IM-BLOCK)', () => {
  it('closes the conversation for its author, and tells the other nothing but that a message can’t be delivered', async () => {
    const [alice, bob] = await pair();
    await alice.row('hi alice').click();
    await bob.meet(alice.userId);
    await alice.page.getByRole('button', { name: 'Options', exact: true }).click();
    await alice.page.getByRole('button', { name: `Block ${bob.userId}` }).click();
    const question = alice.page.getByRole('alertdialog');
    expect(await faultsOf(alice.page)).toEqual([]);
    await question.getByRole('button', { name: 'Block', exact: true }).click();
    await alice.page.getByText(`You have blocked ${bob.userId}.`).waitFor();
    await alice.composer().waitFor({ state: 'detached' });
    expect(await faultsOf(alice.page)).toEqual([]);
    // A user who has been blocked can still be reported.
    await alice.bubble('hi alice').hover();
    expect(await alice.bubble('hi alice').getByRole('button').allTextContents()).toHaveLength(1);
    await alice.bubble('hi alice').getByRole('button', { name: 'More' }).click();
    await alice.page.getByRole('button', { name: 'Report' }).waitFor();
    expect(await alice.page.getByRole('button', { name: 'Reply' }).count()).toBe(0);
    await alice.page.keyboard.press('Escape');
    await bob.say('are you there?');
    await bob.page.getByText('Not sent. It can’t be delivered.').waitFor();
    expect(await bob.page.getByText(/block/i).count()).toBe(0);

    await alice.page.getByRole('button', { name: 'People' }).click();
    const people = alice.page.getByRole('dialog', { name: 'People' });
    await people.getByRole('button', { name: `Unblock ${bob.userId}` }).click();
    await people.getByRole('heading', { name: 'Blocked' }).waitFor({ state: 'detached' });
    await alice.page.keyboard.press('Escape');
    await bob.page.getByRole('button', { name: 'Retry' }).click();
    await alice.sees('are you there?');
    await alice.composer().waitFor();
  });
});

describe('a report (IM-REPORT-1)', () => {
  it('is sent with a reason from the menu of a message', async () => {
    const [alice] = await pair();
    const { page } = alice;
    await alice.row('hi alice').click();
    await alice.bubble('hi alice').hover();
    await alice.bubble('hi alice').getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'Report' }).click();
    await page.getByLabel('What is wrong with it?').fill('This is spam');
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Report', exact: true }).click();
    await page.getByRole('dialog', { name: 'Thank you' }).waitFor();
  });
});
