import { joinPair, type Scenario, sending } from './scenario.ts';

/** The ack was lost, and the client sends the message again. */
export const resend: Scenario = {
  name: 'resend',
  isChecked: true,
  async run({ stack, measure, rounds }) {
    for (let round = 0; round < rounds; round += 1) {
      // A new pair each time keeps every seq below 10, since another digit would add a byte.
      const { b, alice, bob } = await joinPair(stack);
      const frame = sending(b);
      await alice.request(frame);
      await measure('resend that says so', () => alice.request({ ...frame, resend: true }));
      await measure('resend that does not', () => alice.request(frame));
      await stack.leave(alice, bob);
    }
  },
};
