import type { Conversation } from '../history.ts';
import type { Account } from './account.ts';
import { atDesk } from './desk.ts';
import type { Upload } from './file-cabinet.ts';
import type { PlatformWorld } from './platform-world.ts';
import { replay } from './replayer.ts';
import type { SendIntent } from './send-intent.ts';
import { until, untilAgentIs, untilReady } from './until.ts';

/** What the random runs with the options of a platform do by chance, once in a fixed order. */
export async function tellPlatformStory(world: PlatformWorld): Promise<void> {
  const { operator, mortals, accounts, files, imports, groups, mortalGroup } = world;
  const [user = ''] = mortals;
  const [founder = ''] = accounts.map((account) => account.user);
  const group = world.conversations.find(
    (one) => one.isChanging !== true && one !== mortalGroup && one.members.includes(user),
  );
  if (group === undefined) throw new Error('The user is in no group.');
  const say = async (from: string, order = '', to = group): Promise<SendIntent> => {
    const intent = world.write(to, from, { order });
    await world.device(from, 0).send(intent, { byPeer: false, hint: false });
    return intent;
  };
  const sendFiles = async (from: string, count = 1, to = group, how: Upload = 'clean') => {
    const attachmentIds: string[] = [];
    for (let n = 0; n < count; n += 1)
      attachmentIds.push((await files.upload(world.account(from), to, how)) ?? '');
    const intent = world.write(to, from, { attachmentIds });
    const outcome = await world.device(from, 0).send(intent, { byPeer: false, hint: false });
    return { seq: outcome?.is === 'acked' ? outcome.seq : 0, attachmentIds };
  };
  for (const order of ['', 'hook:reject', 'hook:rewrite']) await say(user, order);
  await beUndisturbed(world, { sleeper: accounts.at(3), conversation: group, by: user });
  await say(founder);
  await say(user, '', world.changingGroup);
  await say(founder);
  const [recalled, several] = [await sendFiles(founder), await sendFiles(founder, 2)];
  for (const { seq } of [await sendFiles(user), await sendFiles(user), recalled, several])
    for (const account of accounts) await files.open(account, group.conversationId, seq);
  await world.device(founder, 0).recall(group.conversationId, recalled.seq);
  await operator.removeFile(group.conversationId, several.seq, several.attachmentIds[0] ?? '');
  await replay(world, group.conversationId, 2);
  for (const how of ['infected', 'late'] as const) await sendFiles(founder, 1, group, how);
  await imports.import(5);
  await imports.again();
  await operator.export(user);
  await operator.export(founder);
  await loseAgent(world, [user, founder]);
  await operator.ban(user, 'ban');
  await writeAmidBan(world, user, group);
  await world.account(user).post(world.write(group, user), { byPeer: false, hint: false, skewMs: 0 });
  await operator.ban(user, 'lift');
  await say(user);
  await until(() => world.app(user)?.unsentCount === 0, 'the program is back and has sent all');
  await eraseAgent(world, founder);
  const { conversationId } = mortalGroup;
  const { seq } = await sendFiles(founder, 1, mortalGroup);
  await files.open(world.account(founder), conversationId, seq);
  await Promise.all([groups.delete(), say(founder, '', mortalGroup)]);
  await say(founder, '', mortalGroup);
  await world.account(founder).change('add', conversationId, `late-${founder}`);
  await world.account(founder).page(conversationId, { limit: 10 });
  await Promise.all([operator.erase(user), say(founder), say(user)]);
}

/** An agent who has a chat with each of these customers is banned, until all heals, and another one gets the chats. */
async function loseAgent(world: PlatformWorld, customers: readonly string[]): Promise<void> {
  const [first = '', second = ''] = world.staff.map(({ user }) => user);
  const areWith = async (agent: string) => {
    for (const customer of customers)
      for (const conversationId of world.chatsOf(customer)) await untilAgentIs(world, conversationId, agent);
  };
  await untilReady(world.device(first, 0), customers.length);
  for (const customer of customers)
    await until(
      async () => (await atDesk(world, world.device(customer, 0), { did: 'open' })) === 'done',
      `${customer} has a chat`,
    );
  await areWith(first);
  await untilReady(world.device(second, 0), customers.length);
  await world.operator.ban(first, 'ban');
  await areWith(second);
}

/** The other agent is erased, and the customers wait for one again. */
async function eraseAgent(world: PlatformWorld, customer: string): Promise<void> {
  const [, second = ''] = world.staff.map(({ user }) => user);
  const [conversationId = ''] = world.chatsOf(customer);
  const phone = world.device(second, 0);
  await phone.send(world.write({ conversationId, members: [second] }, second), {
    byPeer: false,
    hint: false,
  });
  await world.operator.erase(second);
  await untilAgentIs(world, conversationId, undefined);
}

/** The user's program is told of the ban, and keeps what is written then. */
async function writeAmidBan(world: PlatformWorld, user: string, conversation: Conversation): Promise<void> {
  const app = world.app(user);
  if (app === undefined) throw new Error('The user has no program.');
  await until(() => app.isBarred, 'the program is told of the ban');
  app.send(world.write(conversation, user));
  await until(() => app.store.values.length === 1, 'the store keeps it');
}

/** A user goes away, and wants to be told neither of this conversation nor of another user with whom they are in a group. */
async function beUndisturbed(
  { devices, accounts, changingGroup }: PlatformWorld,
  {
    sleeper,
    conversation,
    by,
  }: { readonly sleeper: Account | undefined; readonly conversation: Conversation; readonly by: string },
): Promise<void> {
  const [founder] = accounts;
  if (founder === undefined || sleeper === undefined) throw new Error('There are too few users.');
  for (const device of devices) if (device.user === sleeper.user) await device.close();
  for (const member of [sleeper.user, by]) await founder.change('add', changingGroup.conversationId, member);
  await sleeper.set(conversation.conversationId, { muted: true });
  await sleeper.block(by, true);
}
