/** @module-tag long */
import { describe, expect, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { fillIn, type Person, signIn } from './setup/person.ts';
import { newUser } from './setup/stack.ts';

/** Two messages that could not be sent, and the sign-out's question about them. */
async function leavingWithUnsent() {
  const [alice, bob] = await Promise.all([signIn(newUser('alice')), signIn(newUser('bob'))]);
  await alice.meet(bob.userId);
  await alice.network.cut();
  await alice.say('for your eyes only');
  await alice.say('and this');
  await alice.bubble('and this').getByText('Sending').first().waitFor();
  await alice.page.getByRole('button', { name: 'Sign out' }).click();
  const question = alice.page.getByRole('dialog', { name: '2 messages are not sent' });
  await question.waitFor();
  return { alice, bob, question };
}

async function signInAgain({ page, userId, network }: Person) {
  await network.heal();
  await fillIn(page, userId);
  await page.getByRole('heading', { name: userId }).waitFor();
}

/** Everything that the browser keeps for this user. */
const keptBy = ({ page, userId }: Person): Promise<string> =>
  page.evaluate(async (name) => {
    const request = indexedDB.open(name);
    await new Promise((resolve) => {
      request.onsuccess = resolve;
    });
    const all = request.result.transaction('entries').objectStore('entries').getAll();
    await new Promise((resolve) => {
      all.onsuccess = resolve;
    });
    request.result.close();
    return JSON.stringify(all.result);
  }, `serverless-im/dev/${userId}`);

describe('a sign-out', () => {
  it('deletes unsent messages from the device if the user agrees, and they are never sent', async () => {
    const { alice, bob, question } = await leavingWithUnsent();
    expect(await faultsOf(alice.page)).toEqual([]);
    await question.getByRole('button', { name: 'Delete and sign out' }).click();
    await alice.page.getByLabel('Somebody else').waitFor();
    expect(await keptBy(alice)).toBe('[]');
    await signInAgain(alice);
    await alice.meet(bob.userId);
    await alice.say('something else');
    await bob.row(alice.userId).click();
    await bob.sees('something else');
    expect(await bob.bubble('for your eyes only').count()).toBe(0);
  });

  it('keeps them until the same user signs in again, if the user wants that', async () => {
    const { alice, bob, question } = await leavingWithUnsent();
    await question.getByRole('button', { name: 'Keep and sign out' }).click();
    await alice.page.getByLabel('Somebody else').waitFor();
    expect(await keptBy(alice)).toContain('for your eyes only');
    await signInAgain(alice);
    await bob.row(alice.userId).click();
    await bob.sees('and this');
  });

  it('asks nothing if everything was sent, can be cancelled, and leaves nothing open for the next user of the tab', async () => {
    const { alice, bob, question } = await leavingWithUnsent();
    await question.getByRole('button', { name: 'Close' }).click();
    await question.waitFor({ state: 'detached' });
    await alice.network.heal();
    await alice.stored('and this');
    const opened = new URL(alice.page.url()).hash;
    await alice.page.getByRole('button', { name: 'Sign out' }).click();
    await alice.page.getByLabel('Somebody else').waitFor();
    expect(await alice.page.title()).toBe('serverless-im');
    await fillIn(alice.page, newUser('gus'));
    await alice.page.getByText('No conversation is open').waitFor();
    expect(new URL(alice.page.url()).hash).toBe('');

    // A link that a signed-out user opens is still followed.
    await alice.page.getByRole('button', { name: 'Sign out' }).click();
    await alice.page.getByLabel('Somebody else').waitFor();
    await alice.page.evaluate((hash) => {
      location.hash = hash;
    }, opened);
    await fillIn(alice.page, newUser('eve'));
    await alice.page.getByRole('heading', { name: bob.userId }).waitFor();
  });
});
