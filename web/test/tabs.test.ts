/** @module-tag long */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { fillIn, personAt, signIn } from './setup/person.ts';
import { newUser, say } from './setup/stack.ts';

/** Opens the page again in a tab that starts with a copy of this one's storage, as "Duplicate tab" does. */
async function duplicate(page: Page): Promise<Page> {
  const [copy] = await Promise.all([
    page.context().waitForEvent('page'),
    page.evaluate(() => void window.open(location.href)),
  ]);
  return copy;
}

async function deviceAfterReload(page: Page): Promise<string | null> {
  const [socket] = await Promise.all([page.waitForEvent('websocket'), page.reload()]);
  return new URL(socket.url()).searchParams.get('deviceId');
}

describe('a duplicated tab', () => {
  it('is a device of its own, also after a reload, and the first one lives on', async () => {
    const [alice, bob] = [await signIn(newUser('alice')), newUser('bob')];
    await alice.meet(bob);
    const { network } = alice;
    const copy = Object.assign(await duplicate(alice.page), { network });
    const again = personAt(copy, alice.userId);
    await copy.getByText('This conversation is empty').waitFor();
    await say(bob, alice.userId, ['hello, both of you']);
    await Promise.all([alice.sees('hello, both of you'), again.sees('hello, both of you')]);
    const device = await deviceAfterReload(copy);
    await again.sees('hello, both of you');
    expect(await deviceAfterReload(copy)).toBe(device);
    await say(bob, alice.userId, ['still there?']);
    await Promise.all([alice.sees('still there?'), again.sees('still there?')]);
    expect(await alice.page.getByText('opened in another tab').count()).toBe(0);
  });
});

describe('a browser that blocks all storage', () => {
  it('can sign in, chat, and sign in again after a reload', async () => {
    const [alice, bob] = await Promise.all([
      signIn(newUser('alice'), { blocksStorage: true }),
      signIn(newUser('bob')),
    ]);
    await alice.meet(bob.userId);
    await alice.say('without a store');
    await bob.row(alice.userId).click();
    await bob.sees('without a store');
    await bob.say('and back');
    await alice.sees('and back');
    await alice.page.reload();
    await fillIn(alice.page, alice.userId);
    await alice.sees('and back');
    await alice.page.getByRole('button', { name: 'Sign out' }).click();
    await alice.page.getByLabel('Somebody else').waitFor();
  });
});
