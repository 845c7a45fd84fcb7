import { joinPair, type Scenario, sending, sendTen } from './scenario.ts';

/** A message and a reaction with the option `events`: what their sender pays is that of `direct-online` and `reactions`. */
export const events: Scenario = {
  name: 'events',
  isChecked: true,
  context: { events: 'true' },
  async run({ stack, measure, rounds }) {
    for (let round = 0; round < rounds; round += 1) {
      const { b, alice, bob } = await joinPair(stack);
      const published = stack.ends({ function: 'PublishEvents' });
      await sendTen(alice, b);
      await published;
      await stack.settle();
      const told = async (act: () => Promise<unknown>) => {
        const event = stack.ends({ function: 'PublishEvents' });
        await act();
        await event;
      };
      await measure('message, and its event', () => told(() => alice.request(sending(b))));
      const reaction = { action: 'react', to: b, seq: 11, name: '👍', on: true };
      await measure('a reaction, and its event', () => told(() => alice.request(reaction)));
      await stack.leave(alice, bob);
    }
  },
};
