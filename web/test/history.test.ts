import { describe, expect, it } from 'vitest';
import { type Person, signIn, stopTime, type Visit } from './setup/person.ts';
import { newUser, say } from './setup/stack.ts';

const scrollerOf = ({ page }: Person) => page.locator('.messages-scroller');
const line = ({ page }: Person, text: string) => page.locator('.bubble').getByText(text, { exact: true });
const latest = ({ page }: Person) => page.getByRole('button', { name: 'Latest' });

/** Opens a conversation with `count` messages, all unread. */
async function unread(count: number, visit?: Visit) {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  await say(
    bob,
    alice,
    Array.from({ length: count }, (_, index) => `line ${index + 1}`),
  );
  const person = await signIn(alice, visit);
  await person.row(`${count} unread`).click();
  return { person, bob };
}

/** Opens a conversation that is longer than one page. */
async function longConversation(visit?: Visit) {
  const opened = await unread(70, visit);
  await line(opened.person, 'line 70').waitFor();
  return opened;
}

describe('a long conversation', () => {
  it('opens at its end, loads everything up to its start, and has a button back to the latest', async () => {
    const { person, bob } = await longConversation();
    expect(await latest(person).count()).toBe(0);
    // Only the visible rows, and a few around them, are rendered.
    expect(await line(person, 'line 21').count()).toBe(0);
    await expect
      .poll(async () => {
        await scrollerOf(person).evaluate((list) => list.scrollTo(0, 0));
        return line(person, 'line 1').count();
      })
      .toBe(1);
    await person.page.getByText('New', { exact: true }).waitFor();
    await person.page.getByText('Today', { exact: true }).waitFor();

    await say(bob, person.userId, ['something new']);
    await person.row('something new').waitFor();
    expect(await line(person, 'line 1').count()).toBe(1);
    await latest(person).getByText('1 new').waitFor();
    await latest(person).click();
    await person.sees('something new');
    await expect.poll(() => latest(person).count()).toBe(0);
  });

  it('does not move the visible messages when older ones are loaded', async () => {
    const { person } = await longConversation();
    const { page } = person;
    // The page of older messages waits until the position of a visible message is measured.
    const { promise: mayLoad, resolve: load } = Promise.withResolvers<void>();
    await page.route(/before=/, async (route) => {
      await mayLoad;
      await route.continue();
    });
    let isAsked = false;
    page.on('request', (request) => {
      isAsked ||= request.url().includes('before=');
    });
    // The list scrolls to its start position once its latest page is loaded, which undoes earlier scrolling.
    await expect
      .poll(async () => {
        await scrollerOf(person).evaluate((list) => list.scrollTo(0, 200));
        return isAsked;
      })
      .toBe(true);
    await line(person, 'line 26').waitFor();
    const before = await line(person, 'line 26').boundingBox();
    const space = page.locator('.messages-space');
    const height = (await space.boundingBox())?.height ?? 0;
    load();
    await expect.poll(async () => (await space.boundingBox())?.height).toBeGreaterThan(height + 400);
    const after = await line(person, 'line 26').boundingBox();
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
  });

  it('asks again for older messages that could not be loaded, after longer and longer delays', async () => {
    const { person } = await longConversation({ reports: 'net::ERR_FAILED', hasClock: true });
    const { page } = person;
    // Delays are random, up to a bound: now at least nine tenths of it. The page's clock says how long they were.
    await page.evaluate(() => {
      const { random } = Math;
      Math.random = () => 0.9 + random() / 10;
      const { fetch } = window;
      window.fetch = (...request) => {
        if (String(request[0]).includes('before=')) askedAtMs.push(Date.now());
        return fetch(...request);
      };
      const askedAtMs: number[] = [];
      Object.assign(window, { askedAtMs });
    });
    const spinner = page.locator('.messages-earlier .spinner');
    const asked = () => page.evaluate(() => (window as unknown as { askedAtMs: number[] }).askedAtMs);
    const { promise: mayFail, resolve: fail } = Promise.withResolvers<void>();
    await page.route(
      /before=/,
      async (route) => {
        await mayFail;
        // What hides it again is then this failure.
        await spinner.waitFor();
        await route.abort();
      },
      { times: 4 },
    );
    const scrollsUpUntil = (count: () => Promise<number>) =>
      expect
        .poll(async () => {
          await scrollerOf(person).evaluate((list) => list.scrollTo(0, 0));
          return count();
        })
        .toBe(1);
    await scrollsUpUntil(async () => (await asked()).length);
    await stopTime(page);
    fail();
    const bounds = [500, 1_000, 2_000, 4_000];
    for (const [failures, upToMs] of bounds.entries()) {
      await spinner.waitFor({ state: 'hidden' });
      await page.clock.runFor(upToMs);
      await expect.poll(async () => (await asked()).length).toBe(failures + 2);
    }
    await page.clock.resume();
    await scrollsUpUntil(() => line(person, 'line 1').count());
    const [, ...delays] = (await asked()).map((atMs, index, all) => atMs - (all[index - 1] ?? 0));
    expect(delays.map((ms, index) => ms >= 0.9 * (bounds[index] ?? 0))).toEqual([true, true, true, true]);
  });
});

describe('a conversation with more unread messages than fit the window', () => {
  it('opens at the first unread message, and marks only visible messages as read', async () => {
    const { person } = await unread(30);
    await line(person, 'line 1').waitFor();
    await latest(person).getByText('30 new').waitFor();
    // It covers no message.
    const [list, button] = [await scrollerOf(person).boundingBox(), await latest(person).boundingBox()];
    expect(button?.y).toBeGreaterThanOrEqual((list?.y ?? 0) + (list?.height ?? 0));
    await person.row('30 unread').waitFor();
    await latest(person).click();
    await line(person, 'line 30').waitFor();
    await expect.poll(() => person.row('unread').count()).toBe(0);
  });
});
