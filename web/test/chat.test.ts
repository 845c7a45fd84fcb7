import { describe, expect, it } from 'vitest';
import { signIn, twoPeople } from './setup/person.ts';
import { newUser } from './setup/stack.ts';

describe('a direct conversation', () => {
  it('shows messages, typing, and read state to both users, in motion too', async () => {
    const { alice, bob } = await twoPeople({ reducedMotion: 'no-preference' });
    await alice.say('hello bob');
    await bob.sees('hello bob');
    await alice.bubble('hello bob').getByText('Read').first().waitFor();
    // A screen reader hears it once.
    expect((await alice.bubble('hello bob').ariaSnapshot()).match(/Read/g)).toHaveLength(1);
    await bob.say('hello alice');
    await alice.sees('hello alice');
    // A push that came before both had written was not passed on, and the next one follows 2 s later.
    await expect
      .poll(async () => {
        await bob.composer().pressSequentially('m');
        return alice.page.getByText(`${bob.userId} is typing`).count();
      })
      .toBe(1);
    await alice.page.getByText('online').first().waitFor();
  });

  it('shows the unread count until the conversation is opened, and then shows the message as read to the sender', async () => {
    const [alice, bob] = await Promise.all([signIn(newUser('alice')), signIn(newUser('bob'))]);
    await alice.meet(bob.userId);
    await alice.say('one');
    await alice.say('two');
    await bob.row('2 unread').waitFor();
    await expect.poll(() => bob.page.title()).toBe(`(2) ${bob.userId} · serverless-im`);
    const icon = bob.page.locator('link[rel=icon]');
    expect(await icon.getAttribute('href')).toBe('./unread/2.svg');
    await alice.bubble('two').getByText('Sent').first().waitFor();
    await bob.row(alice.userId).click();
    await bob.page.getByText('New', { exact: true }).waitFor();
    await bob.sees('two');
    await alice.bubble('two').getByText('Read').first().waitFor();
    await expect.poll(() => bob.row('unread').count()).toBe(0);
    expect(await bob.page.title()).toBe(`${bob.userId} · serverless-im`);
    expect(await icon.getAttribute('href')).toBe('./icon.svg');
    await alice.page.reload();
    await alice.row(bob.userId).click();
    await alice.bubble('two').getByText('Read').first().waitFor();
  });

  it('shows at once that the connection is lost, and delivers everything in order after it is back', async () => {
    const { alice, bob } = await twoPeople();
    await alice.say('before');
    await bob.sees('before');
    await alice.row('before').waitFor();
    await alice.network.cut();
    await alice.page.getByText('You are offline.').waitFor();
    await alice.say('written without a connection');
    await alice.say('and another');
    await alice.bubble('and another').getByText('Sending').first().waitFor();
    await alice.row('and another').locator('.ticks-pending').waitFor();
    await bob.say('where are you?');
    await bob.bubble('where are you?').getByText('Sent').first().waitFor();
    await alice.network.heal();
    await alice.sees('where are you?');
    await bob.sees('and another');
    const order = await bob.page.locator('.bubble-text').allTextContents();
    expect(order.filter((text) => text.startsWith('written') || text.startsWith('and'))).toEqual([
      'written without a connection',
      'and another',
    ]);
    await expect.poll(() => alice.page.getByText('You are offline.').count()).toBe(0);
    await alice.row('and another').locator('.ticks-read').waitFor();
  });

  it('shows unsent messages at once after a reload without a network, before what is written then, and sends them in this order', async () => {
    const { alice, bob } = await twoPeople();
    await alice.network.cutStack();
    await alice.say('written one');
    await alice.say('written two');
    await alice.bubble('written two').getByText('Sending').first().waitFor();
    await alice.page.reload();
    await alice.sees('written one');
    await alice.say('written three');
    await alice.sees('written three');
    const all = ['written one', 'written two', 'written three'];
    expect(await alice.page.locator('.bubble-text').allTextContents()).toEqual(all);
    await alice.network.heal();
    await bob.sees('written three');
    expect(await bob.page.locator('.bubble-text').allTextContents()).toEqual(all);
  });
});

describe('a refused message', () => {
  it('shows the reason, and is sent once by a retry', async () => {
    const { alice, bob } = await twoPeople();
    alice.network.refuseOnce('try me', { code: 'invalid_request', message: 'no', retryable: false });
    await alice.say('try me');
    await alice.page.getByText('Not sent. The server did not accept it.').waitFor();
    await alice.page.getByRole('button', { name: 'Retry' }).click();
    await bob.sees('try me');
    await alice
      .bubble('try me')
      .getByText(/Sent|Read/)
      .first()
      .waitFor();
    expect(await alice.bubble('try me').count()).toBe(1);
  });

  it('can be edited, which adds its text to the draft, and deleted', async () => {
    const { alice, bob } = await twoPeople();
    const refusal = { code: 'forbidden', message: 'no', retryable: false };
    alice.network.refuseOnce('try me', refusal);
    await alice.say('try me');
    await alice.page.getByText('Not sent. It can’t be delivered.').waitFor();
    await alice.composer().fill('half a thought');
    await alice.page.getByRole('button', { name: 'Edit' }).click();
    await expect.poll(() => alice.composer().inputValue()).toBe('try me\nhalf a thought');
    expect(await alice.bubble('try me').count()).toBe(0);
    const message = 'Please keep it friendly.';
    alice.network.refuseOnce('half a thought', { code: 'blocked_content', message, retryable: false });
    await alice.composer().press('Enter');
    await alice.page.getByText('Not sent. It was refused: Please keep it friendly.').waitFor();
    await alice.page.getByRole('button', { name: 'Delete' }).click();
    await alice.page.getByText('This conversation is empty').waitFor();
    await alice.say('now');
    await bob.sees('now');
    expect(await bob.bubble('thought').count()).toBe(0);
  });
});

describe('the text of a message', () => {
  it('is shown as text even if it is markup (IM-REFUSE-10)', async () => {
    const { alice, bob } = await twoPeople();
    const markup = '<img src=x onerror="document.title=1"><b>bold</b><script>document.title=2</script>';
    await alice.say(markup);
    await bob.sees(markup);
    expect(await bob.page.locator('.bubble img, .bubble b, .bubble script').count()).toBe(0);
    await expect.poll(() => bob.page.title()).toBe(`${bob.userId} · serverless-im`);
  });
});
