/** @module-tag long */
import { expect, it } from 'vitest';
import { personAt, visit } from './setup/person.ts';

it('shows two people in the demo as online, and delivers everything after one of them reconnects', async () => {
  // On a phone the two are one above the other.
  const page = await visit({ query: '?demo', viewport: { width: 390, height: 844 } });
  const pane = (name: string) => page.getByRole('region', { name, exact: true });
  const alice = personAt(page, 'alice', pane('alice'));
  const bob = personAt(page, 'bob', pane('bob'));
  for (const name of ['alice', 'bob']) await pane(name).getByText('online', { exact: true }).waitFor();
  await page.getByRole('textbox', { name: 'Message alice' }).and(page.locator(':focus')).waitFor();
  expect(await page.evaluate(() => scrollY)).toBe(0);
  await alice.say('hello');
  await bob.sees('hello');
  await alice.bubble('hello').getByText('Read').first().waitFor();

  await pane('alice').getByRole('button', { name: 'Cut the connection' }).click();
  await pane('alice').getByText('Connection lost').waitFor();
  // Nobody knows who is online, and the name has no empty line below it.
  const centreOf = (selector: string) =>
    pane('alice')
      .locator(`.pane-header ${selector}`)
      .evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return (top + bottom) / 2;
      });
  expect(await centreOf('h2')).toBeCloseTo(await centreOf('.avatar'), 0);
  await alice.say('from the tunnel');
  await alice.bubble('from the tunnel').getByText('Sending').first().waitFor();
  await bob.say('are you there?');
  await bob.bubble('are you there?').getByText('Sent').first().waitFor();
  expect(await alice.bubble('are you there?').count()).toBe(0);

  await pane('alice').getByRole('button', { name: 'Connect again' }).click();
  await alice.sees('are you there?');
  await bob.sees('from the tunnel');
  await expect.poll(() => pane('alice').getByText('Connection lost').count()).toBe(0);
});
