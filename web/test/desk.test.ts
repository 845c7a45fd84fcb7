/** @module-tag long */
import { describe, expect, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import {
  agent,
  bubble,
  chooseQueue,
  customer,
  endChat,
  nameOf,
  newQueue,
  say,
  served,
  staff,
} from './setup/desk.ts';
import { DARK, fillIn, stopTime, visit } from './setup/person.ts';
import { newUser, putProfile } from './setup/stack.ts';

describe('the desk', () => {
  it('serves one customer after another: queue, chat, transfer, end, rating (IM-DESK)', async () => {
    const queue = newQueue('desk');
    const [ann, ben] = [newUser('ann'), newUser('ben')];
    const atAnn = await agent(ann, { queue });
    const refused: string[] = [];
    atAnn.on('response', (response) => response.status() === 403 && refused.push(response.url()));
    await atAnn.reload();
    await atAnn.getByText('Ready for new chats').waitFor();
    const first = await customer(newUser('first'), 'My bill', { queue });
    await served(first);
    const second = await customer(newUser('second'), 'My parcel', { queue });
    await second.getByText('You are next in line').waitFor();
    await say(second, 'Where is it?');

    await atAnn.locator('.row', { hasText: 'My bill' }).click();
    await say(atAnn, 'Good morning!');
    await bubble(first, 'Good morning!').waitFor();
    await say(first, 'It is too high');
    await bubble(atAnn, 'It is too high').waitFor();
    expect(await faultsOf(atAnn)).toEqual([]);
    expect(await faultsOf(first)).toEqual([]);

    // Ben gets the waiting chat and is then at capacity, until he raises it.
    await putProfile(ben, { name: 'Benedikt' });
    const atBen = await agent(ben, { queue });
    await served(second);
    await second.getByText('Benedikt is here to help').first().waitFor();
    await atBen.getByRole('heading', { name: 'Benedikt' }).waitFor();
    await atBen.locator('.row', { hasText: 'My parcel' }).click();
    await bubble(atBen, 'Where is it?').waitFor();
    await atAnn.getByRole('button', { name: 'Transfer' }).click();
    const toBen = atAnn.getByRole('dialog').getByRole('button', { name: nameOf(ben) });
    await toBen.getByText('full').waitFor();
    expect(await toBen.isDisabled()).toBe(true);
    expect(await faultsOf(atAnn)).toEqual([]);
    await atBen.getByLabel('At a time').selectOption('2');
    // The list shows that Ben has room now.
    await toBen.click();
    await atBen.locator('.row', { hasText: 'My bill' }).click();
    await bubble(atBen, 'It is too high').waitFor();
    await atBen.getByText('Ready for new chats · 2 of 2').waitFor();

    await endChat(atBen, first);
    await first.getByRole('button', { name: '5 of 5' }).click();
    await first.getByText('Thank you. You rated this chat 5 of 5.').waitFor();
    expect(await faultsOf(first)).toEqual([]);
    await atBen.getByText('rated 5 of 5').waitFor();
    expect(refused).toEqual([]);
  });

  it('gives the customer of an agent whose connection is lost to the next agent (IM-DESK-7)', async () => {
    const queue = newQueue('desk');
    const atAnn = await agent(newUser('ann'), { queue });
    const someone = await customer(newUser('someone'), 'Help', { queue, ...DARK });
    await served(someone);
    await atAnn.context().close();
    await someone.getByText(/You are (next )?in line/).waitFor();
    expect(await faultsOf(someone)).toEqual([]);
    const atBen = await agent(newUser('ben'), { queue, ...DARK });
    await atBen.locator('.row', { hasText: 'someone' }).click();
    await atBen.getByRole('textbox', { name: /^Message / }).waitFor();
    expect(await faultsOf(atBen)).toEqual([]);
  });

  it('shows the queues, all chats, and their messages to a supervisor (IM-DESK)', async () => {
    const queue = newQueue('desk');
    const [ann, bob, eve] = [newUser('ann'), newUser('bob'), newUser('eve')];
    const supervisor = newUser('supervisor');
    await chooseQueue(supervisor, queue);
    const atAnn = await agent(ann, { queue });
    const atBob = await customer(bob, 'A leak', { queue });
    await atAnn.locator('.row', { hasText: bob }).waitFor();
    const atEve = await customer(eve, 'A dent', { queue });
    await atEve.getByText('You are next in line').waitFor();
    const page = await visit({ query: 'desk', hasClock: true });
    await fillIn(page, supervisor);
    const others = page.getByRole('region', { name: 'Other chats' });
    await others.getByRole('button', { name: eve }).getByText(`Waiting in ${queue}`).waitFor();
    const ofQueue = page.getByRole('region', { name: 'Queues' }).locator('li', { hasText: queue });
    await ofQueue.getByText(/^1 waiting, longest /).waitFor();
    await ofQueue.getByText('Agents: 1 ready').waitFor();
    await others
      .getByRole('button', { name: bob })
      .getByText(`With ${nameOf(ann)}`)
      .waitFor();
    await others.getByRole('button', { name: bob }).click();
    await say(atBob, 'It drips');
    await bubble(page, 'It drips').waitFor();
    expect(await page.getByRole('textbox', { name: /^Message / }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'End chat' }).count()).toBe(0);
    expect(await faultsOf(page)).toEqual([]);
    await endChat(atEve);
    await others.getByRole('button', { name: eve }).waitFor({ state: 'detached' });
    // Their own changes are shown without waiting for the next look.
    await ofQueue.getByText('Agents: 1 ready, 1 away').waitFor();
    await stopTime(page);
    await page.getByRole('button', { name: 'Take chats' }).click();
    await ofQueue.getByText('Agents: 2 ready, 0 away').waitFor();
  });

  it('restores the customer’s open chat after a reload, and no ended chat', async () => {
    const page = await customer(newUser('again'), 'My keys', { queue: newQueue('desk') });
    await page.getByText('You are next in line').waitFor();
    await say(page, 'They are gone');
    await bubble(page, 'They are gone').getByText('Sent').first().waitFor();
    await page.reload();
    await page.getByText('You are next in line').waitFor();
    await bubble(page, 'They are gone').waitFor();
    await endChat(page);
    await page.reload();
    await page.getByLabel('Topic').waitFor();
  });

  it('retries restoring the customer’s chat when the desk is unavailable', async () => {
    const page = await customer(newUser('again'), 'My keys', { queue: newQueue('desk') });
    await page.getByText('You are next in line').waitFor();
    // A push, such as a new position in the queue, would restore it too.
    page.network.lose('"desk.updated"');
    page.network.refuseOnce('desk.open', { code: 'unavailable', message: 'busy', retryable: true });
    await page.reload();
    await page.getByText('Looking for your chat…').waitFor();
    await page.getByText('You are next in line').waitFor();
  });

  it('retries loading an agent’s chats after a reload when the first request fails', async () => {
    const queue = newQueue('desk');
    const atAnn = await agent(newUser('ann'), { queue, reports: 'net::ERR_FAILED' });
    const user = newUser('there');
    await customer(user, 'Still there?', { queue });
    await atAnn.getByRole('button', { name: user }).waitFor();
    const api = '**/desk/chats?*';
    await atAnn.route(api, (route) => route.abort());
    await atAnn.reload();
    await atAnn.getByRole('alert').getByText('That did not work (network). Try again.').waitFor();
    await atAnn.unroute(api);
    await atAnn.getByRole('button', { name: user }).waitFor();
    await atAnn.getByRole('alert').waitFor({ state: 'detached' });
  });

  it('shows one readiness in all tabs of an agent, which no reconnect changes (IM-DESK-8)', async () => {
    const [ann, queue, other] = [newUser('ann'), newQueue('desk'), newQueue('desk')];
    const [first, second] = [await agent(ann, { queue }), await staff(ann)];
    await second.getByText('Ready for new chats').waitFor();
    await first.network.cut();
    await first.getByText('You are offline.').waitFor();
    await second.getByRole('button', { name: 'Take a break' }).click();
    await second.getByText('Away: no new chats').waitFor();
    await first.network.heal();
    await first.getByText('Away: no new chats').waitFor();

    // What was chosen before is still chosen, and one more queue is added.
    expect(await first.getByRole('checkbox', { checked: true }).count()).toBe(1);
    await first.getByRole('checkbox', { name: other, exact: true }).check();
    await first.getByRole('button', { name: 'Take chats' }).click();
    await second.getByText('Ready for new chats · 0 of 1').waitFor();
    expect(await second.getByRole('checkbox', { checked: true }).count()).toBe(2);
    await second.getByRole('checkbox', { name: other, exact: true }).uncheck();
    await expect.poll(() => first.getByRole('checkbox', { checked: true }).count()).toBe(1);
    expect(await first.getByRole('checkbox', { checked: true }).isDisabled()).toBe(true);
  });

  it('sets an agent to away at sign-out', async () => {
    const queue = newQueue('desk');
    const atAnn = await agent(newUser('ann'), { queue });
    await atAnn.getByRole('button', { name: 'Sign out' }).click();
    await atAnn.getByLabel('Somebody else').waitFor();
    const waiting = await customer(newUser('late'), 'Anybody?', { queue });
    await waiting.getByText('You are next in line').waitFor();
  });
});
