import { converse, startTask } from './erase.ts';
import type { Scenario } from './scenario.ts';

const MOST_ROUNDS = 3;
const MANY = 20;

/** Users' data is exported: of one who never was, one who wrote in ten conversations, and one with reactions in one. */
export const exportUser: Scenario = {
  name: 'export',
  isChecked: true,
  async run({ stack, rounds, measure, user }) {
    for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round += 1) {
      const nobody = user();
      await measure('export a user, who never was', () => startTask(stack, 'export', { userId: nobody }));

      const writer = user();
      await converse(stack, user, writer, { conversations: 10, messages: 2 });
      await measure('… who has ten conversations, and wrote two messages in each', () =>
        startTask(stack, 'export', { userId: writer }),
      );

      const reader = user();
      await converse(stack, user, reader, { reactions: MANY });
      await measure(`… who has one, and reacted to ${MANY} messages`, () =>
        startTask(stack, 'export', { userId: reader }),
      );
    }
  },
};
