import fc from 'fast-check';
import { type Action, at, command } from './command.ts';
import { atDesk, beReady } from './desk.ts';
import { sendAndRepeat } from './message-commands.ts';
import type { World } from './world.ts';

const index = fc.nat({ max: 11 });
const wait = fc.boolean();

function customerAt({ customers }: World, place: number): string {
  return at(customers, place);
}

/** The customer's last chat, or a guess. */
function chatAt(world: World, customer: number): string | undefined {
  return world.chatsOf(customerAt(world, customer)).at(-1);
}

const device = index;

export const openChat = command(
  'desk.open',
  fc.record({ customer: index, device, wait }),
  ({ customer, device, wait }) => ({
    wait,
    run: (world) => atDesk(world, world.device(customerAt(world, customer), device), { did: 'open' }),
  }),
);

/** Both devices at once: there is one chat. */
export const openTwice = command(
  'desk.open twice',
  fc.record({ customer: index, wait }),
  ({ customer, wait }) => ({
    wait,
    run: (world) =>
      Promise.all(
        [0, 1].map((device) =>
          atDesk(world, world.device(customerAt(world, customer), device), { did: 'open' }),
        ),
      ),
  }),
);

export const ready = command(
  'desk.ready',
  fc.record({ agent: index, device, capacity: fc.integer({ min: 1, max: 2 }), wait }),
  ({ agent, device, capacity, wait }) => ({
    wait,
    run: (world) => beReady(world.device(at(world.staff, agent).user, device), capacity),
  }),
);

export const agentLeaves = command(
  'agent leaves',
  fc.record({ agent: index, device, how: fc.constantFrom('away', 'close', 'cut silently'), wait }),
  ({ agent, device, how, wait }): Action => ({
    wait,
    run: async (world) => {
      const one = world.device(at(world.staff, agent).user, device);
      if (how === 'away') await one.ask({ action: 'desk.away' });
      else if (how === 'close') await one.close();
      else await one.cut(true);
    },
  }),
);

/** By its customer, with or without a rating; by an agent; or by a stranger, who is refused. */
export const closeChat = command(
  'desk.close',
  fc.record({
    customer: index,
    by: index,
    device,
    rating: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    wait,
  }),
  ({ customer, by, device, rating, wait }): Action => ({
    wait,
    run: async (world) => {
      const conversationId = chatAt(world, customer);
      if (conversationId === undefined) return;
      const own = customerAt(world, customer);
      const user = at(
        [own, own, ...world.staff.map(({ user }) => user), ...world.accounts.map(({ user }) => user)],
        by,
      );
      await atDesk(world, world.device(user, device), {
        did: 'close',
        conversationId,
        ...(rating !== undefined && user === own && { rating }),
      });
    },
  }),
);

/** By whoever has the chat or not, to the other agent or the queue. */
export const transfer = command(
  'desk.transfer',
  fc.record({ customer: index, by: index, device, toQueue: fc.boolean(), wait }),
  ({ customer, by, device, toQueue, wait }): Action => ({
    wait,
    run: async (world) => {
      const conversationId = chatAt(world, customer);
      if (conversationId === undefined) return;
      const from = at(world.staff, by).user;
      const to = toQueue ? 'queue' : at(world.staff, by + 1).user;
      await atDesk(world, world.device(from, device), { did: 'transfer', conversationId, to });
    },
  }),
);

/** Customer and agents write, and so does an agent who has not got the chat. */
export const talk = command(
  'talk in a chat',
  fc.record({ customer: index, by: index, device, count: fc.integer({ min: 1, max: 3 }), wait }),
  ({ customer, by, device, count, wait }): Action => ({
    wait,
    expect: (model) => {
      model.intents += 1;
    },
    run: async (world) => {
      const conversationId = chatAt(world, customer);
      if (conversationId === undefined) return;
      const members = [customerAt(world, customer), ...world.staff.map(({ user }) => user)];
      for (let n = 0; n < count; n += 1)
        await sendAndRepeat(world, world.write({ conversationId, members }, at(members, by)), device, false);
    },
  }),
);
