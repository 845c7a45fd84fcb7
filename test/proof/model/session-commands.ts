import fc from 'fast-check';
import { at, command, conversationAt, deviceAt } from './command.ts';
import type { ConnectOptions, Greeting } from './device.ts';

const index = fc.nat({ max: 11 });
const wait = fc.boolean();
const greeting = fc.constantFrom<Greeting>('none', 'hello', 'one page', 'drain', 'drain', 'drain');

/** Also on a connected device, where the new session replaces the old one (IM-CONN-4). */
export const connect = command(
  'connect',
  fc.record({
    user: index,
    device: index,
    mode: fc.constantFrom<ConnectOptions['mode']>('managed', 'managed', 'managed', 'plain'),
    replaces: fc.boolean(),
    greeting,
    wait,
  }),
  ({ user, device, wait, ...options }) => ({
    wait,
    run: (world) => deviceAt(world, user, device).connect(options),
  }),
);

export const hello = command(
  'hello',
  fc.record({ user: index, device: index, greeting, wait }),
  ({ user, device, greeting, wait }) => ({
    wait,
    run: (world) => deviceAt(world, user, device).greet(greeting),
  }),
);

export const leave = command(
  'leave',
  fc.record({
    user: index,
    device: index,
    how: fc.constantFrom('close', 'cut', 'cut silently', 'go deaf'),
    wait,
  }),
  ({ user, device, how, wait }) => ({
    wait,
    run: async (world) => {
      const leaving = deviceAt(world, user, device);
      if (how === 'close') await leaving.close();
      else if (how === 'go deaf') await leaving.goDeaf();
      else await leaving.cut(how === 'cut silently');
    },
  }),
);

export const read = command(
  'read',
  fc.record({ conversation: index, member: index, device: index, wait }),
  ({ conversation, member, device, wait }) => ({
    wait,
    check: ({ intents }) => intents > 0,
    run: (world) => {
      const { conversationId, members } = conversationAt(world, conversation);
      return world.device(at(members, member), device).read(conversationId);
    },
  }),
);

export const look = command(
  'look',
  fc.record({
    conversation: index,
    member: index,
    limit: fc.integer({ min: 1, max: 30 }),
    back: fc.boolean(),
    wait,
  }),
  ({ conversation, member, limit, back, wait }) => ({
    wait,
    run: async (world) => {
      const { conversationId, members } = conversationAt(world, conversation);
      const account = world.account(at(members, member));
      await account.list(limit);
      await account.page(conversationId, back ? { limit } : { after: 0, limit });
    },
  }),
);
