import type { Conversation } from '../history.ts';
import type { Account } from './account.ts';
import { atDesk } from './desk.ts';
import { askPresence, type } from './presence.ts';
import type { SendIntent } from './send-intent.ts';
import { until, untilAgentIs, untilReady } from './until.ts';
import type { World } from './world.ts';

/**
 * What the random runs do by chance, once in a fixed order: a program loses its network, its clock, its store, and its life
 * while it sends; a customer goes from one agent to the next; two users fall out, and make up; one puts a conversation out of the way, one goes; and
 * one meets as many strangers as there may be.
 */
export async function tellStory(world: World): Promise<void> {
  await Promise.all([loseEverything(world), goThroughDesk(world), fallOut(world), putAway(world)]);
  await part(world);
  await meetStrangers(world);
}

async function loseEverything(world: World): Promise<void> {
  const [app] = world.apps;
  if (app === undefined) throw new Error('No user has a program.');
  const [conversation] = world.conversations.filter(({ conversationId }) => conversationId.startsWith('dm:'));
  if (conversation === undefined) throw new Error('There is no conversation.');
  const send = (): SendIntent => {
    const intent = world.write(conversation, app.user);
    app.send(intent);
    return intent;
  };
  const isKept = (count: number) => until(() => app.store.values.length === count, 'the store keeps all');
  app.capture(true);
  send();
  app.turnClock(-48 * 3_600_000);
  send();
  await isKept(2);
  // Without the connection that would tell it the server's clock.
  app.crash();
  send();
  app.turnClock(5 * 60_000);
  send();
  await isKept(4);
  app.crash();
  await until(() => app.unsentCount === 4, 'unsent messages are shown');
  app.look();
  app.store.mood = 'loses';
  send();
  app.store.mood = 'throws';
  send();
  app.look();
}

async function goThroughDesk(world: World): Promise<void> {
  const [customer = '', ...others] = world.accounts.map(({ user }) => user);
  const [first = '', second = ''] = world.staff.map(({ user }) => user);
  const phone = world.device(customer, 0);
  const tablet = world.device(customer, 1);
  await untilReady(world.device(first, 0), 1);
  const open = () => Promise.all([phone, tablet].map((device) => atDesk(world, device, { did: 'open' })));
  await until(async () => (await open()).includes('done'), 'the chat is open');
  const [conversationId = ''] = world.chatsOf(customer);
  const say = (user: string) =>
    world
      .device(user, 0)
      .send(world.write({ conversationId, members: [user] }, user), { byPeer: false, hint: false });
  await say(customer);
  await untilAgentIs(world, conversationId, first);
  await say(first);
  await untilReady(world.device(second, 0), 1);
  await atDesk(world, world.device(first, 0), { did: 'transfer', conversationId, to: second });
  await untilAgentIs(world, conversationId, second);
  await say(customer);
  await say(second);
  await say(others[0] ?? '');
  await atDesk(world, phone, { did: 'close', conversationId, rating: 4 });
  await atDesk(world, tablet, { did: 'close', conversationId, rating: 2 });
}

async function fallOut(world: World): Promise<void> {
  const { accounts, changingGroup } = world;
  const [founder] = accounts;
  const other = accounts.at(-1);
  if (founder === undefined || other === undefined) throw new Error('There are too few users.');
  const conversation = directOf(world, founder, other);
  const { conversationId } = conversation;
  const phone = world.device(founder.user, 0);
  const say = async (intent: SendIntent) =>
    world.account(intent.user).post(intent, { byPeer: false, hint: false, skewMs: 0 });
  const first = world.write(conversation, founder.user);
  const sent = await say(first);
  if (sent.is !== 'acked') throw new Error('Nothing is in the way, and the message was not sent.');
  await say(world.write(conversation, other.user));
  await founder.block(other.user, false);
  await other.block(founder.user, true);
  await say(first);
  await say(world.write(conversation, founder.user));
  await phone.send(world.write(conversation, founder.user), { byPeer: true, hint: true });
  await phone.edit(conversationId, sent.seq, 'regret', { type: 'text', text: 'sorry' });
  await phone.react(conversationId, sent.seq, '❤️', true);
  await phone.pin(conversationId, sent.seq, true);
  await world.device(other.user, 0).read(conversationId);
  await founder.list(100);
  await type(world, phone, conversationId, true);
  await type(world, world.device(other.user, 0), conversationId, true);
  await askPresence(world, phone, { conversationId });
  await founder.change('add', changingGroup.conversationId, other.user);
  await say(world.write(conversation, other.user));
  await other.block(founder.user, false);
  await say(world.write(conversation, founder.user));
}

/** A message brings the conversation back, but not while it is muted. */
async function putAway(world: World): Promise<void> {
  const [, user, peer] = world.accounts;
  if (user === undefined || peer === undefined) throw new Error('There are too few users.');
  const conversation = directOf(world, user, peer);
  const { conversationId } = conversation;
  const hear = async () => {
    await peer.post(world.write(conversation, peer.user), { byPeer: true, hint: false, skewMs: 0 });
    await user.list(100);
  };
  await hear();
  await Promise.all([
    user.set(conversationId, { archived: true }),
    user.set(conversationId, { pinned: true, notify: 'mentions' }),
  ]);
  await user.list(100);
  await hear();
  await user.set(conversationId, { archived: true, muted: true });
  await hear();
}

/** In the end ten more fit, and sixteen are written to. */
async function meetStrangers({ recruiter }: World): Promise<void> {
  await recruiter.meet(['found'], 40);
  await recruiter.meet(['add'], 30);
  // One of them fits.
  await recruiter.meet(['found', 'add'], 20);
  await recruiter.meet(['write', 'write'], 8);
}

/** Two users who may see it type, and one of them goes. */
async function part(world: World): Promise<void> {
  const [founder] = world.accounts;
  const other = world.accounts.at(-1);
  if (founder === undefined || other === undefined) throw new Error('There are too few users.');
  const { conversationId } = directOf(world, founder, other);
  const phone = world.device(founder.user, 0);
  const isOnline = async () => {
    const shown = await askPresence(world, phone, { userIds: [other.user] });
    return shown?.some(({ online }) => online);
  };
  await until(async () => (await isOnline()) === true, 'the other user is online');
  await until(async () => {
    await type(world, world.device(other.user, 0), conversationId, true);
    return world.recorder.history.events.some(({ type: is }) => is === 'typing');
  }, 'the other user types');
  for (const device of world.devices) if (device.user === other.user) await device.close();
  await until(async () => (await isOnline()) === false, 'the other user is offline');
}

function directOf({ conversations }: World, ...users: readonly Account[]): Conversation {
  const conversation = conversations.find(
    ({ conversationId, members }) =>
      conversationId.startsWith('dm:') && users.every(({ user }) => members.includes(user)),
  );
  if (conversation === undefined) throw new Error('The two have no direct conversation.');
  return conversation;
}
