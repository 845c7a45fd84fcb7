import { type Scenario, sending } from './scenario.ts';

const BATCH = 100;
/** A low limit, since each round begins with a hundred messages. */
const MOST_ROUNDS = 8;

/** A hundred messages of a conversation expire at once. */
export const archive: Scenario = {
  name: 'archive',
  isChecked: true,
  context: { archive: 'true', historyRetention: '30d' },
  async run({ stack, rounds, measure, user }) {
    for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round += 1) {
      const [a, b] = [user(), user()];
      const alice = await stack.join(a);
      const bob = await stack.join(b);
      for (let sent = 0; sent < BATCH; sent += 1) await alice.request(sending(b));
      await stack.leave(alice, bob);
      await measure(`archive, a batch of ${BATCH}`, async () => {
        const archived = stack.ends({ function: 'ArchiveMessages' });
        await stack.expire();
        stack.endWindows();
        await archived;
      });
    }
  },
};
