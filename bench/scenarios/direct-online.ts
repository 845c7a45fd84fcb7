import { joinPair, type Scenario, sending } from './scenario.ts';

export const directOnline: Scenario = {
  name: 'direct-online',
  isChecked: true,
  async run({ stack, measure, rounds }) {
    const send = async (from: Awaited<ReturnType<typeof stack.join>>, frame: ReturnType<typeof sending>) => {
      await from.request(frame);
    };
    for (let round = 0; round < rounds; round += 1) {
      const { a, b, alice, bob } = await joinPair(stack);
      await measure('first message of a pair', () => send(alice, sending(b)));
      await measure('message', () => send(alice, sending(b)));
      await measure('message of 4 KB', () => send(alice, sending(b, 'x'.repeat(4_000))));
      const others = [await stack.join(a, 'tablet'), await stack.join(b, 'tablet')];
      await measure('message, two devices each', () => send(alice, sending(b)));
      await stack.leave(alice, bob, ...others);
    }
  },
};
