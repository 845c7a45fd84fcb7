/** @module-tag long */
import { describe, expect, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { signIn } from './setup/person.ts';
import { makeGroup, newUser, say } from './setup/stack.ts';

/** React reports what it catches. */
const options = { reports: ['TypeError', 'net::ERR_FAILED'] } as const;

async function aliceInAGroup() {
  const [userId, bob] = [newUser('alice'), newUser('bob')];
  await makeGroup(userId, 'Rowers', [newUser('carol')]);
  await say(bob, userId, ['outside the group']);
  const alice = await signIn(userId, options);
  return { alice, bob };
}

describe('a fault of the page', () => {
  it('in one message leaves the others alone', async () => {
    const { alice, bob } = await aliceInAGroup();
    await alice.page.route(/\/dm[^/]+\/messages\?/, async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      const malformed = [
        // Throws in the row's own rendering.
        { type: 'text', text: null },
        // Is looked at outside its row too: for the list of conversations, and for who has left.
        { type: 'system', event: 'joined', by: 'x', users: 5 },
      ];
      for (const [index, content] of malformed.entries()) {
        const id = `malformed ${index}`;
        body.messages.push({ ...body.messages[0], seq: 9 + index, clientMsgId: id, messageId: id, content });
      }
      await route.fulfill({ response, json: body });
    });
    await alice.row(bob).click();
    const unshown = alice.page.getByLabel('Messages with').getByText("This page can't show this message");
    await expect.poll(() => unshown.count()).toBe(2);
    await alice.row(bob).getByText("This page can't show this message").waitFor();
    await alice.sees('outside the group');
    await alice.say('still works');
    await alice.stored('still works');
  });

  it('in a conversation is explained there, and the rest of the page lives on', async () => {
    const { alice, bob } = await aliceInAGroup();
    const { page } = alice;
    const group = /\/groups\/[^/]+$/;
    await page.route(group, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), admins: null } });
    });
    await alice.row('Rowers').click();
    const alert = page.getByRole('alert').filter({ hasText: 'This conversation could not be shown' });
    await alert.waitFor();
    expect(await alert.textContent()).not.toMatch(/\.js|https?:|\bat /);
    expect(await faultsOf(page)).toEqual([]);
    await alice.row(bob).click();
    await alice.sees('outside the group');
    await alice.row('Rowers').click();
    await alert.waitFor();
    await page.unroute(group);
    await page.getByRole('button', { name: 'Load it again' }).click();
    await page.getByText('2 members').waitFor();
  });
});

describe('a spinner', () => {
  it('turns only while something is loading', async () => {
    const { alice, bob } = await aliceInAGroup();
    const { page } = alice;
    await say(
      bob,
      alice.userId,
      Array.from({ length: 60 }, (_, line) => `line ${line}`),
    );
    const { promise: mayLoad, resolve: load } = Promise.withResolvers<void>();
    await page.route(/before=/, async (route) => {
      await mayLoad;
      await route.continue();
    });
    await alice.row(bob).click();
    await alice.sees('line 59');
    const spinner = page.locator('.spinner');
    await expect.poll(() => spinner.count()).toBe(0);
    await expect
      .poll(async () => {
        await page.locator('.messages-scroller').evaluate((list) => list.scrollTo(0, 0));
        return spinner.count();
      })
      .toBe(1);
    load();
    await expect.poll(() => spinner.count()).toBe(0);
  });

  it('stops while the page waits for its next attempt to connect', async () => {
    const { alice } = await aliceInAGroup();
    const { page } = alice;
    await alice.network.cutStack();
    await page.reload();
    const look = () =>
      page.evaluate(() => ({
        isWaiting: /Your conversations are shown once/.test(document.body.textContent ?? ''),
        turning: document.querySelectorAll('.spinner, .skeleton-row').length,
      }));
    // At each moment either something turns or the page waits.
    await expect.poll(look).toEqual({ isWaiting: true, turning: 0 });
  });
});
