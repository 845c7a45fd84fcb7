import { describe, expect, it } from 'vitest';
import { type Person, sharedBrowser, signIn } from './setup/person.ts';
import { newUser, say } from './setup/stack.ts';

sharedBrowser();

const scrollerOf = ({ page }: Person) => page.locator('.messages-scroller');
const line = ({ page }: Person, text: string) => page.locator('.bubble').getByText(text, { exact: true });
const latest = ({ page }: Person) => page.getByRole('button', { name: 'Latest' });

/** Somebody who opens a conversation of so many messages, all of them unread. */
async function unread(count: number) {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  await say(
    bob,
    alice,
    Array.from({ length: count }, (_, index) => `line ${index + 1}`),
  );
  const person = await signIn(alice);
  await person.row(`${count} unread`).click();
  return { person, bob };
}

/** More than one page. */
async function longConversation() {
  const opened = await unread(70);
  await line(opened.person, 'line 70').waitFor();
  return opened;
}

describe('a long conversation', () => {
  it('opens at its end, is one list up to its start, and leads back to the latest', async () => {
    const { person, bob } = await longConversation();
    expect(await latest(person).count()).toBe(0);
    // Only what is in sight, and a little around it, exists.
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
    await latest(person).click();
    await person.sees('something new');
    await expect.poll(() => latest(person).count()).toBe(0);
  });

  it('does not move under the eyes when older messages come', async () => {
    const { person } = await longConversation();
    const { page } = person;
    // The page of older messages is held back until the place of what is in sight has been noted.
    const { promise: mayLoad, resolve: load } = Promise.withResolvers<void>();
    await page.route(/before=/, async (route) => {
      await mayLoad;
      await route.continue();
    });
    let isAsked = false;
    page.on('request', (request) => {
      isAsked ||= request.url().includes('before=');
    });
    // The list finds its place anew when its latest page is there: who scrolls before that is taken back.
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

  it('asks again after a while, not at once, for older messages that could not be had', async () => {
    const { person } = await longConversation();
    const { page } = person;
    const askedAtMs: number[] = [];
    await page.route(/before=/, (route) => {
      askedAtMs.push(performance.now());
      return askedAtMs.length > 2 ? route.continue() : route.abort();
    });
    await expect
      .poll(async () => {
        await scrollerOf(person).evaluate((list) => list.scrollTo(0, 0));
        return line(person, 'line 1').count();
      })
      .toBe(1);
    const [first = 0, second = 0, third = 0] = askedAtMs;
    expect(askedAtMs).toHaveLength(3);
    // Timers are late at times, and never early.
    expect(Math.min(second - first, third - second)).toBeGreaterThan(2_500);
  });
});

describe('a conversation with more unread than fits the window', () => {
  it('opens at the first of them, and marks none as read that was not in sight', async () => {
    const { person } = await unread(30);
    await line(person, 'line 1').waitFor();
    await latest(person).waitFor();
    await person.row('30 unread').waitFor();
    await latest(person).click();
    await line(person, 'line 30').waitFor();
    await expect.poll(() => person.row('unread').count()).toBe(0);
  });
});
