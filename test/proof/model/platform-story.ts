import type { PlatformWorld } from './platform-world.ts';
import type { SendIntent } from './send-intent.ts';

/** What the random runs with the options of a platform do by chance, once in a fixed order. */
export async function tellPlatformStory(world: PlatformWorld): Promise<void> {
  const { operator, mortals, accounts, files, imports } = world;
  const [user = ''] = mortals;
  const [founder = ''] = accounts.map((account) => account.user);
  const group = world.conversations.find(
    ({ members, isChanging }) => isChanging !== true && members.includes(user),
  );
  if (group === undefined) throw new Error('The user is in no group.');
  const say = async (from: string, order = ''): Promise<SendIntent> => {
    const intent = world.write(group, from, { order });
    await world.device(from, 0).send(intent, { byPeer: false, hint: false });
    return intent;
  };
  const sendFile = async (from: string): Promise<number> => {
    const attachmentId = await files.upload(world.account(from), group);
    const intent = world.write(group, from, attachmentId === undefined ? {} : { attachmentId });
    const outcome = await world.device(from, 0).send(intent, { byPeer: false, hint: false });
    return outcome?.is === 'acked' ? outcome.seq : 0;
  };
  for (const order of ['', 'hook:reject', 'hook:rewrite']) await say(user, order);
  await say(founder);
  const pictures = [
    await sendFile(user),
    await sendFile(user),
    await sendFile(founder),
    await sendFile(founder),
  ];
  for (const seq of pictures)
    for (const account of accounts) await files.open(account, group.conversationId, seq);
  await world.device(founder, 0).recall(group.conversationId, pictures[2] ?? 0);
  await imports.import(5);
  await imports.again();
  await operator.export(user);
  await operator.export(founder);
  await operator.ban(user, 'ban');
  await world.account(user).post(world.write(group, user), { byPeer: false, hint: false, skewMs: 0 });
  await operator.ban(user, 'lift');
  await say(user);
  await Promise.all([operator.erase(user), say(founder), say(user)]);
}
