import type { Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { paste, png, sentObjects } from './setup/files.ts';
import { signIn, type Visit } from './setup/person.ts';
import { newUser } from './setup/stack.ts';

const { s3Url } = inject('stack');

async function twoPeople(options?: Visit) {
  const users = [newUser('alice'), newUser('bob')] as const;
  const [alice, bob] = await Promise.all([signIn(users[0], options), signIn(users[1], options)]);
  await Promise.all([alice.meet(bob.userId), bob.meet(alice.userId)]);
  return { alice, bob };
}

/** The natural size of the last picture with this name, once it is loaded. */
const loaded = (page: Page, selector: string) =>
  expect
    .poll(() =>
      page
        .locator(selector)
        .last()
        .evaluate((image) => (image as HTMLImageElement).naturalWidth)
        .catch(() => 0),
    )
    .toBeGreaterThan(0);

describe('a picture', () => {
  it('is pasted, seen by the other, enlarged, and taken back: then it is gone from both pages and from the bucket (IM-FILE-4)', async () => {
    const { alice, bob } = await twoPeople({ reports: [s3Url] });
    const before = await sentObjects();
    await paste(alice, png(900, 600));
    await alice.page.getByRole('list', { name: 'Files to send' }).getByRole('img').waitFor();
    expect(await faultsOf(alice.page)).toEqual([]);
    await alice.say('look');
    await alice.stored('look');
    await alice.row('Photo · look').waitFor();
    await bob.row('Photo · look').waitFor();
    await loaded(bob.page, '.picture img');
    const sent = (await sentObjects()).filter((key) => !before.includes(key));
    expect(sent.length).toBeGreaterThan(0);
    expect(await faultsOf(bob.page)).toEqual([]);

    await bob
      .bubble('look')
      .getByRole('button', { name: /^Photo from alice/ })
      .click();
    const box = bob.page.getByRole('dialog', { name: 'Photo' });
    await loaded(bob.page, '.lightbox-picture img');
    const large = box.getByRole('img', { name: /^Photo from alice/ });
    expect(await large.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(900);
    expect(await faultsOf(bob.page)).toEqual([]);
    const width = async () => (await large.boundingBox())?.width ?? 0;
    const whole = await width();
    await bob.page.keyboard.press('+');
    await expect.poll(width).toBeGreaterThan(whole * 1.4);

    await alice.bubble('look').hover();
    await alice.page.getByRole('button', { name: 'Take back' }).click();
    await alice.page.getByRole('alertdialog').getByRole('button', { name: 'Take back' }).click();
    await alice.sees('You took this message back');
    await bob.sees('This message was taken back');
    await box.waitFor({ state: 'detached' });
    await expect.poll(async () => (await sentObjects()).filter((key) => sent.includes(key))).toEqual([]);
  });
});
