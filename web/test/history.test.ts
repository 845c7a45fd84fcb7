/** @module-tag long */
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createClient, type LiveTextWriter, liveText } from '../../client/src/index.ts';
import { faultsOf } from './setup/axe.ts';
import { type Person, signIn, stopTime, type Visit } from './setup/person.ts';
import { newUser, say, tokenOf } from './setup/stack.ts';

const scrollerOf = ({ page }: Person) => page.locator('.messages-scroller');
const line = ({ page }: Person, text: string) => page.locator('.bubble').getByText(text, { exact: true });
const isInSight = async (person: Person, text: string) => {
  const [row, list] = await Promise.all([line(person, text).boundingBox(), scrollerOf(person).boundingBox()]);
  return row !== null && list !== null && row.y >= list.y && row.y + row.height <= list.y + list.height;
};
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

/** A program that writes as this user while it thinks. */
async function liveTextFrom(from: string, to: string): Promise<LiveTextWriter> {
  const { wsUrl, httpUrl } = inject('stack');
  const im = createClient({ wsUrl, httpUrl, getToken: () => tokenOf(from) });
  onTestFinished(() => im.close());
  await im.connect();
  return liveText(im.direct(to));
}

describe('a live text', () => {
  it('grows without moving the text above it, and becomes its message in place, which is then announced (IM-LIVE-4)', async () => {
    const { person, bob } = await unread(30);
    const { page } = person;
    await line(person, 'line 1').waitFor();
    await latest(person).click();
    await line(person, 'line 30').waitFor();
    const scroller = scrollerOf(person);
    const fromEnd = () =>
      scroller.evaluate((list) => Math.round(list.scrollHeight - list.clientHeight - list.scrollTop));
    await expect.poll(fromEnd).toBeLessThan(2);
    const announced = () => page.locator('p[aria-live=polite]').allTextContents();

    const writer = await liveTextFrom(bob, person.userId);
    writer.write('Rain');
    await person.bubble('Rain').getByText('is typing').waitFor();
    await person.bubble('Rain').evaluate((row) => row.closest('li')?.setAttribute('data-marked', ''));
    await expect.poll(fromEnd).toBeLessThan(2);
    writer.write(`Rain until noon. ${'And wind. '.repeat(150)}Clouds.`);
    await person.sees('Clouds.');
    await expect.poll(fromEnd).toBeLessThan(2);
    expect(await faultsOf(page)).toEqual([]);

    await scroller.evaluate((list) => list.scrollBy(0, -300));
    await latest(person).waitFor();
    const top = () =>
      person.bubble('Rain until').evaluate((row) => Math.round(row.getBoundingClientRect().top));
    const before = await top();
    writer.write(`Rain until noon. ${'And wind. '.repeat(300)}Sun.`);
    await person.sees('Sun.');
    expect(await top()).toBe(before);
    expect((await announced()).join('')).not.toContain('Rain');
    expect(await latest(person).textContent()).toBe('Latest');

    await writer.done();
    await latest(person).getByText('1 new').waitFor();
    expect(await top()).toBe(before);
    expect(await page.locator('li[data-marked] .message', { hasText: 'Sun.' }).count()).toBe(1);
    expect(await person.bubble('Rain until noon').count()).toBe(1);
    expect(await person.bubble('Sun.').getByText('is typing').count()).toBe(0);
    await expect.poll(async () => (await announced()).join('')).toContain('Rain until noon.');
  });

  it('that is cancelled leaves the list (IM-LIVE-2)', async () => {
    const { person, bob } = await unread(1);
    const writer = await liveTextFrom(bob, person.userId);
    writer.write('Rain');
    await person.sees('Rain');
    writer.cancel();
    await person.bubble('Rain').waitFor({ state: 'detached' });
    expect(await person.page.locator('.bubble').count()).toBe(1);
  });
});

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

  it('is loaded back to the message that a reply quotes, which is shown, marked, and focused (IM-REPLY)', async () => {
    const { person, bob } = await longConversation();
    await say(bob, person.userId, ['as I said'], { replyTo: 3 });
    await person.sees('as I said');
    const quote = person.bubble('as I said').getByRole('button', { name: 'line 3' });
    const asked = person.page.waitForRequest(/before=\d+&limit=100/);
    await quote.click();
    await asked;
    const found = person.page.locator('.is-found');
    await found.getByText('line 3', { exact: true }).waitFor();
    await expect.poll(() => found.evaluate((row) => row === document.activeElement)).toBe(true);
    await expect.poll(async () => isInSight(person, 'line 3')).toBe(true);
    await expect.poll(() => found.count()).toBe(0);
    await latest(person).click();
    await expect.poll(() => isInSight(person, 'as I said')).toBe(true);
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
