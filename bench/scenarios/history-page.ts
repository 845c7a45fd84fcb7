import { directId, inParallel, type Scenario, sending } from './scenario.ts';

const MESSAGES = 120;

export const historyPage: Scenario = {
  name: 'history',
  isChecked: true,
  async run({ stack, measure, rounds, user }) {
    const [a, b] = [user(), user()];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
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
