import type { Scenario } from './scenario.ts';

/** A device connects, connects again while its old socket is still open, and disconnects. */
export const connect: Scenario = {
  name: 'connect',
  isChecked: true,
  async run({ stack, measure, rounds, user }) {
    for (let round = 0; round < rounds; round += 1) {
      const alice = user();
      await measure('connect', () => stack.open(alice));
      const second = await measure('connect, replacing the same device', async () => {
        // The old socket is deleted, and its late $disconnect must not remove the new session.
        const [socket] = await Promise.all([stack.open(alice), stack.ends({ route: '$disconnect' })]);
        return socket;
      });
      await measure('disconnect', () => stack.leave(second));
    }
  },
};
