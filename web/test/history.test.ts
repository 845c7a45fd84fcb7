import { describe, expect, it } from 'vitest';
import { type Person, sharedBrowser, signIn } from './setup/person.ts';
import { newUser, say } from './setup/stack.ts';

sharedBrowser();

const scrollerOf = ({ page }: Person) => page.locator('.messages-scroller');
const line = ({ page }: Person, text: string) => page.locator('.bubble').getByText(text, { exact: true });
const latest = ({ page }: Person) => page.getByRole('button', { name: 'Latest' });

/** Opens a conversation with `count` messages, all unread. */
async function unread(count: number, reports?: string) {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  await say(
    bob,
    alice,
    Array.from({ length: count }, (_, index) => `line ${index + 1}`),
  );
  const person = await signIn(alice, reports === undefined ? {} : { reports });
  await person.row(`${count} unread`).click();
  return { person, bob };
}

/** Opens a conversation that is longer than one page. */
async function longConversation(reports?: string) {
  const opened = await unread(70, reports);
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

  it('retries failed loads of older messages only after a delay', async () => {
    const { person } = await longConversation('net::ERR_FAILED');
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
    // A timer can be late, but never early.
    expect(Math.min(second - first, third - second)).toBeGreaterThan(2_500);
  });
});

describe('a conversation with more unread messages than fit the window', () => {
  it('opens at the first unread message, and marks only visible messages as read', async () => {
    const { person } = await unread(30);
    await line(person, 'line 1').waitFor();
    await latest(person).getByText('30 new').waitFor();
    await person.row('30 unread').waitFor();
    await latest(person).click();
    await line(person, 'line 30').waitFor();
    await expect.poll(() => person.row('unread').count()).toBe(0);
  });
});
