import type { Scenario } from './scenario.ts';

export const hello: Scenario = {
  name: 'hello',
  isChecked: true,
  async run({ stack, measure, rounds, user }) {
    const alice = await stack.open(user());
    for (let round = 0; round < rounds; round += 1) {
      await measure('hello, empty inbox', () => alice.request({ action: 'hello' }));
    }
  },
};
