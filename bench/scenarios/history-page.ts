import { directId, inParallel, joinPair, type Scenario, sending } from './scenario.ts';

const MESSAGES = 120;

export const historyPage: Scenario = {
  name: 'history',
  isChecked: true,
  async run({ stack, measure, rounds }) {
    const { a, b, alice, bob } = await joinPair(stack);
    await alice.request(sending(b));
    await inParallel(MESSAGES - 1, 10, async () => {
      await alice.request(sending(b));
    });
    const path = `/conversations/${encodeURIComponent(directId(a, b))}/messages`;
    for (let round = 0; round < rounds; round += 1) {
      await measure('history, the latest 50', () => stack.http(b, path));
      await measure('history, 20 missed', () => stack.http(b, `${path}?after=${MESSAGES - 20}`));
    }
    await stack.leave(alice, bob);
  },
};
