import fc from 'fast-check';
import type { Recruited, Settings } from '../people-history.ts';
import { at, command, conversationAt, deviceAt } from './command.ts';
import type { Device } from './device.ts';
import { sendAndRepeat } from './message-commands.ts';
import { askPresence, type } from './presence.ts';
import type { World } from './world.ts';

const index = fc.nat({ max: 11 });
const wait = fc.boolean();

/** A user, and another one with whom they have a direct conversation. */
interface Pair {
  readonly pair: number;
  readonly isFirst: boolean;
}
const pair = { pair: index, isFirst: fc.boolean() };

export function pairAt({ conversations }: World, { pair, isFirst }: Pair) {
  const conversation = at(
    conversations.filter(({ conversationId }) => conversationId.startsWith('dm:')),
    pair,
  );
  const [user = '', peer = ''] = isFirst ? conversation.members : conversation.members.toReversed();
  return { conversation, user, peer };
}

const change = (name: string, on: boolean) =>
  command(name, fc.record({ ...pair, wait }), ({ wait, ...chosen }) => ({
    wait,
    run: (world) => {
      const { user, peer } = pairAt(world, chosen);
      return blockOrNot(world, user, peer, on);
    },
  }));

export const block = change('block', true);
export const unblock = change('unblock', false);

/** One setting, often of a conversation that another device of the user changes at the same time. */
export const set = command(
  'set',
  fc.record({
    conversation: index,
    member: index,
    change: fc.constantFrom<Settings>(
      { muted: true },
      { muted: false },
      { archived: true },
      { archived: true },
      { archived: false },
      { pinned: true },
      { pinned: false },
      { notify: 'none' },
      { notify: 'mentions' },
      { notify: 'all' },
    ),
    wait,
  }),
  ({ conversation, member, change, wait }) => ({
    wait,
    run: (world) => {
      const { conversationId, members } = at(
        world.conversations.filter((one) => !one.conversationId.startsWith('cs:')),
        conversation,
      );
      const user = at(members, member);
      return world.attempt(user, () => world.account(user).set(conversationId, change));
    },
  }),
);

/** Members and others type and stop, or ask who is there: by name, or in a conversation. */
const withHint = (
  name: string,
  run: (world: World, device: Device, conversationId: string, on: boolean) => Promise<unknown>,
) =>
  command(
    name,
    fc.record({ conversation: index, user: index, device: index, on: fc.boolean(), wait }),
    ({ conversation, user, device, on, wait }) => ({
      wait,
      run: (world) => {
        const { conversationId } = conversationAt(world, conversation);
        return run(world, deviceAt(world, user, device), conversationId, on);
      },
    }),
  );

export const typeOrStop = withHint('type', type);

export const ask = withHint('ask for presence', (world, device, conversationId, byName) => {
  const userIds = [...world.accounts, ...world.staff].map(({ user }) => user);
  return askPresence(world, device, byName ? { userIds } : { conversationId });
});

/** Several requests at once, each taken or refused as a whole. So many that the second time reaches the limit. */
export const recruit = command(
  'meet strangers',
  fc.record({
    ways: fc.array(fc.constantFrom<Recruited['way']>('write', 'found', 'found', 'add'), {
      minLength: 2,
      maxLength: 4,
    }),
    count: fc.integer({ min: 15, max: 40 }),
    wait,
  }),
  ({ ways, count, wait }) => ({ wait, run: ({ recruiter }) => recruiter.meet(ways, count) }),
);

/** Blocks a user who writes from two devices, lifts the block, and the user goes on. */
export const blockAmidMessages = command(
  'block amid messages',
  fc.record({ ...pair, each: fc.integer({ min: 2, max: 4 }), wait }),
  ({ each, wait, ...chosen }) => ({
    wait,
    run: async (world) => {
      const { conversation, user, peer } = pairAt(world, chosen);
      const write = async (device: number, count: number) => {
        for (let n = 0; n < count; n += 1)
          await sendAndRepeat(world, world.write(conversation, peer), device, n % 2 === 0);
      };
      await Promise.all([write(0, each), write(1, each), blockOrNot(world, user, peer, true)]);
      await Promise.all([write(0, 1), world.device(user, 0).read(conversation.conversationId)]);
      await blockOrNot(world, user, peer, false);
      await write(1, 1);
    },
  }),
);

function blockOrNot(world: World, user: string, peer: string, on: boolean): Promise<void> {
  return world.attempt(user, () => world.account(user).block(peer, on));
}
