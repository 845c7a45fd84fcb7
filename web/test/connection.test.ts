/** @module-tag long */
import { describe, expect, it } from 'vitest';
import { signIn, stopTime } from './setup/person.ts';
import { newUser, say } from './setup/stack.ts';

/** Alice, whose time stands still, in an open conversation with bob, who is away. */
async function aliceWithoutTime() {
  const [userId, bob] = [newUser('alice'), newUser('bob')];
  await say(userId, bob, ['are you there?']);
  const alice = await signIn(userId, { hasClock: true });
  await alice.row(bob).click();
  await alice.sees('are you there?');
  await stopTime(alice.page);
  return { alice, bob, online: alice.page.getByRole('main').getByText('online', { exact: true }) };
}

describe('the page', () => {
  it('shows offline as soon as the browser reports it, even if the socket is silent', async () => {
    const { alice } = await aliceWithoutTime();
    alice.network.freeze();
    await alice.page.context().setOffline(true);
    await alice.page.getByText('You are offline.').waitFor();
    await alice.network.heal();
    await alice.page.clock.resume();
    await alice.page.getByText('You are offline.').waitFor({ state: 'detached' });
  });

  it('reports after 2 s that the server does not answer, and sends the message over the next connection', async () => {
    const { alice, bob } = await aliceWithoutTime();
    alice.network.freeze();
    await alice.say('into the void');
    await alice.page.clock.runFor(2_000);
    await alice.page.getByText('The server does not answer.').waitFor();
    await alice.page.clock.runFor(10_000);
    await alice.page.getByText('Connection lost').waitFor();
    await alice.network.heal();
    await alice.page.clock.resume();
    await alice.stored('into the void');
    await alice.page.getByText('Connection lost').waitFor({ state: 'detached' });
    const atBob = await signIn(bob);
    await atBob.row(alice.userId).click();
    await atBob.sees('into the void');
  });
});

it('the page names the address of a server that no attempt has reached', async () => {
  const { page } = await signIn(newUser('alice'), { reports: 'WebSocket' });
  const banner = page.getByText("Can't reach the server");
  await page.route('**/config.json', async (route) => {
    const config = await (await route.fetch()).json();
    await route.fulfill({ json: { ...config, wsUrl: `${config.wsUrl}-misspelt` } });
  });
  await page.reload();
  await banner.getByText(/\(could not connect to ws:.*-misspelt\)\. Trying again/).waitFor();
  await page.unroute('**/config.json');
  await page.reload();
  await page.getByText('No conversations yet').waitFor();
  expect(await banner.isVisible()).toBe(false);
});

describe('presence', () => {
  it('shows the other user as online at their first sign, and asks again when the window gets the focus', async () => {
    const { alice, bob, online } = await aliceWithoutTime();
    expect(await online.count()).toBe(0);
    const atBob = await signIn(bob);
    await atBob.row(alice.userId).click();
    await online.waitFor();
    await alice.bubble('are you there?').getByText('Read').first().waitFor();
    // From then on both have written, and the server answers a request.
    await atBob.say('yes');
    await alice.sees('yes');

    await atBob.page.context().close();
    await alice.page.clock.runFor(3_000);
    const header = alice.page.getByText(/^last seen /);
    await expect
      .poll(async () => {
        await alice.page.evaluate(() => dispatchEvent(new Event('focus')));
        await alice.page.clock.runFor(2_000);
        return header.count();
      })
      .toBe(1);
  });

  it('is not shown without a connection', async () => {
    const { alice, bob, online } = await aliceWithoutTime();
    const atBob = await signIn(bob);
    await atBob.row(alice.userId).click();
    await online.waitFor();
    await alice.network.cut();
    await online.waitFor({ state: 'hidden' });
    expect(await alice.page.locator('.avatar-dot').first().isVisible()).toBe(false);
  });
});
