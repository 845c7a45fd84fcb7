import fc from 'fast-check';
import type { App } from './app.ts';
import { type Action, at, command } from './command.ts';
import { MOODS } from './weak-store.ts';
import type { World } from './world.ts';

const index = fc.nat({ max: 11 });

function appAt({ apps }: World, place: number): App {
  return at(apps, place);
}

/** Several messages in a row: they wait together if the network is away. */
export const appSends = command(
  'app sends',
  fc.record({ app: index, conversation: index, count: fc.integer({ min: 1, max: 3 }) }),
  ({ app, conversation, count }): Action => ({
    expect: (model) => {
      model.intents += 1;
    },
    run: async (world) => {
      const one = appAt(world, app);
      const own = world.conversations.filter(
        ({ members, isChanging }) => members.includes(one.user) && isChanging !== true,
      );
      for (let n = 0; n < count; n += 1) one.send(world.write(at(own, conversation), one.user));
      one.look();
    },
  }),
);

export const storeFails = command(
  'store',
  fc.record({ app: index, mood: fc.constantFrom(...MOODS) }),
  ({ app, mood }) => ({
    run: async (world) => {
      appAt(world, app).store.mood = mood;
    },
  }),
);

export const clockJumps = command(
  'clock jumps',
  fc.record({ app: index, byMinutes: fc.constantFrom(-48 * 60, -5, -1, 1, 5, 24 * 60) }),
  ({ app, byMinutes }) => ({
    run: async (world) => appAt(world, app).turnClock(byMinutes * 60_000),
  }),
);

export const proxyAnswers = command(
  'proxy answers HTML',
  fc.record({ app: index, isCaptive: fc.boolean() }),
  ({ app, isCaptive }) => ({
    run: async (world) => appAt(world, app).capture(isCaptive),
  }),
);

export const appCrashes = command('app crashes', fc.record({ app: index }), ({ app }) => ({
  run: async (world) => {
    const one = appAt(world, app);
    one.crash();
    one.look();
  },
}));
