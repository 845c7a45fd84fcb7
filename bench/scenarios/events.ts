import { type Bench, joinPair, type Scenario, sending } from './scenario.ts';

/** A message and a reaction with the option `events`: what their sender pays is that of `direct-online` and `reactions`. */
export const events: Scenario = {
  name: 'events',
  isChecked: true,
  context: { events: 'true' },
  async run({ stack, measure, rounds }) {
    for (let round = 0; round < rounds; round += 1) {
      const { b, alice, bob } = await joinPair(stack);
      // One by one, so that no batch is on its way when the measurement begins.
      for (let sent = 0; sent < 10; sent += 1) await told(stack, () => alice.request(sending(b)));
      await measure('message, and its event', () => told(stack, () => alice.request(sending(b))));
      const reaction = { action: 'react', to: b, seq: 11, name: '👍', on: true };
      await measure('a reaction, and its event', () => told(stack, () => alice.request(reaction)));
      await stack.leave(alice, bob);
    }
  },
};

/** Acts, and waits until the worker has published what it wrote. */
async function told(stack: Bench['stack'], act: () => Promise<unknown>): Promise<void> {
  const published = stack.ends({ function: 'PublishEvents' });
  await act();
  await published;
}
