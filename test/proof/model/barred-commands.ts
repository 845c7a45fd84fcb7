import fc from 'fast-check';
import { type Action, at, command } from './command.ts';
import { atDesk, beReady } from './desk.ts';
import { sendAndRepeat } from './message-commands.ts';
import { PlatformWorld } from './platform-world.ts';

const index = fc.nat({ max: 11 });
const wait = fc.boolean();

/** A customer and an agent talk while the operator bans or erases one of them, and so may the customer's program. */
export const barAmidChat = command(
  'bar amid a chat',
  fc.record({
    customer: index,
    agent: index,
    whom: fc.constantFrom('customer', 'agent'),
    how: fc.constantFrom('ban', 'ban', 'ban and lift', 'ban and lift', 'erase'),
    each: fc.integer({ min: 1, max: 3 }),
    wait,
  }),
  ({ wait, ...chosen }): Action => ({
    wait,
    expect: (model) => {
      model.intents += 1;
    },
    run: async (world) => {
      if (world instanceof PlatformWorld) await bar(world, chosen);
    },
  }),
);

interface Chosen {
  readonly customer: number;
  readonly agent: number;
  readonly whom: string;
  readonly how: string;
  readonly each: number;
}

async function bar(world: PlatformWorld, { customer, agent, whom, how, each }: Chosen): Promise<void> {
  const { mortals, staff, operator, erasable } = world;
  const user = at(mortals, customer);
  const own = at(staff, agent).user;
  const barred = whom === 'customer' ? user : own;
  await beReady(world.device(own, 0), 2);
  await atDesk(world, world.device(user, 0), { did: 'open' });
  const chat = world.chatsOf(user).at(-1);
  const talk = async (from: string, count: number) => {
    if (chat === undefined) return;
    const conversation = { conversationId: chat, members: [user, own] };
    for (let n = 0; n < count; n += 1) await sendAndRepeat(world, world.write(conversation, from), n, false);
  };
  const end = () => {
    if (how !== 'erase') return operator.ban(barred, 'ban');
    return erasable.includes(barred) ? operator.erase(barred) : undefined;
  };
  writeInProgram(world, user, each);
  await Promise.all([talk(user, each), talk(own, each), end()]);
  writeInProgram(world, user, 1);
  await Promise.all([
    beReady(world.device(own, 1), 2),
    atDesk(world, world.device(user, 1), { did: 'open' }),
  ]);
  if (how === 'ban and lift') await operator.ban(barred, 'lift');
  await Promise.all([talk(user, 1), talk(own, 1)]);
}

function writeInProgram(world: PlatformWorld, user: string, count: number): void {
  const app = world.app(user);
  const group = world.conversations.find(
    ({ members, isChanging, conversationId }) =>
      members.includes(user) && isChanging !== true && !world.isDeleted(conversationId),
  );
  if (app === undefined || group === undefined) return;
  for (let n = 0; n < count; n += 1) app.send(world.write(group, user));
  app.look();
}
